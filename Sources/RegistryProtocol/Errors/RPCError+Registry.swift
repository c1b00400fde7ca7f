package import Lontar
package import RegistryModel

extension RPCError {
  /// An error of the catalogue: code, both texts and retry delay come from there.
  /// - Parameters:
  ///   - field: the field that the error is about, if there is one; put before the text.
  ///   - retryDelay: instead of the catalogue's.
  ///   - cause: for the log of this side only.
  package init(
    reason: String, parameters: [String: String] = [:], field: String = "", retryDelay: Duration? = nil, requestID: String = "",
    cause: (any Error)? = nil
  ) {
    let entry = ErrorCatalogue[reason] ?? ErrorCatalogue.unlisted
    var values = parameters
    if ErrorCatalogue[reason] == nil { values["reason"] = reason }
    let prefix = field.isEmpty ? "" : "\(field): "
    let english = prefix + entry.en.filled(values)
    var details = ErrorDetails(reason: reason, domain: ErrorCatalogue.domain, parameters: parameters)
    details.localized = ["id": prefix + entry.id.filled(values), "en": english]
    details.retryDelay = retryDelay ?? entry.retryDelay
    details.requestID = requestID
    if !field.isEmpty {
      details.fieldViolations = [ErrorDetails.FieldViolation(field: field, description: entry.en.filled(values), reason: reason)]
    }
    self.init(entry.code, english, details: details, cause: cause)
  }

  /// What is wrong with the fields of a request. A single fault is the error itself; several stand in a list, at most
  /// `violationsMax` of them.
  package init(faults: [FieldFault], requestID: String = "") {
    guard faults.count != 1, let first = faults.first else {
      self.init(
        reason: faults.first?.reason ?? "INVALID_REQUEST", parameters: faults.first?.parameters ?? [:],
        field: faults.first?.path ?? "", requestID: requestID)
      return
    }
    self.init(
      reason: "INVALID_REQUEST",
      parameters: ["count": "\(faults.count)", "first_id": first.text(.indonesian), "first_en": first.text(.english)],
      requestID: requestID)
    details.fieldViolations = faults.prefix(Self.violationsMax).map {
      ErrorDetails.FieldViolation(field: $0.path, description: $0.sentence(.english), reason: $0.reason)
    }
  }

  /// Enough to correct a table by; all thousand rows of a wrong file would not fit into a status frame.
  package static let violationsMax = 50

  /// What the model said of a value.
  package init(_ error: ModelError, field: String? = nil, requestID: String = "") {
    self.init(faults: [FieldFault(error, path: field ?? error.field)], requestID: requestID)
  }
}

extension FieldFault {
  package init(_ error: ModelError, path: String) {
    self.init(path, reason: error.reason.rawValue, parameters: error.parameters)
  }

  /// With the path before it.
  func text(_ language: Language) -> String { path.isEmpty ? sentence(language) : "\(path): \(sentence(language))" }

  func sentence(_ language: Language) -> String {
    let entry = ErrorCatalogue[reason] ?? ErrorCatalogue.unlisted
    let template = language == .indonesian ? entry.id : entry.en
    return template.filled(parameters.merging(["reason": reason]) { given, _ in given })
  }
}

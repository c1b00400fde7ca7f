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
    details.add(faults)
  }

  /// Enough to correct a table by; all thousand rows of a wrong file would not fit into a status frame.
  package static let violationsMax = 50

  /// The faulty fields of an error of the registry, to be told in any language. A field without its reason is not among them.
  package var faults: [FieldFault] { details.fieldViolations.indices.compactMap { details.fault($0) } }

  /// What the model said of a value.
  package init(_ error: ModelError, field: String? = nil, requestID: String = "") {
    self.init(faults: [FieldFault(error, path: field ?? error.field)], requestID: requestID)
  }
}

extension ErrorDetails {
  /// What violations may take of a status frame of 16 KB, which holds the message in three more places.
  private static let violationBytesMax = 8_000

  /// Their parameters go along as `violations[n].name`, so that whoever reads them can tell them in another language.
  fileprivate mutating func add(_ faults: [FieldFault]) {
    var bytes = 0
    for (index, fault) in faults.prefix(RPCError.violationsMax).enumerated() {
      let violation = FieldViolation(field: fault.path, description: fault.sentence(.english), reason: fault.reason)
      let named = fault.parameters.map { (Self.key(index) + $0.key, $0.value) }
      bytes += violation.field.utf8.count + violation.description.utf8.count + violation.reason.utf8.count
      bytes += named.reduce(0) { $0 + $1.0.utf8.count + $1.1.utf8.count }
      guard bytes <= Self.violationBytesMax || index == 0 else { return }
      fieldViolations.append(violation)
      for (name, value) in named { parameters[name] = value }
    }
  }

  /// Of one violation; nil if it states no reason.
  package func fault(_ index: Int) -> FieldFault? {
    let violation = fieldViolations[index]
    guard !violation.reason.isEmpty else { return nil }
    // The only one is the error itself and has its parameters.
    if violation.reason == reason, fieldViolations.count == 1 {
      return FieldFault(violation.field, reason: violation.reason, parameters: parameters)
    }
    let prefix = Self.key(index)
    let own = parameters.filter { $0.key.hasPrefix(prefix) }.map { (String($0.key.dropFirst(prefix.count)), $0.value) }
    return FieldFault(violation.field, reason: violation.reason, parameters: Dictionary(own) { first, _ in first })
  }

  private static func key(_ index: Int) -> String { "violations[\(index)]." }

  /// Those of the error as a whole.
  package var ownParameters: [String: String] { parameters.filter { !$0.key.hasPrefix("violations[") } }
}

extension FieldFault {
  package init(_ error: ModelError, path: String) {
    self.init(path, reason: error.reason.rawValue, parameters: error.parameters)
  }

  /// With the path before it.
  func text(_ language: Language) -> String { path.isEmpty ? sentence(language) : "\(path): \(sentence(language))" }

  /// Without it.
  package func sentence(_ language: Language) -> String {
    let entry = ErrorCatalogue[reason] ?? ErrorCatalogue.unlisted
    let template = language == .indonesian ? entry.id : entry.en
    return template.filled(parameters.merging(["reason": reason]) { given, _ in given })
  }
}

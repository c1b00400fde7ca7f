/// Why a text is not the JSON of a message, or bytes are not a message.
package struct CodecFault: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Reason: String, Sendable, CaseIterable {
    /// Parameters: what, byte.
    case jsonMalformed = "JSON_MALFORMED"
    /// Parameters: name, type, near.
    case unknownField = "UNKNOWN_FIELD"
    /// Parameters: name.
    case duplicateField = "DUPLICATE_FIELD"
    /// Parameters: name, other, oneof.
    case oneofConflict = "ONEOF_CONFLICT"
    /// Parameters: expected, found.
    case wrongType = "WRONG_TYPE"
    /// Parameters: value, type.
    case outOfRange = "OUT_OF_RANGE"
    /// Parameters: value, type, near.
    case unknownEnumValue = "UNKNOWN_ENUM_VALUE"
    /// Parameters: value, expected.
    case malformedValue = "MALFORMED_VALUE"
    case nullElement = "NULL_ELEMENT"
    /// Parameters: type.
    case unknownType = "UNKNOWN_TYPE"
    /// Parameters: max.
    case tooDeep = "TOO_DEEP"
    /// Parameters: max.
    case tooLong = "TOO_LONG"
    /// Parameters: what.
    case messageMalformed = "MESSAGE_MALFORMED"
  }

  package var reason: Reason
  /// `rows[3].parts[1].value`, in the names that were used; empty: the whole.
  package var path: String
  package var parameters: [String: String]

  init(_ reason: Reason, path: String = "", _ parameters: [String: String] = [:]) {
    self.reason = reason
    self.path = path
    self.parameters = parameters
  }

  /// The same, one level further out.
  func inside(_ segment: String) -> CodecFault {
    var fault = self
    fault.path = path.isEmpty || path.hasPrefix("[") ? segment + path : "\(segment).\(path)"
    return fault
  }

  /// One line in English.
  package var description: String {
    let sentence = sentence { parameters[$0] ?? "" }
    return path.isEmpty ? sentence : "\(path): \(sentence)"
  }

  private func sentence(_ value: (String) -> String) -> String {
    switch reason {
    case .jsonMalformed: "this is no JSON: \(value("what")) at byte \(value("byte"))"
    case .unknownField: "\(value("type")) has no field \"\(value("name"))\"" + perhaps(value("near"))
    case .duplicateField: "\"\(value("name"))\" stands there twice"
    case .oneofConflict: "\"\(value("name"))\" and \"\(value("other"))\" exclude each other (\(value("oneof"))); give one"
    case .wrongType: "\(value("expected")) is expected, not \(value("found"))"
    case .outOfRange: "\(value("value")) does not fit into \(value("type"))"
    case .unknownEnumValue: "\(value("type")) has no value \"\(value("value"))\"" + perhaps(value("near"))
    case .malformedValue: "\"\(value("value"))\" is not \(value("expected"))"
    case .nullElement: "null can't stand in a list or a map"
    case .unknownType: "the type \"\(value("type"))\" is not known here"
    case .tooDeep: "it is nested more than \(value("max")) levels deep"
    case .tooLong: "a value has more than \(value("max")) bytes"
    case .messageMalformed: "these bytes are no message: \(value("what"))"
    }
  }

  private func perhaps(_ near: String) -> String { near.isEmpty ? "" : "; perhaps \(near)" }
}

/// Why a value could not be built or a question not be answered.
///
/// `reason` is stable and meant for programs and translation; `message` is one English line that names the object; `remedy` says what to
/// do about it; `parameters` hold every value that a translated message needs.
package struct ModelError: Error, Sendable, Equatable {
  package let reason: Reason
  /// Dotted path of the offending input, e.g. `instrument.aspects.weight`.
  package let field: String
  package let message: String
  package let remedy: String
  package let parameters: [String: String]

  package init(_ reason: Reason, field: String, message: String, remedy: String, parameters: [String: String] = [:]) {
    self.reason = reason
    self.field = field
    self.message = message
    self.remedy = remedy
    self.parameters = parameters
  }
}

extension ModelError: CustomStringConvertible {
  package var description: String { "\(reason.rawValue) \(field): \(message); \(remedy)" }
}

extension ModelError {
  package enum Reason: String, Sendable, CaseIterable {
    // Text and numbers
    case emptyText = "EMPTY_TEXT"
    case textTooLong = "TEXT_TOO_LONG"
    case badNumber = "BAD_NUMBER"
    case ambiguousNumber = "AMBIGUOUS_NUMBER"
    case tooManyDigits = "TOO_MANY_DIGITS"
    case numberOverflow = "NUMBER_OVERFLOW"
    case badScale = "BAD_SCALE"
    case badDate = "BAD_DATE"
    case badRange = "BAD_RANGE"
    case badIdentifier = "BAD_IDENTIFIER"
    // Regions
    case badCode = "BAD_CODE"
    case unknownCodeSystem = "UNKNOWN_CODE_SYSTEM"
    case unknownCode = "UNKNOWN_CODE"
    case ambiguousCode = "AMBIGUOUS_CODE"
    case unknownName = "UNKNOWN_NAME"
    case ambiguousName = "AMBIGUOUS_NAME"
    case kindMismatch = "KIND_MISMATCH"
    // Reference data and scores
    case unknownWord = "UNKNOWN_WORD"
    case badYear = "BAD_YEAR"
    case negativeCount = "NEGATIVE_COUNT"
    case duplicateKey = "DUPLICATE_KEY"
    case unknownKey = "UNKNOWN_KEY"
    case missingKey = "MISSING_KEY"
    case emptyList = "EMPTY_LIST"
    case contradiction = "CONTRADICTION"
    case negativeWeight = "NEGATIVE_WEIGHT"
    case weightSum = "WEIGHT_SUM"
    case outOfScale = "OUT_OF_SCALE"
    // CSV
    case csvTooLarge = "CSV_TOO_LARGE"
    case csvSyntax = "CSV_SYNTAX"
    case csvEncoding = "CSV_ENCODING"
    case csvFieldCount = "CSV_FIELD_COUNT"
    case csvMissingColumn = "CSV_MISSING_COLUMN"
  }
}

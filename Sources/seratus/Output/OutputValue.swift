internal import RegistryModel

/// A value as scripts get it. Objects keep the order in which they were written, so that the same answer is the same text.
enum OutputValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int)
  /// Written with all its decimals, never through a binary number.
  case number(FixedDecimal)
  case text(String)
  /// A code of a region: text even where it looks like a number.
  case code(String)
  case list([OutputValue])
  case object([OutputField])

  static func object(_ fields: KeyValuePairs<String, OutputValue>) -> OutputValue {
    .object(fields.map { OutputField(name: $0.key, value: $0.value) })
  }

  /// Text that is absent rather than empty.
  static func words(_ text: String) -> OutputValue { text.isEmpty ? .null : .text(text) }

  static func optional(_ number: Int?) -> OutputValue { number.map { .integer($0) } ?? .null }

  static func optional(_ number: FixedDecimal?) -> OutputValue { number.map { .number($0) } ?? .null }
}

struct OutputField: Sendable, Equatable {
  let name: String
  let value: OutputValue
}

extension OutputValue {
  /// The cell of a separated-values file. Lists are joined with " ; ", as the sources in the reference data are.
  var csv: CSVValue {
    switch self {
    case .null: .empty
    case .bool(let flag): .text(flag ? "true" : "false")
    case .integer(let number): .integer(number)
    case .number(let number): .number(number)
    case .text(let text): .text(text)
    case .code(let code): .code(code)
    case .list(let values): .text(values.map(\.plain).joined(separator: " ; "))
    case .object: .text(JSONText.compact(self))
    }
  }

  private var plain: String {
    switch self {
    case .text(let text), .code(let text): text
    default: JSONText.compact(self)
    }
  }
}

/// The sign between whole part and decimals.
package enum DecimalMark: String, Sendable, CaseIterable {
  case dot = "."
  case comma = ","
}

extension FixedDecimal {
  /// 18 digits always fit into 64 bits.
  package static let digitsMax = 18

  /// Reads `3.31` and, unless a mark is demanded, the Indonesian `3,31`.
  ///
  /// One mark at most, and it is the decimal mark: thousands are never grouped in input, because `1.234` and `1,234` mean different
  /// numbers in Jakarta and London. A sign is `-` alone; exponents, blanks, a bare mark (`.5`, `5.`) and empty text are refused.
  /// - Throws: `EMPTY_TEXT`, `AMBIGUOUS_NUMBER` (more than one mark), `BAD_NUMBER`, `TOO_MANY_DIGITS` (18 in all, 6 after the mark).
  package init(parsing text: some StringProtocol, mark: DecimalMark? = nil, field: String = "number") throws(ModelError) {
    let shown = String(text.prefix(40))
    guard !text.isEmpty else {
      throw ModelError(.emptyText, field: field, message: "a number is missing", remedy: "write it like 3.31")
    }
    let isNegative = text.utf8.first == UInt8(ascii: "-")
    let parts = try Self.split(text.utf8.dropFirst(isNegative ? 1 : 0), mark: mark, shown: shown, field: field)
    guard parts.decimals <= Self.scaleMax, parts.digits.count <= Self.digitsMax else {
      throw ModelError(
        .tooManyDigits, field: field, message: "\"\(shown)\" has too many digits",
        remedy: "use at most \(Self.digitsMax) digits, \(Self.scaleMax) of them after the mark",
        parameters: ["value": shown, "digits_max": "\(Self.digitsMax)", "decimals_max": "\(Self.scaleMax)"])
    }
    var units: Int64 = 0
    for digit in parts.digits { units = units * 10 + Int64(digit) }
    self.init(checkedUnits: isNegative ? -units : units, scale: parts.decimals)
  }

  private static func split(
    _ bytes: some Sequence<UInt8>, mark: DecimalMark?, shown: String, field: String
  ) throws(ModelError) -> (digits: [UInt8], decimals: Int) {
    let bad = ModelError(
      .badNumber, field: field, message: "\"\(shown)\" is not a decimal number", remedy: "write it like 3.31 or 3,31",
      parameters: ["value": shown])
    var digits: [UInt8] = []
    var marks: [(byte: UInt8, after: Int)] = []
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digits.append(byte - UInt8(ascii: "0"))
      case UInt8(ascii: "."), UInt8(ascii: ","): marks.append((byte, digits.count))
      default: throw bad
      }
    }
    guard marks.count <= 1 else {
      throw ModelError(
        .ambiguousNumber, field: field, message: "\"\(shown)\" has more than one mark",
        remedy: "write thousands without a mark, like 1234.5", parameters: ["value": shown])
    }
    guard let only = marks.first else {
      guard !digits.isEmpty else { throw bad }
      return (digits, 0)
    }
    guard only.after > 0, only.after < digits.count, mark == nil || mark?.rawValue.utf8.first == only.byte else { throw bad }
    return (digits, digits.count - only.after)
  }

  /// The number with all its decimals, and at least `minimumDecimals` of them. It never rounds: see `rounded(toDecimals:rule:)`.
  package func text(mark: DecimalMark = .dot, minimumDecimals: Int = 0, thousands: String = "") -> String {
    var digits = String(units.magnitude)
    if digits.utf8.count <= scale { digits = String(repeating: "0", count: scale + 1 - digits.utf8.count) + digits }
    let whole = Self.grouped(digits.dropLast(scale), by: thousands)
    let padding = String(repeating: "0", count: max(0, minimumDecimals - scale))
    let fraction = digits.suffix(scale) + padding
    return (isNegative ? "-" : "") + whole + (fraction.isEmpty ? "" : mark.rawValue + fraction)
  }

  private static func grouped(_ digits: Substring, by separator: String) -> String {
    guard !separator.isEmpty else { return String(digits) }
    var grouped = ""
    for (position, digit) in digits.enumerated() {
      if position > 0, (digits.count - position).isMultiple(of: 3) { grouped += separator }
      grouped.append(digit)
    }
    return grouped
  }
}

extension FixedDecimal: CustomStringConvertible {
  package var description: String { text() }
}

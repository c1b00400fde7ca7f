/// Numbers of JSON, written as numbers or as texts, exactly: nothing goes through a binary number that need not.
enum Numbers {
  static func int32(_ json: JSONValue, _ kind: FieldType.Kind) throws(CodecFault) -> Int32 {
    Int32(try integer(json, in: Int64(Int32.min)...Int64(Int32.max), kind.word))
  }

  static func int64(_ json: JSONValue, _ kind: FieldType.Kind) throws(CodecFault) -> Int64 {
    try integer(json, in: Int64.min...Int64.max, kind.word)
  }

  static func uint32(_ json: JSONValue, _ kind: FieldType.Kind) throws(CodecFault) -> UInt32 {
    UInt32(try integer(json, in: UInt64(0)...UInt64(UInt32.max), kind.word))
  }

  static func uint64(_ json: JSONValue, _ kind: FieldType.Kind) throws(CodecFault) -> UInt64 {
    try integer(json, in: UInt64(0)...UInt64.max, kind.word)
  }

  /// `1`, `1.0`, `1e3`, `"1"`.
  static func integer<Number: FixedWidthInteger>(
    _ json: JSONValue, in range: ClosedRange<Number>, _ type: String
  ) throws(CodecFault) -> Number {
    let text = try digits(json, "an integer")
    guard let whole = wholeDigits(text) else { throw CodecFault(.outOfRange, ["value": text, "type": type]) }
    guard let number = Number(whole), range.contains(number) else {
      throw CodecFault(.outOfRange, ["value": text, "type": type])
    }
    return number
  }

  static func double(_ json: JSONValue) throws(CodecFault) -> Double {
    if let special = Self.special(json) { return special }
    let text = try digits(json, "a number")
    guard let number = Double(text), number.isFinite else { throw CodecFault(.outOfRange, ["value": text, "type": "double"]) }
    return number
  }

  static func float(_ json: JSONValue) throws(CodecFault) -> Float {
    if let special = Self.special(json) { return Float(special) }
    let text = try digits(json, "a number")
    guard let number = Float(text), number.isFinite else { throw CodecFault(.outOfRange, ["value": text, "type": "float"]) }
    return number
  }

  private static func special(_ json: JSONValue) -> Double? {
    switch json {
    case .text("NaN"): .nan
    case .text("Infinity"): .infinity
    case .text("-Infinity"): -.infinity
    default: nil
    }
  }

  /// The text of a number in JSON's grammar.
  private static func digits(_ json: JSONValue, _ expected: String) throws(CodecFault) -> String {
    switch json {
    case .number(let text): return text
    case .text(let text):
      guard case .number(let number)? = try? JSONParser.parse(Array(text.utf8)), number == text else {
        throw CodecFault(.malformedValue, ["value": String(text.prefix(40)), "expected": expected])
      }
      return number
    default: throw JSONCodec.expected(expected, json)
    }
  }

  /// More digits than any integer here has.
  private static let exponentMax = 400

  /// A number in JSON's grammar as digits with a sign; nil: it is no integer, or far too large.
  private static func wholeDigits(_ text: String) -> String? {
    let sign = text.hasPrefix("-") ? "-" : ""
    let parts = text.dropFirst(sign.count).split(omittingEmptySubsequences: false) { $0 == "e" || $0 == "E" }
    let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    var digits = String(mantissa[0])
    var exponent = 0
    if mantissa.count > 1 {
      digits += mantissa[1]
      exponent -= mantissa[1].count
    }
    if parts.count > 1 {
      guard let power = Int(parts[1]), (-exponentMax...exponentMax).contains(power) else {
        return digits.allSatisfy { $0 == "0" } ? "0" : nil
      }
      exponent += power
    }
    if exponent >= 0 { return sign + digits + String(repeating: "0", count: exponent) }
    let fraction = digits.suffix(-exponent)
    guard fraction.allSatisfy({ $0 == "0" }) else { return nil }
    let whole = digits.dropLast(-exponent)
    return sign + (whole.isEmpty ? "0" : whole)
  }

  /// The shortest that reads back the same; a text for what JSON has no numbers for.
  static func json(_ number: Double) -> JSONValue { json(number.description, isFinite: number.isFinite, isNaN: number.isNaN) }

  static func json(_ number: Float) -> JSONValue { json(number.description, isFinite: number.isFinite, isNaN: number.isNaN) }

  private static func json(_ text: String, isFinite: Bool, isNaN: Bool) -> JSONValue {
    if isNaN { return .text("NaN") }
    guard isFinite else { return .text(text.hasPrefix("-") ? "-Infinity" : "Infinity") }
    return .number(text.hasSuffix(".0") ? String(text.dropLast(2)) : text)
  }
}

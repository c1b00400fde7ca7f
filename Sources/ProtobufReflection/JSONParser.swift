/// RFC 8259, strictly: UTF-8, no lone surrogates, no name twice in an object, at most 100 levels.
package struct JSONParser {
  package static let depthMax = 100

  private let bytes: [UInt8]
  private var place = 0

  private init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// The one value of a text.
  package static func parse(_ bytes: [UInt8]) throws(CodecFault) -> JSONValue {
    var parser = JSONParser(bytes)
    let value = try parser.value(depth: 0)
    parser.skipSpace()
    guard parser.place == bytes.count else { throw parser.fault("more than one value") }
    return value
  }

  private func fault(_ what: String) -> CodecFault {
    CodecFault(.jsonMalformed, ["what": what, "byte": "\(place)"])
  }

  private var current: UInt8? { place < bytes.count ? bytes[place] : nil }

  private mutating func skipSpace() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { place += 1 }
  }

  private mutating func take(_ wanted: Unicode.Scalar) -> Bool {
    guard current == UInt8(ascii: wanted) else { return false }
    place += 1
    return true
  }

  private mutating func value(depth: Int) throws(CodecFault) -> JSONValue {
    guard depth < Self.depthMax else { throw CodecFault(.tooDeep, ["max": "\(Self.depthMax)"]) }
    skipSpace()
    switch current {
    case UInt8(ascii: "{"): return .object(try members(depth: depth + 1))
    case UInt8(ascii: "["): return .list(try elements(depth: depth + 1))
    case UInt8(ascii: "\""): return .text(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case nil: throw fault("it ends where a value is due")
    default: return .number(try number())
    }
  }

  private mutating func word(_ word: StaticString, _ value: JSONValue) throws(CodecFault) -> JSONValue {
    let text = "\(word)"
    guard bytes[place...].starts(with: text.utf8) else { throw fault("no value") }
    place += text.utf8.count
    return value
  }

  private mutating func members(depth: Int) throws(CodecFault) -> [JSONValue.Member] {
    var members: [JSONValue.Member] = []
    // By their bytes: Swift takes letters that are composed in different ways for the same, JSON and protobuf do not.
    var names: Set<[UInt8]> = []
    place += 1
    skipSpace()
    if take("}") { return [] }
    repeat {
      skipSpace()
      guard current == UInt8(ascii: "\"") else { throw fault("no name of a member") }
      let name = try string()
      guard names.insert(Array(name.utf8)).inserted else { throw CodecFault(.duplicateField, ["name": name]) }
      skipSpace()
      guard take(":") else { throw fault("no colon behind a name") }
      do throws(CodecFault) {
        members.append(.init(name, try value(depth: depth)))
      } catch {
        throw error.reason == .duplicateField ? error.inside(name) : error
      }
      skipSpace()
    } while take(",")
    guard take("}") else { throw fault("an object without its end") }
    return members
  }

  private mutating func elements(depth: Int) throws(CodecFault) -> [JSONValue] {
    var elements: [JSONValue] = []
    place += 1
    skipSpace()
    if take("]") { return [] }
    repeat {
      elements.append(try value(depth: depth))
      skipSpace()
    } while take(",")
    guard take("]") else { throw fault("a list without its end") }
    return elements
  }

  private mutating func number() throws(CodecFault) -> String {
    let start = place
    _ = take("-")
    if !take("0"), !takeDigits() { throw fault("no value") }
    if take("."), !takeDigits() { throw fault("a number without digits behind its point") }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      if !takeDigits() { throw fault("a number without digits in its exponent") }
    }
    if let next = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next) { throw fault("a number with a leading zero") }
    return String(decoding: bytes[start..<place], as: UTF8.self)
  }

  private mutating func takeDigits() -> Bool {
    let start = place
    while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { place += 1 }
    return place > start
  }

  private mutating func string() throws(CodecFault) -> String {
    place += 1
    var text: [UInt8] = []
    while let byte = current {
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else { throw fault("a text that is not UTF-8") }
        place += 1
        return string
      case UInt8(ascii: "\\"):
        place += 1
        text += Array(String(Character(try escape())).utf8)
      case 0..<0x20: throw fault("a control character in a text")
      default:
        text.append(byte)
        place += 1
      }
    }
    throw fault("a text without its end")
  }

  private mutating func escape() throws(CodecFault) -> Unicode.Scalar {
    guard let byte = current else { throw fault("a text without its end") }
    place += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try unicodeEscape()
    default: throw fault("an escape that JSON does not have")
    }
  }

  private mutating func unicodeEscape() throws(CodecFault) -> Unicode.Scalar {
    let first = try hexadecimal()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard first < 0xDC00, take("\\"), take("u") else { throw fault("half of a surrogate pair") }
    let second = try hexadecimal()
    guard (0xDC00...0xDFFF).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    else { throw fault("half of a surrogate pair") }
    return scalar
  }

  private mutating func hexadecimal() throws(CodecFault) -> UInt32 {
    guard place + 4 <= bytes.count, bytes[place..<place + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let value = UInt32(String(decoding: bytes[place..<place + 4], as: UTF8.self), radix: 16)
    else { throw fault("an escape without four hexadecimal digits") }
    place += 4
    return value
  }
}

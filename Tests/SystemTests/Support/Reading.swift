internal import Foundation

/// A JSON value that a test looks into by names and numbers; what is not there is null.
struct JSON: Sendable, Equatable {
  indirect enum Value: Sendable, Equatable {
    case null
    case bool(Bool)
    /// As it stands in the text, so that decimals stay exact.
    case number(String)
    case text(String)
    case list([JSON])
    case object([String: JSON])
  }

  let value: Value

  struct Malformed: Error, CustomStringConvertible {
    let description: String
  }

  init(parsing text: String) throws {
    var reader = Reader(text: Array(text.utf8))
    value = try reader.document()
  }

  fileprivate init(_ value: Value) {
    self.value = value
  }

  subscript(key: String) -> JSON {
    if case .object(let members) = value { members[key] ?? JSON(.null) } else { JSON(.null) }
  }

  subscript(index: Int) -> JSON { list.indices.contains(index) ? list[index] : JSON(.null) }

  var list: [JSON] { if case .list(let items) = value { items } else { [] } }
  var keys: Set<String> { if case .object(let members) = value { Set(members.keys) } else { [] } }
  var isNull: Bool { value == .null }
  var bool: Bool? { if case .bool(let flag) = value { flag } else { nil } }
  var int: Int? { if case .number(let digits) = value { Int(digits) } else { nil } }

  /// Text, or the digits of a number.
  var text: String? {
    switch value {
    case .text(let text): text
    case .number(let digits): digits
    default: nil
    }
  }

  /// The same without some members, at any depth.
  func without(_ names: Set<String>) -> JSON {
    switch value {
    case .object(let members): JSON(.object(members.filter { !names.contains($0.key) }.mapValues { $0.without(names) }))
    case .list(let items): JSON(.list(items.map { $0.without(names) }))
    default: self
    }
  }
}

extension JSON {
  /// RFC 8259, strictly.
  private struct Reader {
    let text: [UInt8]
    var place = 0

    mutating func document() throws -> Value {
      let value = try value()
      space()
      guard place == text.count else { throw fault("more than one value") }
      return value
    }

    private func fault(_ what: String) -> Malformed {
      Malformed(description: "\(what) at byte \(place) of \(String(decoding: text.prefix(2_000), as: UTF8.self))")
    }

    private mutating func space() {
      while place < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[place]) { place += 1 }
    }

    private mutating func take(_ byte: Character) -> Bool {
      space()
      guard place < text.count, text[place] == byte.asciiValue else { return false }
      place += 1
      return true
    }

    private mutating func word(_ word: String) -> Bool {
      guard text[place...].starts(with: word.utf8) else { return false }
      place += word.utf8.count
      return true
    }

    private mutating func value() throws -> Value {
      space()
      if take("{") { return try object() }
      if take("[") { return try items() }
      if take("\"") { return .text(try string()) }
      if word("null") { return .null }
      if word("true") { return .bool(true) }
      if word("false") { return .bool(false) }
      let digits = text[place...].prefix { "+-.eE0123456789".utf8.contains($0) }
      guard !digits.isEmpty else { throw fault("no value") }
      place += digits.count
      return .number(String(decoding: digits, as: UTF8.self))
    }

    private mutating func object() throws -> Value {
      var members: [String: JSON] = [:]
      if take("}") { return .object(members) }
      repeat {
        guard take("\"") else { throw fault("no name") }
        let name = try string()
        guard take(":"), members.updateValue(JSON(try value()), forKey: name) == nil else { throw fault("bad member \(name)") }
      } while take(",")
      guard take("}") else { throw fault("no }") }
      return .object(members)
    }

    private mutating func items() throws -> Value {
      var items: [JSON] = []
      if take("]") { return .list(items) }
      repeat { items.append(JSON(try value())) } while take(",")
      guard take("]") else { throw fault("no ]") }
      return .list(items)
    }

    private mutating func string() throws -> String {
      let begin = place
      while place < text.count, text[place] != UInt8(ascii: "\"") { place += text[place] == UInt8(ascii: "\\") ? 2 : 1 }
      guard place < text.count else { throw fault("a text without end") }
      defer { place += 1 }
      let raw = Array(text[begin..<place])
      guard raw.contains(UInt8(ascii: "\\")) else { return String(decoding: raw, as: UTF8.self) }
      let quoted = Data([UInt8(ascii: "\"")] + raw + [UInt8(ascii: "\"")])
      return try JSONDecoder().decode(String.self, from: quoted)
    }
  }
}

/// RFC 4180.
enum CSVText {
  static func rows(_ text: String) -> [[String]] {
    var (rows, row, field, isQuoted) = ([[String]](), [String](), "", false)
    var characters = text[...]
    while let character = characters.popFirst() {
      switch character {
      case "\"" where isQuoted && characters.first == "\"": field.append(characters.removeFirst())
      case "\"": isQuoted.toggle()
      case "," where !isQuoted:
        row.append(field)
        field = ""
      case "\n" where !isQuoted, "\r\n" where !isQuoted:
        rows.append(row + [field])
        (row, field) = ([], "")
      default: field.append(character)
      }
    }
    if !row.isEmpty || !field.isEmpty { rows.append(row + [field]) }
    return rows
  }

  static func table(_ text: String) -> [[String: String]] {
    let rows = rows(text)
    guard let header = rows.first else { return [] }
    return rows.dropFirst().map { Dictionary(zip(header, $0)) { first, _ in first } }
  }
}

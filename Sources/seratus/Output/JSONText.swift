internal import RegistryModel

/// Writes RFC 8259. Numbers keep their decimals (`3.60` stays `3.60`); nothing depends on a locale.
enum JSONText {
  /// One line without blanks.
  static func compact(_ value: OutputValue) -> String {
    var text = ""
    write(value, indent: nil, into: &text)
    return text
  }

  /// Two blanks a level. Without a line end.
  static func pretty(_ value: OutputValue) -> String {
    var text = ""
    write(value, indent: 0, into: &text)
    return text
  }

  private static func write(_ value: OutputValue, indent: Int?, into text: inout String) {
    switch value {
    case .null: text += "null"
    case .bool(let flag): text += flag ? "true" : "false"
    case .integer(let number): text += "\(number)"
    case .number(let number): text += number.text()
    case .text(let words), .code(let words): text += quoted(words)
    case .list(let values):
      group("[", "]", values, indent: indent, into: &text) { value, inner, text in write(value, indent: inner, into: &text) }
    case .object(let fields):
      group("{", "}", fields, indent: indent, into: &text) { field, inner, text in
        text += quoted(field.name) + (inner == nil ? ":" : ": ")
        write(field.value, indent: inner, into: &text)
      }
    }
  }

  private static func group<Item>(
    _ open: String, _ close: String, _ items: [Item], indent: Int?, into text: inout String,
    _ each: (Item, Int?, inout String) -> Void
  ) {
    text += open
    for (position, item) in items.enumerated() {
      if position > 0 { text += "," }
      if let indent { text += "\n" + String(repeating: "  ", count: indent + 1) }
      each(item, indent.map { $0 + 1 }, &text)
    }
    if let indent, !items.isEmpty { text += "\n" + String(repeating: "  ", count: indent) }
    text += close
  }

  /// With quotes; control characters, quotes and backslashes escaped.
  static func quoted(_ words: String) -> String {
    var text = "\""
    for scalar in words.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F || (0x80...0x9F).contains(scalar.value):
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "\""
  }
}

/// One cell to write.
package enum CSVValue: Sendable, Hashable {
  case text(String)
  /// A code of a region: text even where it looks like a number.
  case code(String)
  case number(FixedDecimal)
  case integer(Int)
  case empty
}

/// Writes RFC 4180. Quotes only where they are needed.
package struct CSVWriter: Sendable {
  package let format: CSVFormat

  package init(format: CSVFormat = .standard) {
    self.format = format
  }

  /// The first record, with the byte order mark before it if the format has one.
  package func header(_ columns: [String]) -> String {
    (format.byteOrderMark ? "\u{FEFF}" : "") + record(columns.map { quoted($0) })
  }

  package func row(_ values: [CSVValue]) -> String { record(values.map(cell)) }

  private func record(_ cells: [String]) -> String {
    // A lone empty field would be a blank line, which is no record.
    let line = cells == [""] ? "\"\"" : cells.joined(separator: format.delimiter.rawValue)
    return line + format.lineEnd.rawValue
  }

  private func cell(_ value: CSVValue) -> String {
    switch value {
    case .text(let text):
      let isGuarded = format.guardsFormulas && CSVFormat.looksLikeFormula(text)
      return quoted(isGuarded ? "'" + text : text)
    case .code(let code): return quoted(format.codesAsFormulaText ? "=\"\(code)\"" : code)
    case .number(let number): return quoted(number.text(mark: format.decimalMark))
    case .integer(let number): return "\(number)"
    case .empty: return ""
    }
  }

  private func quoted(_ text: String) -> String {
    let delimiter = format.delimiter.rawValue.utf8.first
    let needsQuotes = text.utf8.contains {
      $0 == delimiter || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r")
    }
    guard needsQuotes else { return text }
    var inside = ""
    for character in text.unicodeScalars {
      if character == "\"" { inside += "\"" }
      inside.unicodeScalars.append(character)
    }
    return "\"\(inside)\""
  }
}

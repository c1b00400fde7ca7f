/// What a separated-values file looks like.
package struct CSVFormat: Sendable, Hashable {
  package enum Delimiter: String, Sendable, CaseIterable {
    case comma = ","
    case semicolon = ";"
    case tab = "\t"
  }

  package enum LineEnd: String, Sendable, CaseIterable {
    case lf = "\n"
    case crlf = "\r\n"
  }

  package var delimiter: Delimiter
  package var decimalMark: DecimalMark
  package var lineEnd: LineEnd
  /// Written as the first three bytes; on reading it is skipped wherever it stands first.
  package var byteOrderMark: Bool
  /// Text that a spreadsheet would run as a formula gets an apostrophe before it, and loses it on reading.
  package var guardsFormulas: Bool
  /// Codes are written as `="35.71"`, the one form in which a spreadsheet keeps them as text, and read back from it.
  package var codesAsFormulaText: Bool

  package init(
    delimiter: Delimiter = .comma, decimalMark: DecimalMark = .dot, lineEnd: LineEnd = .lf, byteOrderMark: Bool = false,
    guardsFormulas: Bool = false, codesAsFormulaText: Bool = false
  ) {
    self.delimiter = delimiter
    self.decimalMark = decimalMark
    self.lineEnd = lineEnd
    self.byteOrderMark = byteOrderMark
    self.guardsFormulas = guardsFormulas
    self.codesAsFormulaText = codesAsFormulaText
  }

  /// RFC 4180 with LF, as the reference data are.
  package static let standard = CSVFormat()
  package static let tabs = CSVFormat(delimiter: .tab)
  /// What Excel opens with a double click where the language is Indonesian.
  package static let excelIndonesian = CSVFormat(
    delimiter: .semicolon, decimalMark: .comma, lineEnd: .crlf, byteOrderMark: true, guardsFormulas: true,
    codesAsFormulaText: true)

  /// Whether a spreadsheet would take this text, or the text behind its apostrophes, for a formula. The apostrophes belong to the
  /// question so that guarding can be undone: `'=1` becomes `''=1` and comes back as `'=1`.
  static func looksLikeFormula(_ text: some StringProtocol) -> Bool {
    guard let first = text.utf8.first(where: { $0 != UInt8(ascii: "'") }) else { return false }
    return "=+-@\t\r".utf8.contains(first)
  }
}

/// Bounds of what is read, so that no file can fill the memory.
package struct CSVLimits: Sendable, Hashable {
  package var fieldBytesMax: Int
  package var rowBytesMax: Int
  package var columnsMax: Int
  package var totalBytesMax: Int

  package init(fieldBytesMax: Int, rowBytesMax: Int, columnsMax: Int, totalBytesMax: Int) {
    self.fieldBytesMax = fieldBytesMax
    self.rowBytesMax = rowBytesMax
    self.columnsMax = columnsMax
    self.totalBytesMax = totalBytesMax
  }

  /// The longest source note has a few kilobytes; a year of scores of all regions has a few megabytes.
  package static let standard = CSVLimits(
    fieldBytesMax: 16_384, rowBytesMax: 65_536, columnsMax: 200, totalBytesMax: 64 * 1_048_576)
}

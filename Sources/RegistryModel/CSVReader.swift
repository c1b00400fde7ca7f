/// One record of a file.
package struct CSVRow: Sendable, Hashable {
  /// 1 for the first record, the header included; blank lines don't count.
  package let number: Int
  /// Line of the file on which it begins, from 1.
  package let line: Int
  package let fields: [String]
}

/// Reads RFC 4180, any chunk of bytes at a time: quotes, doubled quotes, line ends in quotes, CRLF or LF. Blank lines are skipped.
/// Bytes that are no valid file are refused with row, column and reason; nothing is repaired in silence.
package struct CSVReader: Sendable {
  private enum State: Sendable {
    case fieldStart, unquoted, quoted, afterQuote, afterReturn
  }

  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  private let format: CSVFormat
  private let limits: CSVLimits
  private let delimiter: UInt8
  private var state = State.fieldStart
  private var field: [UInt8] = []
  private var wasQuoted = false
  private var fields: [String] = []
  private var rowBytes = 0
  private var totalBytes = 0
  private var rowNumber = 1
  private var line = 1
  private var startLine = 1
  /// The first bytes, until it is certain whether they are a byte order mark.
  private var prefix: [UInt8]? = []

  package init(format: CSVFormat = .standard, limits: CSVLimits = .standard) {
    self.format = format
    self.limits = limits
    delimiter = format.delimiter.rawValue.utf8.first ?? UInt8(ascii: ",")
  }

  /// The records that these bytes complete.
  /// - Throws: `CSV_TOO_LARGE`, `CSV_SYNTAX`, `CSV_ENCODING`. The reader is of no use afterwards.
  package mutating func read(_ bytes: some Sequence<UInt8>) throws(ModelError) -> [CSVRow] {
    var rows: [CSVRow] = []
    for byte in bytes {
      totalBytes += 1
      if totalBytes > limits.totalBytesMax { throw tooLarge("the file", limits.totalBytesMax) }
      if prefix == nil {
        try take(byte, into: &rows)
      } else {
        prefix?.append(byte)
        if totalBytes == Self.byteOrderMark.count { try takePrefix(into: &rows) }
      }
    }
    return rows
  }

  /// The last record, if it had no line end.
  package mutating func finish() throws(ModelError) -> [CSVRow] {
    var rows: [CSVRow] = []
    try takePrefix(into: &rows)
    switch state {
    case .afterReturn: throw syntax("a carriage return without line feed")
    case .quoted: throw syntax("a quote is never closed")
    case .fieldStart where fields.isEmpty: break
    default: try endRow(into: &rows)
    }
    return rows
  }

  private mutating func take(_ byte: UInt8, into rows: inout [CSVRow]) throws(ModelError) {
    if byte == 0 { throw syntax("a zero byte") }
    if state == .afterReturn {
      guard byte == UInt8(ascii: "\n") else { throw syntax("a carriage return without line feed") }
      state = .fieldStart
      line += 1
      return try endRow(into: &rows)
    }
    rowBytes += 1
    if rowBytes > limits.rowBytesMax { throw tooLarge("a row", limits.rowBytesMax) }
    switch (state, byte) {
    case (.quoted, UInt8(ascii: "\"")): state = .afterQuote
    case (.quoted, _):
      if byte == UInt8(ascii: "\n") { line += 1 }
      try append(byte)
    case (.afterQuote, UInt8(ascii: "\"")):
      state = .quoted
      try append(byte)
    case (_, delimiter): try endField()
    case (_, UInt8(ascii: "\r")): state = .afterReturn
    case (_, UInt8(ascii: "\n")):
      line += 1
      try endRow(into: &rows)
    case (.fieldStart, UInt8(ascii: "\"")):
      wasQuoted = true
      state = .quoted
    case (.afterQuote, _): throw syntax("text after a closing quote")
    case (_, UInt8(ascii: "\"")): throw syntax("a quote inside a field that doesn't begin with one")
    default:
      state = .unquoted
      try append(byte)
    }
  }

  private mutating func append(_ byte: UInt8) throws(ModelError) {
    guard field.count < limits.fieldBytesMax else { throw tooLarge("a field", limits.fieldBytesMax) }
    field.append(byte)
  }

  private mutating func endField() throws(ModelError) {
    guard let text = String(validating: field, as: UTF8.self) else {
      throw ModelError(
        .csvEncoding, field: "csv", message: "\(place) is not UTF-8", remedy: "save the file as UTF-8",
        parameters: placeParameters)
    }
    guard fields.count < limits.columnsMax else { throw tooLarge("the number of columns", limits.columnsMax) }
    fields.append(unguarded(text))
    field.removeAll(keepingCapacity: true)
    state = .fieldStart
  }

  private mutating func endRow(into rows: inout [CSVRow]) throws(ModelError) {
    defer {
      startLine = line
      rowBytes = 0
      wasQuoted = false
    }
    if fields.isEmpty, field.isEmpty, !wasQuoted {
      state = .fieldStart
      return
    }
    try endField()
    rows.append(CSVRow(number: rowNumber, line: startLine, fields: fields))
    rowNumber += 1
    fields.removeAll(keepingCapacity: true)
  }

  private func unguarded(_ text: String) -> String {
    if format.codesAsFormulaText, text.hasPrefix("=\""), text.hasSuffix("\""), text.utf8.count >= 3 {
      return String(text.dropFirst(2).dropLast())
    }
    if format.guardsFormulas, text.hasPrefix("'"), CSVFormat.looksLikeFormula(text) { return String(text.dropFirst()) }
    return text
  }

  private mutating func takePrefix(into rows: inout [CSVRow]) throws(ModelError) {
    let bytes = prefix ?? []
    prefix = nil
    guard bytes != Self.byteOrderMark else { return }
    for byte in bytes { try take(byte, into: &rows) }
  }
}

extension CSVReader {
  private var place: String { "row \(rowNumber) (line \(line)), column \(fields.count + 1)" }

  private var placeParameters: [String: String] {
    ["row": "\(rowNumber)", "line": "\(line)", "column": "\(fields.count + 1)"]
  }

  private func syntax(_ reason: String) -> ModelError {
    ModelError(
      .csvSyntax, field: "csv", message: "\(place): \(reason)", remedy: "put the field in quotes and double the quotes inside it",
      parameters: placeParameters.merging(["reason": reason]) { old, _ in old })
  }

  private func tooLarge(_ what: String, _ max: Int) -> ModelError {
    ModelError(
      .csvTooLarge, field: "csv", message: "\(place): \(what) is larger than \(max)", remedy: "split the file",
      parameters: placeParameters.merging(["what": what, "max": "\(max)"]) { old, _ in old })
  }
}

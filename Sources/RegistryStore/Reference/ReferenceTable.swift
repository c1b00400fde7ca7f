internal import RegistryModel

/// One file as it was read, each field checked by itself.
struct ReferenceTable: Sendable {
  let file: ReferenceFile
  let table: CSVTable
  /// At most one for each field.
  let problems: [ReferenceProblem]

  /// - Throws: `ModelError` if it is no CSV with the columns wanted.
  init(file: ReferenceFile, bytes: [UInt8]) throws(ModelError) {
    let names = file.columns.map(\.name)
    let table = try CSVTable(bytes, required: names)
    var problems: [ReferenceProblem] = []
    for row in table.rows {
      for column in file.columns {
        let text = try table.text(row, column.name)
        do {
          let system = try column.rule.systemColumn.map { (name) throws(ModelError) in try table.text(row, name) }
          try column.rule.check(text, column: column.name, system: system)
        } catch {
          problems.append(Self.problem(error, file: file, row: row, column: column.name))
        }
      }
    }
    var seen: Set<[String]> = []
    for row in table.rows {
      var key: [String] = []
      for column in file.key { key.append(try table.text(row, column)) }
      if !seen.insert(key).inserted {
        problems.append(
          ReferenceProblem(
            file: file.name, row: row.number, column: file.key.joined(separator: "+"), reason: "DUPLICATE_KEY",
            message: "\(key.joined(separator: " ")) stands twice; keep one of the rows"))
      }
    }
    self.file = file
    self.table = table
    self.problems = problems
  }

  /// The rows as a JSON array of objects, every value as text.
  var json: JSONText {
    let positions = file.columns.compactMap { column in
      table.columns.firstIndex(of: column.name).map { (column.name, $0) }
    }
    return .array(
      table.rows.map { row in .object(positions.map { name, position in (name, .string(row.fields[position])) }) })
  }

  var rows: [CSVRow] { table.rows }

  /// The field of a column of this file.
  func field(_ row: CSVRow, _ column: String) -> String { (try? table.text(row, column)) ?? "" }

  func problem(_ row: CSVRow, _ column: String, _ reason: String, _ message: String) -> ReferenceProblem {
    ReferenceProblem(file: file.name, row: row.number, column: column, reason: reason, message: message)
  }

  private static func problem(_ error: ModelError, file: ReferenceFile, row: CSVRow, column: String) -> ReferenceProblem {
    ReferenceProblem(
      file: file.name, row: row.number, column: column, reason: error.reason.rawValue,
      message: "\(error.message); \(error.remedy)")
  }
}

extension ReferenceRule {
  /// The column that says in which system a code is written.
  var systemColumn: String? {
    switch self {
    case .code(let column, _): column
    case .maybe(let rule): rule.systemColumn
    default: nil
    }
  }

  /// - Throws: what the model says about such a value.
  func check(_ text: String, column: String, system: String?) throws(ModelError) {
    if case .maybe(let rule) = self {
      if !text.isEmpty { try rule.check(text, column: column, system: system) }
      return
    }
    guard !text.isEmpty, !text.allSatisfy(\.isWhitespace) else {
      throw ModelError(.emptyText, field: column, message: "\(column) is empty", remedy: "give a value")
    }
    switch self {
    case .maybe, .text: break
    case .number(let range): try Self.check(number: text, range, column: column)
    case .decimal: _ = try FixedDecimal(parsing: text, mark: .dot, field: column)
    case .day: _ = try CalendarDate(parsing: text, field: column)
    case .word(let words): try Self.check(text, among: words, column: column)
    case .flag: try Self.check(text, among: ["yes", "no"], column: column)
    case .key: try Self.check(key: text, column: column)
    case .code(_, let province):
      let system = try CodeSystem(word: system ?? "")
      if province {
        _ = try ProvinceCode(system: system, parsing: text, field: column)
      } else {
        _ = try RegionCode(system: system, parsing: text, field: column)
      }
    case .regionToday: _ = try RegionCode(system: .kemendagri, parsing: text, field: column)
    case .provinceToday: _ = try ProvinceCode(system: .kemendagri, parsing: text, field: column)
    }
  }

  private static func check(number text: String, _ range: ClosedRange<Int>, column: String) throws(ModelError) {
    guard let number = Int(text), range.contains(number), String(number) == text else {
      throw ModelError(
        .badNumber, field: column,
        message: "\"\(text.prefix(40))\" is not a whole number from \(range.lowerBound) to \(range.upperBound)",
        remedy: "correct it", parameters: ["value": String(text.prefix(40))])
    }
  }

  private static func check(_ text: String, among words: [String], column: String) throws(ModelError) {
    guard words.contains(text) else {
      throw ModelError(
        .unknownWord, field: column, message: "\"\(text.prefix(40))\" is not one of \(words.joined(separator: ", "))",
        remedy: "use one of them", parameters: ["value": String(text.prefix(40))])
    }
  }

  private static func check(key text: String, column: String) throws(ModelError) {
    let isFine = text.utf8.allSatisfy { byte in
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }
    guard isFine else {
      throw ModelError(
        .badIdentifier, field: column, message: "\"\(text.prefix(40))\" is not a key", remedy: "use a–z, 0–9, - and _",
        parameters: ["value": String(text.prefix(40))])
    }
  }
}

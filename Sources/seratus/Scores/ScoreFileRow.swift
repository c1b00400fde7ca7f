internal import RegistryModel
internal import RegistryProtocol

/// One row on its way from text to message. Goes on after a fault, so that all of them come out at once.
struct ScoreFileRow {
  let columns: [String]
  let row: CSVRow
  private(set) var faults: [Failure.Fault] = []

  init(columns: [String], row: CSVRow) {
    self.columns = columns
    self.row = row
  }

  /// "aspect:baseline" → ("aspect", "baseline").
  static func part(_ column: String) -> (part: String, key: String)? {
    let pieces = column.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard pieces.count == 2, ["aspect", "dimension"].contains(pieces[0]), !pieces[1].isEmpty else { return nil }
    return (String(pieces[0]), String(pieces[1]))
  }

  mutating func input() -> Seratus_V1_ScoreInput {
    var input = Seratus_V1_ScoreInput()
    guard row.fields.count == columns.count else {
      faults.append(
        Failure.Fault(
          field: "csv", row: row.line, reason: "CSV_FIELD_COUNT",
          message: Phrase(
            id: "\(row.fields.count) isian, seharusnya \(columns.count); apit isian yang berisi pemisah dengan tanda kutip",
            en: "\(row.fields.count) fields instead of \(columns.count); put fields that hold a separator in quotes")))
      return input
    }
    for (column, text) in zip(columns, row.fields) { read(column, text, into: &input) }
    if input.stage == .unspecified { input.stage = .annual }
    if input.kind == .unspecified { input.kind = .implementation }
    return input
  }

  private mutating func read(_ column: String, _ text: String, into input: inout Seratus_V1_ScoreInput) {
    if text.isEmpty {
      if column == "region" || column == "year" {
        fault(column, "EMPTY_TEXT", id: "kosong; isi", en: "is empty; fill it in")
      }
      return
    }
    switch column {
    case "region": input.region = text
    case "year": input.year = year(text)
    case "stage": input.stage = word(column, text, StageArgument.init(argument:))?.message ?? .annual
    case "kind": input.kind = word(column, text, ScoreKindArgument.init(rawValue:))?.message ?? .implementation
    case "instrument_id": input.instrumentID = text
    case "published_total": if let value = number(column, text) { input.publishedTotal = value.message }
    case "missing": input.missing = word(column, text, MissingArgument.init(rawValue:))?.message ?? .unspecified
    case "letter_number": input.letterNumber = text
    case "letter_date": input.letterDate.iso = day(column, text)
    case "source": input.source = text
    case "certainty": input.certainty = word(column, text, CertaintyArgument.init(rawValue:))?.message ?? .unspecified
    case "expected_version": input.expectedVersion = version(text)
    case "release": input.release = flag(column, text)
    default: readPart(column, text, into: &input)
    }
  }

  private mutating func readPart(_ column: String, _ text: String, into input: inout Seratus_V1_ScoreInput) {
    guard let part = Self.part(column), let value = number(column, text) else { return }
    input.parts.append(PartArgument.input(part: part.part, key: part.key, value: value))
  }

  private mutating func number(_ column: String, _ text: String) -> FixedDecimal? {
    do {
      return try FixedDecimal(parsing: text, field: column)
    } catch {
      fault(
        column, error.reason.rawValue, id: "\"\(text.prefix(40))\" bukan angka desimal; tulis seperti 3.31 atau 3,31",
        en: "\(error.message); \(error.remedy)")
      return nil
    }
  }

  private mutating func year(_ text: String) -> Int32 {
    guard text.utf8.count == 4, let year = Int32(text), year >= 1000 else {
      fault(
        "year", "BAD_YEAR", id: "\"\(text.prefix(40))\" bukan tahun; tulis seperti 2022",
        en: "\"\(text.prefix(40))\" is not a year; write it like 2022")
      return 0
    }
    return year
  }

  private mutating func version(_ text: String) -> Int32 {
    guard let version = Int32(text), version >= 0 else {
      fault(
        "expected_version", "BAD_NUMBER", id: "\"\(text.prefix(40))\" bukan versi; 0 berarti belum ada",
        en: "\"\(text.prefix(40))\" is not a version; 0 means it must not exist yet")
      return 0
    }
    return version
  }

  private mutating func day(_ column: String, _ text: String) -> String {
    guard let day = try? CalendarDate(parsing: text) else {
      fault(
        column, "BAD_DATE", id: "\"\(text.prefix(40))\" bukan tanggal; tulis seperti 2022-12-05",
        en: "\"\(text.prefix(40))\" is not a day of the calendar; write it like 2022-12-05")
      return ""
    }
    return day.description
  }

  private mutating func flag(_ column: String, _ text: String) -> Bool {
    switch text {
    case "yes", "ya", "true": return true
    case "no", "tidak", "false": return false
    default:
      fault(column, "UNKNOWN_WORD", id: "tulis yes atau no", en: "write yes or no")
      return false
    }
  }

  private mutating func word<Value: CaseIterable & RawRepresentable<String>>(
    _ column: String, _ text: String, _ parse: (String) -> Value?
  ) -> Value? {
    if let value = parse(text) { return value }
    let words = Value.allCases.map(\.rawValue).joined(separator: ", ")
    fault(
      column, "UNKNOWN_WORD", id: "\"\(text.prefix(40))\" tidak dikenal; pakai \(words)",
      en: "\"\(text.prefix(40))\" is unknown; use one of \(words)")
    return nil
  }

  private mutating func fault(_ column: String, _ reason: String, id: String, en: String) {
    faults.append(
      Failure.Fault(field: column, row: row.line, column: column, reason: reason, message: Phrase(id: id, en: en)))
  }
}

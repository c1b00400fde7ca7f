internal import RegistryModel
internal import RegistryProtocol

/// A file of scores for `score put --file`, read whole before anything is sent.
///
/// Columns by name, in any order: `region`, `year` (both needed), `stage` (annual, I, II), `kind` (implementation, masterplan),
/// `instrument_id`, `aspect:KEY`, `dimension:KEY`, `published_total`, `missing`, `letter_number`, `letter_date`, `source`, `certainty`,
/// `expected_version`, `release` (yes, no).
struct ScoreFile: Sendable {
  /// What the server takes in one act.
  static let rowsMax = 1_000
  /// More faults than this are counted, not listed.
  static let faultsMax = 100
  static let bytesMax = 8 * 1_048_576

  private static let plainColumns: Set<String> = [
    "region", "year", "stage", "kind", "instrument_id", "published_total", "missing", "letter_number", "letter_date", "source",
    "certainty", "expected_version", "release",
  ]

  let rows: [Seratus_V1_ScoreInput]
  /// The line of the file on which each row begins.
  let lines: [Int]

  /// - Throws: `Failure` that lists every fault with row, column and reason.
  init(_ bytes: [UInt8]) throws {
    var faults: [Failure.Fault] = []
    let records = Self.records(bytes, &faults)
    guard let header = records.first else { throw Self.failure(faults.isEmpty ? [Self.noHeader] : faults) }
    faults += Self.faults(inHeader: header)
    var rows: [Seratus_V1_ScoreInput] = []
    for record in records.dropFirst() {
      var reader = ScoreFileRow(columns: header.fields, row: record)
      rows.append(reader.input())
      faults += reader.faults
    }
    if rows.isEmpty, faults.isEmpty { faults.append(Self.noRows) }
    if rows.count > Self.rowsMax { faults.append(Self.tooMany(rows.count)) }
    guard faults.isEmpty else { throw Self.failure(faults) }
    self.rows = rows
    lines = records.dropFirst().map(\.line)
  }

  private static func records(_ bytes: [UInt8], _ faults: inout [Failure.Fault]) -> [CSVRow] {
    var reader = CSVReader(format: delimiter(bytes))
    var rows: [CSVRow] = []
    do {
      rows = try reader.read(bytes)
      rows += try reader.finish()
    } catch {
      let line = error.parameters["line"].flatMap { Int($0) }
      faults.append(
        Failure.Fault(
          field: "csv", row: line, column: error.parameters["column"], reason: error.reason.rawValue,
          message: Phrase(
            id:
              "\(FieldFault(error, path: "").sentence(.indonesian)); apit isian dengan tanda kutip dan gandakan kutip di dalamnya",
            en: "\(error.parameters["reason"] ?? error.message); \(error.remedy)")))
    }
    return rows
  }

  /// A spreadsheet in Indonesian writes semicolons. The header tells: no column has either sign in its name.
  private static func delimiter(_ bytes: [UInt8]) -> CSVFormat {
    let header = bytes.prefix { $0 != UInt8(ascii: "\n") }
    let hasSemicolons = header.contains(UInt8(ascii: ";")) && !header.contains(UInt8(ascii: ","))
    return CSVFormat(delimiter: hasSemicolons ? .semicolon : .comma)
  }

  private static func faults(inHeader header: CSVRow) -> [Failure.Fault] {
    var seen: Set<String> = []
    var faults: [Failure.Fault] = []
    for column in header.fields {
      if !seen.insert(column).inserted {
        faults.append(fault(header, column, "DUPLICATE_COLUMN", id: "kolom ini ada dua kali", en: "this column stands twice"))
      } else if !plainColumns.contains(column), ScoreFileRow.part(column) == nil {
        faults.append(
          fault(
            header, column, "UNKNOWN_COLUMN", id: "kolom tidak dikenal; lihat seratus score put --help",
            en: "unknown column; see seratus score put --help"))
      }
    }
    for column in ["region", "year"] where !seen.contains(column) {
      faults.append(fault(header, column, "CSV_MISSING_COLUMN", id: "kolom ini tidak ada", en: "this column is missing"))
    }
    return faults
  }

  private static func fault(_ row: CSVRow, _ column: String, _ reason: String, id: String, en: String) -> Failure.Fault {
    Failure.Fault(field: column, row: row.line, column: column, reason: reason, message: Phrase(id: id, en: en))
  }

  private static let noHeader = Failure.Fault(
    field: "csv", row: 1, reason: "EMPTY_LIST",
    message: Phrase(id: "berkas kosong; mulai dengan nama kolom", en: "the file is empty; begin with the names of the columns"))

  private static let noRows = Failure.Fault(
    field: "csv", row: 1, reason: "EMPTY_LIST",
    message: Phrase(id: "tidak ada baris di bawah nama kolom", en: "there are no rows below the names of the columns"))

  private static func tooMany(_ count: Int) -> Failure.Fault {
    Failure.Fault(
      field: "csv", reason: "TOO_MANY_ROWS",
      message: Phrase(
        id: "\(count) baris; paling banyak \(rowsMax) sekali kirim, bagi berkas",
        en: "\(count) rows; at most \(rowsMax) at once, split the file"))
  }

  private static func failure(_ faults: [Failure.Fault]) -> Failure {
    let count = faults.count
    let message = Phrase(
      id: count == 1 ? faults[0].text(.indonesian) : "\(count) kesalahan di berkas; tidak ada yang dikirim",
      en: count == 1 ? faults[0].text(.english) : "\(count) faults in the file; nothing was sent")
    return Failure(
      exit: .invalidData, code: "INVALID_DATA", reason: count == 1 ? faults[0].reason : "FILE_MALFORMED", message: message,
      faults: Array(faults.prefix(faultsMax)), parameters: ["faults": "\(count)"])
  }
}

internal import RegistryClient
internal import RegistryModel
internal import RegistryProtocol

/// Turns chunks into text as they come. Nothing is kept but the running checksum, so memory stays flat.
struct ExportWriter {
  let format: OutputFormat
  let hasParts: Bool
  let dataset: Seratus_V1_Dataset
  let csv: CSVWriter
  private(set) var rows = 0

  init(format: OutputFormat, hasParts: Bool, dataset: Seratus_V1_Dataset, csvFormat: CSVFormat = CSVFormat(guardsFormulas: true))
  {
    self.format = format
    self.hasParts = hasParts
    self.dataset = dataset
    csv = CSVWriter(format: csvFormat)
  }

  var columns: [String] { ScoreRow.columns(parts: hasParts) }

  func head() -> String {
    switch format {
    case .csv: csv.header(columns)
    case .json: "{\"dataset\":\(JSONText.compact(dataset.output)),\"scores\":["
    case .ndjson, .table: ""
    }
  }

  mutating func text(_ scores: [Seratus_V1_Score]) -> String {
    var text = ""
    for score in scores {
      switch format {
      case .csv: text += csv.row(ScoreRow.cells(score, parts: hasParts, dataset: dataset).map(\.csv))
      case .json: text += (rows == 0 ? "\n" : ",\n") + JSONText.compact(score.output)
      case .ndjson, .table: text += JSONText.compact(line(score)) + "\n"
      }
      rows += 1
    }
    return text
  }

  func tail() -> String { format == .json ? "\n]}\n" : "" }

  private func line(_ score: Seratus_V1_Score) -> OutputValue {
    .object(
      zip(columns, ScoreRow.cells(score, parts: hasParts, dataset: dataset)).map { OutputField(name: $0, value: $1) })
  }
}

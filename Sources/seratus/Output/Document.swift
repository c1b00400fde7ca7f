internal import RegistryModel

/// What a command answers: once for eyes, once as rows, once as a whole.
struct Document: Sendable {
  enum Block: Sendable, Equatable {
    case title(String)
    case heading(String)
    case facts(Facts)
    case table(Table)
    case paragraph(String)
    /// Conventions, scope, notes: each a bullet.
    case notes([String])
  }

  /// For `-o table`.
  var blocks: [Block] = []
  /// For `-o csv` and `-o ndjson`.
  var columns: [String] = []
  var records: [[OutputValue]] = []
  /// For `-o json`.
  var object: OutputValue = .null
  /// What the rows can't say: goes to standard error with csv and ndjson.
  var talk: [String] = []
}

/// The forms in which data reach standard output.
enum OutputFormat: String, CaseIterable, Sendable {
  case table, csv, json, ndjson

  /// Whether errors, too, are for programs.
  var isForPrograms: Bool { self == .json || self == .ndjson }
}

extension Document {
  /// The text for standard output, with its last line end; empty if there is nothing to say.
  func text(_ format: OutputFormat, width: Int, decorated: Bool = false) -> String {
    switch format {
    case .table: tableText(width: width, decorated: decorated)
    case .csv: csvText
    case .json: JSONText.pretty(object) + "\n"
    case .ndjson: records.map { JSONText.compact(named($0)) + "\n" }.joined()
    }
  }

  private var csvText: String {
    let writer = CSVWriter(format: CSVFormat(guardsFormulas: true))
    return writer.header(columns) + records.map { writer.row($0.map(\.csv)) }.joined()
  }

  func named(_ record: [OutputValue]) -> OutputValue {
    .object(zip(columns, record).map { OutputField(name: $0, value: $1) })
  }

  private func tableText(width: Int, decorated: Bool) -> String {
    var lines: [String] = []
    for (position, block) in blocks.enumerated() {
      if position > 0 { lines.append("") }
      lines += block.lines(width: width, decorated: decorated)
    }
    return lines.map { $0 + "\n" }.joined()
  }
}

extension Document.Block {
  func lines(width: Int, decorated: Bool) -> [String] {
    switch self {
    case .title(let text), .heading(let text):
      TextWidth.wrapped(TextWidth.harmless(text), to: width).map { decorated ? "\u{1B}[1m\($0)\u{1B}[0m" : $0 }
    case .facts(let facts): facts.lines(width: width)
    case .table(let table): table.lines(width: width)
    case .paragraph(let text): TextWidth.wrapped(TextWidth.harmless(text), to: width)
    case .notes(let notes): notes.flatMap { Self.bullet($0, width: width) }
    }
  }

  private static func bullet(_ note: String, width: Int) -> [String] {
    TextWidth.wrapped(TextWidth.harmless(note), to: max(10, width - 2)).enumerated().map { ($0 == 0 ? "• " : "  ") + $1 }
  }
}

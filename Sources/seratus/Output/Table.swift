/// A table for people: columns that fit the terminal, numbers to the right, nothing cut off.
struct Table: Sendable, Equatable {
  struct Column: Sendable, Equatable {
    let header: String
    let isNumber: Bool
    /// Text that may be broken into several lines when the terminal is narrow.
    let isFlexible: Bool

    static func text(_ header: String) -> Column { Column(header: header, isNumber: false, isFlexible: true) }
    static func word(_ header: String) -> Column { Column(header: header, isNumber: false, isFlexible: false) }
    static func number(_ header: String) -> Column { Column(header: header, isNumber: true, isFlexible: false) }
  }

  /// A flexible column is never narrower: below it words are torn apart more often than not.
  static let flexibleCellsMin = 10
  private static let gap = "  "

  let columns: [Column]
  var rows: [[String]]
  /// How many of the last rows stand below a line of their own.
  var totals = 0

  init(_ columns: [Column], rows: [[String]] = [], totals: Int = 0) {
    self.columns = columns
    self.rows = rows.map { $0.map(TextWidth.harmless) }
    self.totals = totals
  }

  /// Lines without line ends. Where even the narrowest columns don't fit, each row becomes a block of `header: value` lines.
  func lines(width: Int) -> [String] {
    guard let widths = fittingWidths(width) else { return stackedLines(width: width) }
    let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: Self.gap)
    var lines = physicalLines(columns.map(\.header), widths) + [rule]
    for (position, row) in rows.enumerated() {
      if totals > 0, position == rows.count - totals { lines.append(rule) }
      lines += physicalLines(row, widths)
    }
    return lines
  }

  private func fittingWidths(_ width: Int) -> [Int]? {
    let gaps = Self.gap.count * (columns.count - 1)
    let cells = columns.indices.map { column in rows.map { TextWidth.cells($0[column]) }.max() ?? 0 }
    var widths = zip(columns, cells).map { max(TextWidth.cells($0.header), $1) }
    let least = zip(columns, cells).map { column, cell in
      let word = column.header.split(separator: " ").map { TextWidth.cells($0) }.max() ?? 0
      return column.isFlexible ? min(max(cell, word), max(Self.flexibleCellsMin, word)) : max(cell, word)
    }
    var excess = widths.reduce(gaps, +) - width
    while excess > 0 {
      // Headers give way first, then the widest text.
      let candidates = columns.indices.filter { widths[$0] > least[$0] }
      guard let widest = candidates.max(by: { slack($0, widths, cells) < slack($1, widths, cells) }) else { return nil }
      widths[widest] -= 1
      excess -= 1
    }
    return widths
  }

  private func slack(_ column: Int, _ widths: [Int], _ cells: [Int]) -> (Int, Int, Int) {
    (widths[column] > cells[column] ? 1 : 0, widths[column], -column)
  }

  private func physicalLines(_ row: [String], _ widths: [Int]) -> [String] {
    let wrapped = zip(row, widths).map { TextWidth.wrapped($0, to: $1) }
    let height = wrapped.map(\.count).max() ?? 1
    return (0..<height).map { line in
      let cells = columns.indices.map { column in
        let text = line < wrapped[column].count ? wrapped[column][line] : ""
        return TextWidth.padded(text, to: widths[column], right: columns[column].isNumber)
      }
      return Self.withoutTrailingBlanks(cells.joined(separator: Self.gap))
    }
  }

  private func stackedLines(width: Int) -> [String] {
    let facts = rows.map { row in zip(columns, row).map { Facts.Line(label: $0.header, value: $1) } }
    return Array(facts.map { Facts($0).lines(width: width) }.joined(separator: [""]))
  }

  static func withoutTrailingBlanks(_ line: String) -> String {
    var line = Substring(line)
    while line.last == " " { line.removeLast() }
    return String(line)
  }
}

/// Labels with their values, one below the other; long values go on in an indented column.
struct Facts: Sendable, Equatable {
  struct Line: Sendable, Equatable {
    let label: String
    let value: String
  }

  /// Longer labels get a line of their own.
  private static let labelCellsMax = 28
  let items: [Line]

  init(_ items: [Line]) {
    self.items = items.map { Line(label: TextWidth.harmless($0.label), value: TextWidth.harmless($0.value)) }
  }

  init(_ pairs: KeyValuePairs<String, String>) {
    self.init(pairs.map { Line(label: $0.key, value: $0.value) })
  }

  func lines(width: Int) -> [String] {
    let longest = items.map { TextWidth.cells($0.label) }.max() ?? 0
    let label = min(longest, Self.labelCellsMax, max(8, width / 2))
    let room = max(10, width - label - 2)
    return items.flatMap { item in
      let value = TextWidth.wrapped(item.value, to: room)
      let isLong = TextWidth.cells(item.label) > label
      let first = isLong ? [item.label] : [TextWidth.padded(item.label, to: label, right: false) + "  " + value[0]]
      let rest = isLong ? value[...] : value.dropFirst()
      let lines = first + rest.map { String(repeating: " ", count: label + 2) + $0 }
      return lines.map(Table.withoutTrailingBlanks)
    }
  }
}

internal import RegistryModel

/// Horizontal bars from zero with their numbers beside them.
struct PartBars {
  struct Bar {
    let label: String
    let value: FixedDecimal
    /// The value as it is written.
    let text: String
    /// A weight or a change, behind the value.
    let detail: String?
  }

  private static let width = 720.0
  private static let rowHeight = 34.0
  private static let left = 240.0
  private static let right = 590.0
  private static let labelCellsMax = 34

  let key: String
  let title: String
  let bars: [Bar]
  /// The end of the scale; nil: not known, and the longest bar fills the width.
  let scale: FixedDecimal?

  func picture(_ language: Language) -> Picture {
    let height = Double(bars.count) * Self.rowHeight + 30
    var picture = Picture(
      key: key, width: Self.width, height: height, title: title,
      description: bars.map { "\($0.label): \($0.text)\($0.detail.map { " (\($0))" } ?? "")." }.joined(separator: " "))
    let end = scale?.approximate ?? bars.map(\.value.approximate).max() ?? 1
    let axis = Axis(zeroTo: end, from: Self.left, to: Self.right)
    for tick in axis.ticks where tick <= end {
      let x = axis.point(tick)
      picture.line(from: (x, 4), to: (x, height - 26), stroke: Palette.grid)
      picture.text(Axis.label(tick, language), x: x, y: height - 8, anchor: .middle, fill: Palette.faint)
    }
    for (position, bar) in bars.enumerated() {
      draw(bar, y: 6 + Double(position) * Self.rowHeight, axis, into: &picture)
    }
    return picture
  }

  private func draw(_ bar: Bar, y: Double, _ axis: Axis, into picture: inout Picture) {
    picture.text(shortened(bar.label), x: Self.left - 10, y: y + 16, anchor: .end)
    picture.rect(x: Self.left, y: y, width: axis.point(bar.value.approximate) - Self.left, height: 22, fill: Palette.blue)
    // Beyond the end of the scale, where no grid line crosses the numbers.
    let x = Self.right + 12
    picture.text(bar.text, x: x, y: y + 16, isBold: true)
    if let detail = bar.detail {
      picture.text(detail, x: x + 52, y: y + 16, fill: Palette.faint)
    }
  }

  /// The full label stands in the table below the pictures and in the description.
  private func shortened(_ label: String) -> String {
    TextWidth.cells(label) <= Self.labelCellsMax ? label : label.prefix(Self.labelCellsMax - 1) + "…"
  }
}

internal import RegistryModel

/// A linear scale from values to points, with round ticks.
struct Axis: Equatable {
  let low: Double
  let high: Double
  let step: Double
  let start: Double
  let end: Double

  private static let steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000]

  /// Covers all values from whole number to whole number, so that a difference of a hundredth never fills the page; nil without values.
  init?(covering values: [Double], from start: Double, to end: Double) {
    guard let smallest = values.min(), let largest = values.max(), smallest.isFinite, largest.isFinite else { return nil }
    let (whole, top) = (smallest.rounded(.down), max(largest.rounded(.up), smallest.rounded(.down) + 1))
    let step = Self.steps.first { (top - whole) / $0 <= 8 } ?? top - whole
    self.step = step
    // Steps below 1 divide every whole number, but not in binary arithmetic.
    low = step < 1 ? whole : (whole / step).rounded(.down) * step
    high = step < 1 ? top : (top / step).rounded(.up) * step
    self.start = start
    self.end = end
  }

  /// From zero: for counts and for scores shown as bars.
  init(zeroTo largest: Double, from start: Double, to end: Double) {
    let top = max(largest, 1)
    step = Self.steps.first { $0 >= 1 && top / $0 <= 6 } ?? top
    low = 0
    high = (top / step).rounded(.up) * step
    self.start = start
    self.end = end
  }

  func point(_ value: Double) -> Double { start + (value - low) / (high - low) * (end - start) }

  var ticks: [Double] {
    let count = Int(((high - low) / step).rounded())
    return (0...max(1, count)).map { low + Double($0) * step }
  }

  /// Up to one decimal, as the language writes it.
  static func label(_ value: Double, _ language: Language) -> String {
    Picture.text(value).replacing(".", with: language.decimalMark.rawValue)
  }
}

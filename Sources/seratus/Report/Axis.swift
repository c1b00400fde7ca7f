internal import RegistryModel

/// A linear scale from values to points, with round ticks.
struct Axis: Equatable {
  let low: Double
  let high: Double
  let step: Double
  let start: Double
  let end: Double

  /// Covers all values; nil if there is none. The steps are 0.1, 0.2, 0.5, 1, 2, 5 and so on, at most 8 of them.
  init?(covering values: [Double], from start: Double, to end: Double) {
    guard let smallest = values.min(), let largest = values.max(), smallest.isFinite, largest.isFinite else { return nil }
    let span = max(largest - smallest, 0.5)
    var step = 0.1
    var factors = [2.0, 2.5, 2.0]
    while span / step > 6 {
      step *= factors[0]
      factors.append(factors.removeFirst())
    }
    self.step = step
    low = (smallest / step).rounded(.down) * step
    let top = (largest / step).rounded(.up) * step
    high = top > low ? top : low + step
    self.start = start
    self.end = end
  }

  /// From zero: for counts and for scores shown as bars.
  init(zeroTo largest: Double, from start: Double, to end: Double) {
    let top = max(largest, 1)
    let candidates = [1.0, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1_000]
    step = candidates.first { top / $0 <= 6 } ?? top
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

internal import RegistryModel

/// Sorted values as integers of one common scale: at most 84 bits each, so that sums of any list that fits into memory stay exact.
struct SortedSample {
  private let units: [Int128]
  /// 10^scale: how many units make one.
  private let unit: Int128

  init(_ sorted: [FixedDecimal]) {
    let scale = sorted.map(\.scale).max() ?? 0
    units = sorted.map { $0.wideUnits(scale: scale) }
    unit = (0..<scale).reduce(1) { product, _ in product * 10 }
  }

  /// Type 7 with p = quarters/4: the position (n − 1)·p falls on a quarter between two neighbours, so the result is exact.
  func quantile(quarters: Int) -> Ratio? {
    guard !units.isEmpty else { return nil }
    let (below, rest) = ((units.count - 1) * quarters).quotientAndRemainder(dividingBy: 4)
    let above = rest == 0 ? below : below + 1
    return Ratio(units[below] * Int128(4 - rest) + units[above] * Int128(rest), over: 4 * unit)
  }

  var mean: Ratio? {
    guard !units.isEmpty else { return nil }
    return Ratio(units.reduce(0, +), over: Int128(units.count) * unit)
  }

  /// √((n·Σd² − (Σd)²) / (n·(n − 1))) with d the distance from the least value, which keeps the integers small.
  var deviation: Double? {
    guard units.count > 1, let least = units.first else { return nil }
    let n = Int128(units.count)
    let distances = units.map { $0 - least }
    guard let numerator = Self.scatter(distances, n) else { return Self.wideDeviation(distances, unit: unit) }
    return (Double(numerator) / Double(n * (n - 1))).squareRoot() / Double(unit)
  }

  /// n·Σd² − (Σd)², or nil if that needs more than 127 bits.
  private static func scatter(_ distances: [Int128], _ n: Int128) -> Int128? {
    var sum: Int128 = 0
    var squares: Int128 = 0
    for distance in distances {
      let square = distance.multipliedReportingOverflow(by: distance)
      let next = squares.addingReportingOverflow(square.partialValue)
      guard !square.overflow, !next.overflow else { return nil }
      squares = next.partialValue
      sum += distance
    }
    let left = squares.multipliedReportingOverflow(by: n)
    let right = sum.multipliedReportingOverflow(by: sum)
    return left.overflow || right.overflow ? nil : left.partialValue - right.partialValue
  }

  /// Two passes in binary numbers, for values too far apart for exact squares; good to about 14 digits.
  private static func wideDeviation(_ distances: [Int128], unit: Int128) -> Double {
    let n = Double(distances.count)
    let mean = Double(distances.reduce(0, +)) / n
    let squares = distances.reduce(0.0) { sum, distance in
      let apart = Double(distance) - mean
      return sum + apart * apart
    }
    return (squares / (n - 1)).squareRoot() / Double(unit)
  }
}

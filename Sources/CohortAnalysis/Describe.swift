package import RegistryModel

/// A value, or why there is none.
package enum Observation: Sendable, Hashable {
  case value(FixedDecimal)
  case missing(MissingKind)

  package var value: FixedDecimal? {
    switch self {
    case .value(let value): value
    case .missing: nil
    }
  }
}

/// A figure, or the reason why so few values don't have it. Never zero instead.
package enum Measured<Figure: Sendable & Hashable>: Sendable, Hashable {
  case figure(Figure)
  case tooFew(n: Int, needed: Int)

  package var figure: Figure? {
    switch self {
    case .figure(let figure): figure
    case .tooFew: nil
    }
  }
}

/// A standard deviation: irrational, so a binary number. Made from exact sums by division and square root, which IEEE 754 defines to
/// the last bit, so that all machines agree.
package struct Deviation: Sendable, Hashable {
  package let value: Double
  /// Shown with four decimals, half to even; nil if it is too large for that.
  package let rounded: FixedDecimal?

  init(_ value: Double) {
    self.value = value
    let scaled = (value * 10_000).rounded(.toNearestOrEven)
    rounded = Int64(exactly: scaled).flatMap { try? FixedDecimal(units: $0, scale: 4) }
  }
}

/// What can be said of a set of values in a few numbers.
package struct Description: Sendable, Hashable {
  /// Values that are there.
  package let n: Int
  /// Values that are not, by reason; reasons that don't occur have no entry.
  package let missing: [MissingKind: Int]
  package let min: Measured<FixedDecimal>
  /// Quartiles need two values.
  package let q1: Measured<Ratio>
  package let median: Measured<Ratio>
  package let q3: Measured<Ratio>
  package let max: Measured<FixedDecimal>
  package let mean: Measured<Ratio>
  /// Needs two values.
  package let sd: Measured<Deviation>
  package let conventions: Conventions

  package var missingCount: Int { missing.values.reduce(0, +) }
}

/// Describes values in any order. All quartiles and the mean are exact fractions.
package func describe(_ observations: some Sequence<Observation>) -> Description {
  var values: [FixedDecimal] = []
  var missing: [MissingKind: Int] = [:]
  for observation in observations {
    switch observation {
    case .value(let value): values.append(value)
    case .missing(let kind): missing[kind, default: 0] += 1
    }
  }
  values.sort()
  let sample = SortedSample(values)
  return Description(
    n: values.count, missing: missing, min: measured(values.first), q1: quartile(sample, 1, n: values.count),
    median: measured(sample.quantile(quarters: 2)), q3: quartile(sample, 3, n: values.count), max: measured(values.last),
    mean: measured(sample.mean),
    sd: sample.deviation.map { .figure(Deviation($0)) } ?? .tooFew(n: values.count, needed: 2), conventions: .current)
}

/// One value has no spread: its quartiles would only repeat it.
private func quartile(_ sample: SortedSample, _ quarters: Int, n: Int) -> Measured<Ratio> {
  guard n > 1, let figure = sample.quantile(quarters: quarters) else { return .tooFew(n: n, needed: 2) }
  return .figure(figure)
}

private func measured<Figure>(_ figure: Figure?) -> Measured<Figure> {
  figure.map { .figure($0) } ?? .tooFew(n: 0, needed: 1)
}

package import RegistryModel

/// An exact fraction, reduced, with a positive denominator.
package struct Ratio: Sendable, Hashable, Comparable {
  package let numerator: Int128
  package let denominator: Int128

  /// The denominator is not zero, and neither side is `Int128.min`.
  init(_ numerator: Int128, over denominator: Int128) {
    precondition(denominator != 0, "a fraction over zero")
    let divisor = Self.greatestCommonDivisor(numerator.magnitude, denominator.magnitude)
    let sign: Int128 = denominator < 0 ? -1 : 1
    self.numerator = sign * numerator / Int128(divisor)
    self.denominator = sign * denominator / Int128(divisor)
  }

  package static func < (left: Ratio, right: Ratio) -> Bool {
    let a = left.numerator.multipliedFullWidth(by: right.denominator)
    let b = right.numerator.multipliedFullWidth(by: left.denominator)
    return (a.high, a.low) < (b.high, b.low)
  }

  package var approximate: Double { Double(numerator) / Double(denominator) }

  /// With `decimals`, a half going to the even neighbour. A number too large for that many decimals gets fewer.
  package func rounded(decimals: Int = Conventions.current.shownDecimals) -> FixedDecimal {
    var decimals = decimals
    while decimals > 0 {
      if let shown = shown(decimals) { return shown }
      decimals -= 1
    }
    guard let shown = shown(0) else { preconditionFailure("a figure larger than any value it was made from") }
    return shown
  }

  private func shown(_ decimals: Int) -> FixedDecimal? {
    let power: Int128 = (0..<decimals).reduce(1) { product, _ in product * 10 }
    let (scaled, isTooLarge) = numerator.multipliedReportingOverflow(by: power)
    guard !isTooLarge else { return nil }
    let (quotient, remainder) = scaled.quotientAndRemainder(dividingBy: denominator)
    let twice = remainder.magnitude * 2
    let away = twice > denominator.magnitude || (twice == denominator.magnitude && !quotient.isMultiple(of: 2))
    guard let units = Int64(exactly: away ? quotient + numerator.signum() : quotient) else { return nil }
    return try? FixedDecimal(units: units, scale: decimals)
  }

  private static func greatestCommonDivisor(_ left: UInt128, _ right: UInt128) -> UInt128 {
    var (a, b) = (left, right)
    while b != 0 { (a, b) = (b, a % b) }
    return a
  }
}

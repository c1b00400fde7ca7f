/// How an exact number loses decimals.
package enum RoundingRule: String, Word {
  package static let wordField = "rounding"

  /// Drops the digits, toward zero: 3.315 → 3.31, −3.315 → −3.31.
  case cut
  /// To the nearest, a half away from zero: 3.315 → 3.32, −3.315 → −3.32.
  case halfUp = "half_up"
}

extension FixedDecimal {
  package func adding(_ other: FixedDecimal) throws(ModelError) -> FixedDecimal {
    let scale = max(scale, other.scale)
    return try Self.narrow(wideUnits(scale: scale) + other.wideUnits(scale: scale), scale: scale)
  }

  package func subtracting(_ other: FixedDecimal) throws(ModelError) -> FixedDecimal {
    try adding(other.negated)
  }

  package var negated: FixedDecimal { FixedDecimal(checkedUnits: -units, scale: scale) }

  /// The exact product. Its scale is the sum of both, as long as that is at most 6; beyond that trailing zeros are dropped.
  /// - Throws: `TOO_MANY_DIGITS` if the product has more than 6 decimals, `NUMBER_OVERFLOW` if it doesn't fit.
  package func multiplied(by other: FixedDecimal) throws(ModelError) -> FixedDecimal {
    try Self.fit(Int128(units) * Int128(other.units), scale: scale + other.scale)
  }

  /// Exact: a percentage of a value, `value · percent / 100`.
  package func percentage(_ percent: FixedDecimal) throws(ModelError) -> FixedDecimal {
    try Self.fit(Int128(units) * Int128(percent.units), scale: scale + percent.scale + 2)
  }

  /// Loses decimals by the rule; a number with fewer decimals is padded, so that the result is always written with `decimals`.
  package func rounded(toDecimals decimals: Int, rule: RoundingRule) throws(ModelError) -> FixedDecimal {
    guard (0...Self.scaleMax).contains(decimals) else { return try FixedDecimal(units: units, scale: decimals) }
    guard decimals < scale else { return try Self.narrow(wideUnits(scale: decimals), scale: decimals) }
    let divisor = Self.powers[scale - decimals]
    let (quotient, remainder) = units.quotientAndRemainder(dividingBy: divisor)
    let up = rule == .halfUp && remainder.magnitude * 2 >= divisor.magnitude
    return FixedDecimal(checkedUnits: up ? quotient + units.signum() : quotient, scale: decimals)
  }

  private static func fit(_ units: Int128, scale: Int) throws(ModelError) -> FixedDecimal {
    var units = units
    var scale = scale
    while scale > scaleMax {
      let (quotient, remainder) = units.quotientAndRemainder(dividingBy: 10)
      guard remainder == 0 else {
        throw ModelError(
          .tooManyDigits, field: "value", message: "an exact product would need \(scale) decimals",
          remedy: "give the factors with fewer decimals", parameters: ["decimals": "\(scale)", "max": "\(scaleMax)"])
      }
      units = quotient
      scale -= 1
    }
    return try narrow(units, scale: scale)
  }
}

extension FixedDecimal {
  /// The quotient to `decimals`, a half away from zero. The divisor is not zero.
  func divided(by divisor: FixedDecimal, decimals: Int) throws(ModelError) -> FixedDecimal {
    precondition(divisor.units != 0, "division by zero")
    let common = max(scale, divisor.scale)
    let numerator = wideUnits(scale: common) * Int128(Self.powers[decimals])
    let denominator = divisor.wideUnits(scale: common)
    let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
    let isHalf = remainder.magnitude * 2 >= denominator.magnitude
    let step: Int128 = (numerator < 0) == (denominator < 0) ? 1 : -1
    return try Self.narrow(isHalf ? quotient + step : quotient, scale: decimals)
  }
}

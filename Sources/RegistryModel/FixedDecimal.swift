/// An exact decimal number: `units / 10^scale`, with 0 to 6 decimals.
///
/// Scores, weights and budgets are never binary fractions: 0.1 + 0.2 is 0.3 here. The scale is kept because it is how the number was
/// written (`3.60` prints as `3.60`), but equality, order and hash look at the value alone: `3.60 == 3.6`.
package struct FixedDecimal: Sendable {
  /// More decimals than any instrument has; a value of 4 decimals times a whole percentage still fits.
  package static let scaleMax = 6
  static let powers: [Int64] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000]

  package let units: Int64
  package let scale: Int

  /// - Throws: `BAD_SCALE` outside 0…6, `NUMBER_OVERFLOW` for `Int64.min`, which has no opposite.
  package init(units: Int64, scale: Int) throws(ModelError) {
    guard (0...Self.scaleMax).contains(scale) else {
      throw ModelError(
        .badScale, field: "scale", message: "a decimal number has 0 to \(Self.scaleMax) decimals, not \(scale)",
        remedy: "round it first", parameters: ["scale": "\(scale)", "max": "\(Self.scaleMax)"])
    }
    guard units != .min else { throw Self.overflow("\(units)") }
    self.init(checkedUnits: units, scale: scale)
  }

  /// For callers that have already shown both to be in range.
  init(checkedUnits units: Int64, scale: Int) {
    self.units = units
    self.scale = scale
  }

  package init(whole: Int32) {
    self.init(checkedUnits: Int64(whole), scale: 0)
  }

  /// From the form in which the database keeps scores: integers in ten-thousandths.
  package init(tenThousandths: Int64) throws(ModelError) {
    try self.init(units: tenThousandths, scale: 4)
  }

  package static let zero = FixedDecimal(whole: 0)
  package static let one = FixedDecimal(whole: 1)
  package static let hundred = FixedDecimal(whole: 100)

  /// The value in ten-thousandths.
  /// - Throws: `TOO_MANY_DIGITS` if a fifth decimal would be lost, `NUMBER_OVERFLOW` if it doesn't fit.
  package var tenThousandths: Int64 {
    get throws(ModelError) {
      let short = normalized
      guard short.scale <= 4 else {
        throw ModelError(
          .tooManyDigits, field: "value", message: "\(self) has more than four decimals",
          remedy: "round it to four decimals", parameters: ["value": "\(self)", "max": "4"])
      }
      return try Self.narrow(Int128(short.units) * Int128(Self.powers[4 - short.scale]), scale: 4).units
    }
  }

  package var isNegative: Bool { units < 0 }

  /// The same value without trailing zeros after the mark.
  package var normalized: FixedDecimal {
    var units = units
    var scale = scale
    while scale > 0, units.isMultiple(of: 10) {
      units /= 10
      scale -= 1
    }
    return FixedDecimal(checkedUnits: units, scale: scale)
  }

  /// The nearest binary number, for standard deviations and drawings only.
  package var approximate: Double { Double(units) / Double(Self.powers[scale]) }

  static func overflow(_ text: String) -> ModelError {
    ModelError(
      .numberOverflow, field: "value", message: "\(text) is too large for an exact decimal number",
      remedy: "use at most 18 digits", parameters: ["value": text])
  }

  static func narrow(_ units: Int128, scale: Int) throws(ModelError) -> FixedDecimal {
    guard units.magnitude <= UInt128(Int64.max), let small = Int64(exactly: units) else { throw overflow("\(units)") }
    return FixedDecimal(checkedUnits: small, scale: scale)
  }

  /// Units at another, not smaller scale. Can't overflow: 63 bits times 10^6 stay below 84.
  package func wideUnits(scale wanted: Int) -> Int128 {
    Int128(units) * Int128(Self.powers[wanted - scale])
  }
}

extension FixedDecimal: Comparable, Hashable {
  package static func == (left: FixedDecimal, right: FixedDecimal) -> Bool {
    let scale = max(left.scale, right.scale)
    return left.wideUnits(scale: scale) == right.wideUnits(scale: scale)
  }

  package static func < (left: FixedDecimal, right: FixedDecimal) -> Bool {
    let scale = max(left.scale, right.scale)
    return left.wideUnits(scale: scale) < right.wideUnits(scale: scale)
  }

  package func hash(into hasher: inout Hasher) {
    let short = normalized
    hasher.combine(short.units)
    hasher.combine(short.scale)
  }
}

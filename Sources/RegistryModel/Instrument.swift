/// One aspect of an evaluation and its share of the total.
package struct InstrumentAspect: Sendable, Hashable {
  package let key: String
  package let name: Localized
  /// In percent; all aspects of an instrument together make exactly 100.
  package let weightPercent: FixedDecimal

  package init(key: String, name: Localized, weightPercent: FixedDecimal) throws(ModelError) {
    self.key = try key.checkedKey(field: "key")
    self.name = name
    guard !weightPercent.isNegative else {
      throw ModelError(
        .negativeWeight, field: "weight_percent", message: "the weight of \(key) is \(weightPercent) %",
        remedy: "give a weight of 0 or more", parameters: ["key": key, "weight": "\(weightPercent)"])
    }
    self.weightPercent = weightPercent
  }
}

/// How a score is made (instrumen evaluasi): aspects with weights, scale, decimals, rounding. Data with a version, never code: published
/// weights disagree, and each score names the version that made it.
package struct Instrument: Sendable, Hashable {
  package let id: String
  package let name: Localized
  package let scaleMin: FixedDecimal
  package let scaleMax: FixedDecimal
  /// Decimals of the total, 0 to 4: scores are kept in ten-thousandths.
  package let decimals: Int
  package let rounding: RoundingRule
  package let dimensionSet: String?
  package let aspects: [InstrumentAspect]
  package let source: Source
  package let certainty: Certainty
  package let note: String

  package init(
    id: String, name: Localized, scaleMin: FixedDecimal, scaleMax: FixedDecimal, decimals: Int, rounding: RoundingRule,
    dimensionSet: String? = nil, aspects: [InstrumentAspect], source: Source, certainty: Certainty, note: String = ""
  ) throws(ModelError) {
    self.id = try id.checkedKey(field: "instrument_id")
    guard scaleMin < scaleMax else {
      throw ModelError(
        .badRange, field: "scale_max", message: "the scale of \(id) runs from \(scaleMin) to \(scaleMax)",
        remedy: "let scale_min be less than scale_max", parameters: ["min": "\(scaleMin)", "max": "\(scaleMax)"])
    }
    guard (0...4).contains(decimals) else {
      throw ModelError(
        .badScale, field: "decimals", message: "\(id) asks for \(decimals) decimals", remedy: "use 0 to 4",
        parameters: ["scale": "\(decimals)", "max": "4"])
    }
    try Self.check(aspects, id: id)
    self.name = name
    self.scaleMin = scaleMin
    self.scaleMax = scaleMax
    self.decimals = decimals
    self.rounding = rounding
    self.dimensionSet = dimensionSet
    self.aspects = aspects
    self.source = source
    self.certainty = certainty
    self.note = note
  }

  private static func check(_ aspects: [InstrumentAspect], id: String) throws(ModelError) {
    guard !aspects.isEmpty else {
      throw ModelError(.emptyList, field: "aspects", message: "\(id) has no aspects", remedy: "give at least one")
    }
    var keys: Set<String> = []
    var sum = FixedDecimal.zero
    for aspect in aspects {
      guard keys.insert(aspect.key).inserted else { throw .duplicateKey(aspect.key, field: "aspects") }
      sum = try sum.adding(aspect.weightPercent)
    }
    guard sum == .hundred else {
      throw ModelError(
        .weightSum, field: "aspects", message: "the weights of \(id) sum to \(sum.normalized) %, not to 100 %",
        remedy: "correct the weights", parameters: ["instrument": id, "sum": "\(sum.normalized)", "expected": "100"])
    }
  }

  /// - Throws: `OUT_OF_SCALE`, naming the value and the scale.
  package func check(_ value: FixedDecimal, field: String) throws(ModelError) {
    guard value >= scaleMin, value <= scaleMax else {
      throw ModelError(
        .outOfScale, field: field, message: "\(value) lies outside the scale \(scaleMin) to \(scaleMax) of \(id)",
        remedy: "correct the value or name another instrument",
        parameters: ["value": "\(value)", "min": "\(scaleMin)", "max": "\(scaleMax)", "instrument": id])
    }
  }
}

extension String {
  /// Keys and ids of reference data: lower case letters, digits, `-`, `_` and `.`, 1 to 80 of them.
  func checkedKey(field: String) throws(ModelError) -> String {
    let isFine = utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
      case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
      default: false
      }
    }
    guard isFine, (1...80).contains(utf8.count) else {
      throw ModelError(
        .badIdentifier, field: field, message: "\"\(prefix(40))\" is not a key",
        remedy: "use lower case letters, digits, - _ and .", parameters: ["value": String(prefix(40))])
    }
    return self
  }
}

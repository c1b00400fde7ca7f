import Testing

@testable import RegistryModel

/// Kota Kediri 2022, as printed in letter B-1003/DJAI/AI.01.04/12/2022.
struct ScoreTests {
  static let kediri = ["baseline": "3.60", "output": "3.21", "outcome": "3.23", "impact": "3.07", "quick_win": "3.65"].mapValues(
    decimal)

  static func instrument(_ weights: [String], _ rounding: RoundingRule, max: String = "4") throws(ModelError) -> Instrument {
    var aspects: [InstrumentAspect] = []
    for (key, weight) in zip(["baseline", "output", "outcome", "impact", "quick_win"], weights) {
      aspects.append(try InstrumentAspect(key: key, name: try Localized(id: key, en: key), weightPercent: decimal(weight)))
    }
    return try Instrument(
      id: "evaluasi-test", name: try Localized(id: "Evaluasi", en: "Evaluation"), scaleMin: .zero, scaleMax: decimal(max),
      decimals: 2,
      rounding: rounding, aspects: aspects, source: press, certainty: .probable)
  }

  @Test(arguments: [
    (["10", "20", "30", "20", "20"], RoundingRule.cut, "3.315", "3.31", true),
    (["10", "20", "30", "20", "20"], .halfUp, "3.315", "3.32", false),
    (["10", "20", "30", "30", "10"], .cut, "3.257", "3.25", false),
    (["10", "20", "30", "30", "10"], .halfUp, "3.257", "3.26", false),
  ])
  func `only one of the published ways to weigh gives what was published`(
    weights: [String], rounding: RoundingRule, exact: String, result: String, agrees: Bool
  ) throws {
    let parts = try ScoreParts(instrument: try Self.instrument(weights, rounding), values: Self.kediri)
    let calculation = try ScoreCalculation(parts, published: decimal("3.31"))
    #expect(calculation.exactSum == decimal(exact))
    #expect(calculation.result.text() == result)
    #expect(calculation.agreesWithPublished == agrees)
  }

  @Test func `the explanation goes down to values and weights`() throws {
    let parts = try ScoreParts(instrument: try Self.instrument(["10", "20", "30", "20", "20"], .cut), values: Self.kediri)
    let explanation = try ScoreCalculation(parts, published: decimal("3.31")).explain()
    #expect(explanation.map(\.key) == [.result, .agrees])
    let rounding = try #require(explanation.first?.children.first)
    #expect(rounding.key == .rounding)
    #expect(rounding.formula == "3.315 → 3.31")
    #expect(rounding.label[.indonesian] == "dipotong pada 2 desimal")
    let sum = try #require(rounding.children.first)
    #expect(sum.value == decimal("3.315"))
    #expect(
      sum.children.map(\.formula) == [
        "3.60 × 10 % = 0.3600", "3.21 × 20 % = 0.6420", "3.23 × 30 % = 0.9690", "3.07 × 20 % = 0.6140", "3.65 × 20 % = 0.7300",
      ])
    #expect(sum.children.first?.children.map(\.key) == [.value, .weight])
    #expect(explanation.last?.formula == "3.31 = 3.31")
  }

  @Test func `a score nobody published agrees with nothing and differs from nothing`() throws {
    let parts = try ScoreParts(instrument: try Self.instrument(["10", "20", "30", "20", "20"], .cut), values: Self.kediri)
    let calculation = try ScoreCalculation(parts)
    #expect(calculation.agreesWithPublished == nil)
    #expect(calculation.explain().count == 1)
    let wrong = try ScoreCalculation(parts, published: decimal("3.32")).explain()
    #expect(wrong.last?.key == .differs)
    #expect(wrong.last?.formula == "3.31 ≠ 3.32")
  }

  @Test func `weights that make 120 percent are refused with their sum`() throws {
    let error = try #require(failure { () throws(ModelError) in try Self.instrument(["20", "20", "30", "30", "20"], .cut) })
    #expect(error.reason == .weightSum)
    #expect(error.parameters["sum"] == "120")
    #expect(error.message.contains("120 %"))
  }

  @Test(arguments: [
    (["10", "20", "30", "20", "20.01"], ModelError.Reason.weightSum), (["-10", "40", "30", "20", "20"], .negativeWeight),
    ([], .emptyList),
  ])
  func `an instrument with wrong weights can't be built`(weights: [String], reason: ModelError.Reason) {
    #expect(failure { () throws(ModelError) in try Self.instrument(weights, .cut) }?.reason == reason)
  }

  @Test func `an instrument without a scale or with an aspect twice can't be built`() throws {
    #expect(failure { () throws(ModelError) in try Self.instrument(["100"], .cut, max: "0") }?.reason == .badRange)
    let half = try InstrumentAspect(key: "output", name: try Localized(id: "a", en: "a"), weightPercent: decimal("50"))
    let error = failure { () throws(ModelError) in
      try Instrument(
        id: "twice", name: half.name, scaleMin: .zero, scaleMax: .one, decimals: 2, rounding: .cut, aspects: [half, half],
        source: press,
        certainty: .verified)
    }
    #expect(error?.reason == .duplicateKey)
  }

  @Test(arguments: [("4.00", true), ("4.01", false), ("0", true), ("-0.01", false)])
  func `a part lies within the scale, ends included`(value: String, isFine: Bool) throws {
    var values = Self.kediri
    values["impact"] = decimal(value)
    let instrument = try Self.instrument(["10", "20", "30", "20", "20"], .cut)
    if isFine {
      #expect(try ScoreParts(instrument: instrument, values: values)["impact"] == decimal(value))
    } else {
      let error = failure { () throws(ModelError) in try ScoreParts(instrument: instrument, values: values) }
      #expect(error?.reason == .outOfScale)
      #expect(error?.field == "parts.impact")
    }
  }

  @Test func `a missing part is an error and never zero, a strange part too`() throws {
    let instrument = try Self.instrument(["10", "20", "30", "20", "20"], .cut)
    var values = Self.kediri
    values["impact"] = nil
    #expect(failure { () throws(ModelError) in try ScoreParts(instrument: instrument, values: values) }?.reason == .missingKey)
    values["impact"] = .one
    values["luck"] = .one
    #expect(failure { () throws(ModelError) in try ScoreParts(instrument: instrument, values: values) }?.reason == .unknownKey)
  }

  @Test func `a weight with decimals keeps the sum exact`() throws {
    let parts = try ScoreParts(instrument: try Self.instrument(["12.5", "17.5", "30", "20", "20"], .halfUp), values: Self.kediri)
    // 0.45 + 0.56175 + 0.969 + 0.614 + 0.73, by hand
    #expect(try ScoreCalculation(parts).exactSum == decimal("3.32475"))
  }
}

struct ScoreChangeTests {
  static func reading(
    _ year: Int, _ total: String, region: Int32 = 1, stage: ScoreStage = .annual, kind: ScoreKind = .implementation,
    instrument: String? = "a",
    certainty: Certainty = .verified, baseline: BaselineMeaning? = .stateInYear
  ) -> ScoreReading {
    try! ScoreReading(
      region: try! RegionID(region), year: year, stage: stage, kind: kind, total: decimal(total), instrument: instrument,
      instrumentCertainty: certainty, baseline: baseline)
  }

  @Test func `Kota Kediri rose by 0.25, by an instrument that is inferred for 2021`() throws {
    let change = try ScoreChange(
      from: Self.reading(2021, "3.06", certainty: .probable, baseline: nil), to: Self.reading(2022, "3.31", baseline: nil))
    #expect(change == .comparable(difference: decimal("0.25"), caveats: [.instrumentInferred, .baselineNotStated]))
  }

  @Test func `a change without doubts has no caveats`() throws {
    let change = try ScoreChange(from: Self.reading(2021, "3.31"), to: Self.reading(2022, "3.06"))
    #expect(change == .comparable(difference: decimal("-0.25"), caveats: []))
  }

  @Test(arguments: [
    (reading(2022, "3", region: 2), ScoreChange.NotComparable.regionDiffers),
    (reading(2022, "3", kind: .masterplan), .kindDiffers),
    (reading(2022, "3", instrument: "b"), .instrumentDiffers), (reading(2022, "3", instrument: nil), .instrumentUnknown),
    (reading(2022, "3", baseline: .beforeJoining), .baselineDiffers), (reading(2021, "3"), .notLater),
    (reading(2020, "3"), .notLater),
  ])
  func `what doesn't compare gives the reason and no number`(later: ScoreReading, reason: ScoreChange.NotComparable) throws {
    #expect(try ScoreChange(from: Self.reading(2021, "3"), to: later) == .notComparable(reason))
  }

  @Test func `within a year the second stage follows the first`() throws {
    let june = Self.reading(2021, "3.00", stage: .first)
    let november = Self.reading(2021, "3.10", stage: .second)
    #expect(try ScoreChange(from: june, to: november) == .comparable(difference: decimal("0.1"), caveats: [.stageDiffers]))
    #expect(try ScoreChange(from: november, to: june) == .notComparable(.notLater))
  }
}

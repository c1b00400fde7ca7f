import RegistryModel
import Testing

@testable import CohortAnalysis

struct SyntheticScoresTests {
  @Test(
    arguments: [
      // Vectors that were published with the generator, and that others print.
      (0, [0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4, 0x06C4_5D18_8009_454F]),
      (1_234_567, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]),
    ] as [(UInt64, [UInt64])])
  func `the generator is SplitMix64`(seed: UInt64, expected: [UInt64]) {
    var generator = SplitMix64(seed: seed)
    #expect(expected.map { _ in generator.next() } == expected)
  }

  @Test func `every machine draws what the second implementation draws`() throws {
    for (seed, id, year, outcome) in Reference.synthetic {
      let evaluation = try SyntheticScores(seed: seed).evaluation(
        region: region(id), year: year, lastYear: 2024, aspects: ["output"], dimensions: ["living"])
      #expect(text(evaluation) == outcome, "seed \(seed), region \(id), \(year)")
    }
  }

  @Test func `the nation is plausible: scores in scale with two decimals, and a share missing of each kind`() throws {
    let scores = SyntheticScores(seed: 20_240_101)
    let evaluations = try scores.evaluations(
      regions: (1...514).map(region), years: Array(2017...2024), aspects: ["baseline", "output"],
      dimensions: ["living", "economy"])
    #expect(evaluations.count == 514 * 8)
    var missing: [MissingKind: Int] = [:]
    var values: [FixedDecimal] = []
    for evaluation in evaluations {
      switch evaluation.outcome {
      case .missing(let kind): missing[kind, default: 0] += 1
      case .scored(let aspects, let dimensions): values += Array(aspects.values) + dimensions.values.compactMap(\.value)
      }
    }
    #expect(values.allSatisfy { $0 >= .zero && $0 <= decimal("4") && $0.scale == 2 })
    #expect(Set(values).count > 100)
    // Expected 329, 82, 41 and 26, each with more than five standard deviations of room.
    #expect((230...430).contains(missing[.notReported] ?? 0))
    #expect((35...130).contains(missing[.withheld] ?? 0))
    #expect((8...75).contains(missing[.notApplicable] ?? 0))
    #expect((1...52).contains(missing[.notYetDue] ?? 0))
    #expect(missing[.notVisible] == nil)
  }

  @Test func `a score doesn't depend on who else is made, but on the seed`() throws {
    let scores = SyntheticScores(seed: 5)
    let alone = try scores.evaluations(regions: [region(77)], years: [2020, 2024], aspects: ["output"], dimensions: [])
    let among = try scores.evaluations(
      regions: (1...100).map(region), years: Array(2017...2024), aspects: ["impact", "output"], dimensions: ["living"])
    for one in alone {
      let same = try #require(among.first { $0.region == one.region && $0.year == one.year })
      #expect(output(same) == output(one))
    }
    let other = try SyntheticScores(seed: 6).evaluations(
      regions: (1...100).map(region), years: Array(2017...2024), aspects: ["impact", "output"], dimensions: ["living"])
    #expect(other != among)
    #expect(scores.dataset == .synthetic(seed: 5))
    #expect(try scores.evaluations(regions: [region(1)], years: [], aspects: [], dimensions: []).isEmpty)
  }

  private func output(_ evaluation: SyntheticEvaluation) -> Observation? {
    switch evaluation.outcome {
    case .missing(let kind): .missing(kind)
    case .scored(let aspects, _): aspects["output"].map { .value($0) }
    }
  }

  private func text(_ evaluation: SyntheticEvaluation) -> String {
    switch evaluation.outcome {
    case .missing(let kind): return kind.rawValue
    case .scored(let aspects, let dimensions):
      let part =
        switch dimensions["living"] {
        case .value(let value): "\(value.units)"
        case .missing(let kind): kind.rawValue
        case nil: "absent"
        }
      return "\(aspects["output"]?.units ?? -1) \(part)"
    }
  }
}

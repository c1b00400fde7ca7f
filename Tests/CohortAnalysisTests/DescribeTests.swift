import RegistryModel
import Testing

@testable import CohortAnalysis

struct DescribeTests {
  @Test(arguments: Reference.cases)
  func `quartiles, mean and deviation are those of scipy and exact fractions`(reference: Reference.Case) throws {
    let description = describe(observed(reference.values))
    #expect(description.n == reference.values.count)
    let fractions = reference.fractions.map(fraction)
    #expect([description.median, description.mean].map(\.figure) == [fractions[1], fractions[3]])
    let quartiles = [description.q1, description.q3]
    if description.n == 1 {
      #expect(quartiles == [.tooFew(n: 1, needed: 2), .tooFew(n: 1, needed: 2)])
    } else {
      #expect(quartiles.map(\.figure) == [fractions[0], fractions[2]])
    }
    #expect(description.min.figure == reference.values.map(decimal).min())
    #expect(description.max.figure == reference.values.map(decimal).max())
    if let expected = reference.sd {
      let sd = try #require(description.sd.figure?.value)
      #expect(abs(sd - expected) <= 1e-14 * max(expected, 1e-300))
    } else {
      #expect(description.sd == .tooFew(n: 1, needed: 2))
    }
  }

  @Test(arguments: Reference.cases)
  func `the order of values changes nothing`(reference: Reference.Case) {
    #expect(describe(observed(reference.values.reversed())) == describe(observed(reference.values)))
  }

  @Test func `nothing has no figures, not zeros`() {
    let description = describe([])
    #expect(description.n == 0)
    #expect(description.missing.isEmpty)
    #expect([description.min, description.max] == [.tooFew(n: 0, needed: 1), .tooFew(n: 0, needed: 1)])
    #expect([description.median, description.mean].allSatisfy { $0 == .tooFew(n: 0, needed: 1) })
    #expect([description.q1, description.q3].allSatisfy { $0 == .tooFew(n: 0, needed: 2) })
    #expect(description.sd == .tooFew(n: 0, needed: 2))
  }

  @Test func `missing values are counted by reason and enter no figure`() {
    let observations: [Observation] =
      [
        .missing(.withheld), .value(decimal("2")), .missing(.notReported), .value(decimal("4")), .missing(.notReported),
        .missing(.notVisible),
      ]
    let description = describe(observations)
    #expect(description.n == 2)
    #expect(description.missing == [.withheld: 1, .notReported: 2, .notVisible: 1])
    #expect(description.missingCount == 4)
    #expect(description.mean.figure == fraction("3/1"))
    #expect(description.min.figure == decimal("2"))
  }

  @Test func `the spread of values too far apart for exact squares stays within 14 digits`() throws {
    // a, −a and almost 0: √((a² + a²) / 2) = a, by hand, with six decimals in common.
    let description = describe(observed(["999999999999999999", "-999999999999999999", "0.000001"]))
    let sd = try #require(description.sd.figure)
    #expect(abs(sd.value - 1e18) <= 1e4)
    #expect(sd.rounded == nil)
  }

  @Test(arguments: [
    (1, 3, 4, "0.3333"), (2, 3, 4, "0.6667"), (-2, 3, 4, "-0.6667"), (1, 8, 2, "0.12"), (3, 8, 2, "0.38"), (-1, 8, 2, "-0.12"),
    (-3, 8, 2, "-0.38"), (5, 2, 0, "2"), (7, 2, 0, "4"), (0, 5, 4, "0.0000"), (1, 1, 4, "1.0000"), (5, 10_000_000, 6, "0.000000"),
    (15, 10_000_000, 6, "0.000002"), (-1, 2, 0, "0"), (-3, 2, 0, "-2"),
  ])
  func `a fraction is shown rounded, a half to the even neighbour`(numerator: Int, denominator: Int, decimals: Int, text: String)
  {
    #expect(Ratio(Int128(numerator), over: Int128(denominator)).rounded(decimals: decimals).text() == text)
  }

  @Test func `a figure too large for four decimals is shown with fewer`() {
    #expect(
      describe(observed(["999999999999999999", "999999999999999998"])).mean.figure?.rounded().text() == "999999999999999998")
    #expect(
      describe(observed(["99999999999999999", "99999999999999998"])).mean.figure?.rounded().text() == "99999999999999998.5")
  }

  @Test func `fractions are reduced, have a positive denominator and compare exactly`() {
    #expect(Ratio(6, over: -4) == Ratio(-3, over: 2))
    #expect(Ratio(0, over: -7) == Ratio(0, over: 1))
    #expect(Ratio(-1, over: 2) < Ratio(-1, over: 3))
    #expect(Ratio(1, over: 3) < Ratio(1, over: 2))
    let large = Int128(1) << 120
    #expect(Ratio(large, over: large + 1) < Ratio(large + 1, over: large + 2))
    #expect(!(Ratio(large + 1, over: large + 2) < Ratio(large, over: large + 1)))
  }

  @Test func `the conventions stand beside every result`() throws {
    let conventions = describe([]).conventions
    #expect(conventions.quantileType == 7)
    #expect(conventions.missingIsZero == false)
    #expect(conventions.lines.count == 6)
  }
}

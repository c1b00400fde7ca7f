import RegistryModel
import Testing

@testable import CohortAnalysis

struct CompareCohortsTests {
  /// Five values from `first` on, a tenth apart: the median is the third.
  private func five(_ year: Int, _ ids: Int32, from tenths: Int) -> [CohortRow] {
    (0..<5).map { row(year, ids + Int32($0), "\(Double(tenths + $0) / 10)") }
  }

  private func row(
    _ year: Int, _ id: Int32, _ value: String?, missing: MissingKind = .notReported, isRepeat: Bool = false,
    isUncertain: Bool = false
  ) -> CohortRow {
    CohortRow(
      cohortYear: year, region: region(id), name: "Kota \(id)", kind: .kota, province: province(15),
      observation: value.map { .value(decimal($0)) } ?? .missing(missing), isRepeat: isRepeat, isUncertain: isUncertain)
  }

  @Test func `cohorts are ranked by their medians, equals alike`() throws {
    let comparison = try compareCohorts(five(2019, 21, from: 25) + five(2017, 1, from: 20) + five(2018, 11, from: 25))
    #expect(comparison.cohorts.map(\.year) == [2017, 2018, 2019])
    #expect(comparison.cohorts.map(\.description.median.figure) == ["11/5", "27/10", "27/10"].map(fraction))
    #expect(comparison.cohorts.compactMap(\.place.figure?.rank) == [3, 1, 1])
    #expect(comparison.cohorts.compactMap(\.place.figure?.tied) == [1, 2, 2])
    #expect(comparison.verdict == .comparable(enough: [2017, 2018, 2019]))
    #expect(comparison.exclusions.isEmpty)
    #expect(comparison.overall.n == 15)
  }

  @Test(arguments: [(4, false), (5, true)])
  func `a cohort is ranked from five values on`(count: Int, isRanked: Bool) throws {
    let rows = five(2017, 1, from: 20) + five(2018, 11, from: 20) + five(2019, 21, from: 20).prefix(count)
    let comparison = try compareCohorts(rows)
    #expect((comparison.cohorts[2].place.figure != nil) == isRanked)
    #expect(comparison.verdict.code == (isRanked ? "COMPARABLE" : "PARTIAL"))
    if !isRanked {
      #expect(comparison.cohorts[2].place == .tooFew(n: 4, needed: 5))
      #expect(comparison.verdict.text[.english].contains("2019: n = 4"))
      #expect(comparison.cohorts[2].description.n == 4)
    }
  }

  @Test func `where almost nothing is published the result says so instead of ranking`() throws {
    // As it is: one region of the cohort of 2019 has a published score, none of the others.
    let rows =
      [row(2019, 1, "3.31")] + (2...25).map { row(2019, $0, nil, missing: .notVisible) }
      + (30...79).map { row(2018, $0, nil, missing: .notVisible) }
    let comparison = try compareCohorts(rows)
    #expect(comparison.verdict == .tooLittle(enough: [], short: [.init(year: 2018, n: 0), .init(year: 2019, n: 1)], needed: 5))
    #expect(!comparison.verdict.allowsComparison)
    #expect(
      comparison.verdict.text[.english]
        == "There are hardly any values to compare: 0 of 2 cohorts have at least 5 values (2018: n = 0, 2019: n = 1). "
        + "These data don't show which cohort does better.")
    #expect(comparison.verdict.text[.indonesian].hasPrefix("Hampir tidak ada nilai yang dapat dibandingkan: 0 dari 2 angkatan"))
    #expect(comparison.cohorts.allSatisfy { $0.place.figure == nil })
    #expect(comparison.cohorts[0].description.median == .tooFew(n: 0, needed: 1))
    #expect(comparison.cohorts[0].description.missing == [.notVisible: 50])
    #expect(comparison.exclusions.count == 74)
    #expect(
      comparison.exclusions.first
        == Exclusion(cohortYear: 2018, region: region(30), name: "Kota 30", reason: .missing(.notVisible)))
  }

  @Test func `a single cohort, however full, is no comparison`() throws {
    let comparison = try compareCohorts(five(2017, 1, from: 20))
    #expect(comparison.verdict == .tooLittle(enough: [2017], short: [], needed: 5))
    #expect(comparison.verdict.text[.english].contains("1 of 1 cohorts have at least 5 values."))
  }

  @Test func `no memberships are no comparison`() throws {
    let comparison = try compareCohorts([])
    #expect(comparison.verdict.code == "TOO_LITTLE")
    #expect(comparison.verdict.text[.english].hasPrefix("There is not a single membership"))
    #expect(comparison.cohorts.isEmpty)
    #expect(comparison.overall.n == 0)
  }

  @Test func `a region in two cohorts counts in each, and once in all`() throws {
    let rows = five(2017, 1, from: 20) + five(2021, 11, from: 20) + [row(2021, 1, "2.0", isRepeat: true)]
    let comparison = try compareCohorts(rows)
    #expect(comparison.memberships == 11)
    #expect(comparison.distinctRegions == 10)
    #expect(comparison.inSeveralCohorts == [SharedRegion(region: region(1), years: [2017, 2021])])
    #expect(comparison.cohorts.map(\.description.n) == [5, 6])
    #expect(comparison.cohorts.map(\.repeats) == [0, 1])
    #expect(comparison.overall.n == 10)
  }

  @Test func `what is left out is named with its reason, the first that applies`() throws {
    let rows =
      five(2017, 1, from: 20) + [
        row(2021, 1, "2.0", isRepeat: true), row(2021, 12, "3", isUncertain: true), row(2021, 13, nil, missing: .withheld),
        row(2021, 14, nil, isUncertain: true),
      ]
    let comparison = try compareCohorts(rows, options: ComparisonOptions(leavesOutRepeats: true, leavesOutUncertain: true))
    #expect(comparison.exclusions.map(\.region) == [1, 12, 13, 14].map(region))
    #expect(
      comparison.exclusions.map(\.reason) == [.repeatMembership, .uncertainMembership, .missing(.withheld), .uncertainMembership])
    #expect(comparison.cohorts[1].memberships == 4)
    #expect(comparison.cohorts[1].uncertain == 2)
    #expect(comparison.cohorts[1].description.n == 0)
    #expect(comparison.cohorts[1].description.missing == [.withheld: 1])
    #expect(comparison.overall.n == 5)
    let all = try compareCohorts(rows)
    #expect(all.cohorts[1].description.n == 2)
  }

  @Test func `a membership twice or a region with two values is refused`() {
    #expect(reason([row(2017, 1, "3"), row(2017, 1, "3")]) == .duplicateKey)
    #expect(reason([row(2017, 1, "3"), row(2018, 1, "3.1")]) == .contradiction)
    #expect(reason([row(2017, 1, "3"), row(2018, 1, nil)]) == .contradiction)
    #expect(reason([row(2017, 1, "3"), row(2018, 1, "3.00")]) == nil)
  }

  private func reason(_ rows: [CohortRow]) -> ModelError.Reason? {
    do throws(ModelError) {
      _ = try compareCohorts(rows)
      return nil
    } catch { return error.reason }
  }
}

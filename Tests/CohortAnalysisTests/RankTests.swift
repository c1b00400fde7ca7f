import RegistryModel
import Testing

@testable import CohortAnalysis

struct RankTests {
  @Test(arguments: Reference.cases)
  func `ranks are scipy's of the negated values with ties at their minimum`(reference: Reference.Case) {
    let rows = reference.values.enumerated().map { row(Int32($0 + 1), $1) }
    let ranked = try? rank(rows)
    #expect(ranked?.map { $0.place?.rank } == reference.ranks)
  }

  @Test func `equals share a place, the next places stay empty and percentiles run from 0 to 1`() throws {
    let ranked = try rank([row(1, "3.10"), row(2, "3.5"), row(3, "3.1"), row(4, "2")])
    let placed = ranked.compactMap(\.place)
    #expect(placed.map(\.rank) == [2, 1, 2, 4])
    #expect(placed.map(\.tied) == [2, 1, 2, 1])
    #expect(placed.map(\.among) == [4, 4, 4, 4])
    #expect(placed.map(\.percentile.figure) == ["1/3", "0/1", "1/3", "1/1"].map(fraction))
  }

  @Test func `a single value is first and has no percentile`() throws {
    let place = try #require(try rank([row(1, "3")]).first?.place)
    #expect(place.rank == 1)
    #expect(place.percentile == .tooFew(n: 1, needed: 2))
    #expect(try rank([]).isEmpty)
  }

  @Test func `all equal are all first`() throws {
    let placed = try rank((1...5).map { row($0, "2.5") }).compactMap(\.place)
    #expect(placed.allSatisfy { $0.rank == 1 && $0.tied == 5 && $0.percentile.figure == fraction("0/1") })
  }

  @Test func `a missing value takes no place and keeps its reason`() throws {
    let missing = RankRow(region: region(2), kind: .kota, province: province(1), observation: .missing(.notReported))
    let ranked = try rank([row(1, "-1"), missing, row(3, "-2")])
    #expect(ranked[1].outcome == .missing(.notReported))
    #expect(ranked.compactMap { $0.place?.rank } == [1, 2])
    #expect(ranked.compactMap { $0.place?.among } == [2, 2])
  }

  @Test func `a region is ranked in its province, its kind and each of its cohorts`() throws {
    let rows = [
      row(1, "3.3", .kota, 15, [2017, 2021]), row(2, "3.1", .kabupaten, 15, [2021]), row(3, "3.5", .kota, 15, [2017]),
      row(4, "3.9", .kabupaten, 16),
    ]
    #expect(try rank(rows).compactMap { $0.place?.rank } == [3, 4, 2, 1])
    #expect(try rank(rows, by: .province).compactMap { $0.place?.rank } == [2, 3, 1, 1])
    #expect(try rank(rows, by: .province).compactMap { $0.place?.among } == [3, 3, 3, 1])
    #expect(try rank(rows, by: .kind).compactMap { $0.place?.rank } == [2, 2, 1, 1])
    let cohorts = try rank(rows, by: .cohort)
    #expect(cohorts.map(\.group) == [.cohort(2017), .cohort(2021), .cohort(2021), .cohort(2017)])
    #expect(cohorts.compactMap { $0.place?.rank } == [2, 1, 2, 1])
  }

  @Test func `a region given twice is refused`() {
    #expect(throws: ModelError.self) { try rank([row(1, "3"), row(1, "2")]) }
  }

  private func row(
    _ id: Int32, _ value: String, _ kind: RegionKind = .kota, _ provinceID: Int32 = 15, _ cohorts: [Int] = []
  ) -> RankRow {
    RankRow(region: region(id), kind: kind, province: province(provinceID), cohorts: cohorts, observation: .value(decimal(value)))
  }
}

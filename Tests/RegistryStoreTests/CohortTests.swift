import RegistryModel
import RegistryStore
import RegistryTestKit
import Testing

@Suite struct `Cohorts of the movement` {
  private func cohort(_ year: Int, _ list: [CohortSummary]) throws -> CohortSummary {
    try #require(list.first { $0.cohort.year == year })
  }

  private func count(_ rule: CountRule, _ summary: CohortSummary) throws -> CohortSummary.CumulativeCount {
    try #require(summary.cumulative.first { $0.rule == rule })
  }

  @Test(arguments: [(2017, 25, 24), (2018, 75, 74), (2019, 100, 99)])
  func `up to 2019 the lists are complete: 25, 75 and 100 signed, 24, 74 and 99 finished`(
    year: Int, signed: Int, finished: Int
  ) async throws {
    try await TestDatabase.shared { database in
      let list = try await database.store.cohorts.list(try await database.session(.export).reading).value
      let ministry = try count(.ministry, try cohort(year, list))
      #expect(ministry.known == signed && ministry.published == signed && !ministry.incomplete)
      let done = try count(.finished, try cohort(year, list))
      #expect(done.known == finished && done.published == nil && !done.incomplete)
    }
  }

  @Test(arguments: [(2021, 130, 141), (2022, 155, 191), (2023, 185, 241), (2024, 195, 251)])
  func `later counts are short of the published ones and say so`(year: Int, known: Int, published: Int) async throws {
    try await TestDatabase.shared { database in
      let list = try await database.store.cohorts.list(try await database.session(.regionAdmin, region: "35.71").reading).value
      let ministry = try count(.ministry, try cohort(year, list))
      #expect(ministry.known == known && ministry.published == published && ministry.incomplete)
      #expect(try count(.finished, try cohort(year, list)).incomplete)
    }
  }

  @Test func `the cohort of 2023 has two provinces beside its regions`() async throws {
    try await TestDatabase.shared { database in
      let reader = try await database.session(.ministryAnalyst).reading
      let detail = try await database.store.cohorts.get(reader, year: 2023, bordersAsOf: today).value
      #expect(detail.provinces.map(\.provinceCode) == ["32", "34"])
      #expect(detail.summary.provinces == 2)
      #expect(detail.members.count == detail.summary.membershipsKnown)
    }
  }

  @Test func `Mimika joined in 2017 with the borders of the day asked for`() async throws {
    try await TestDatabase.shared { database in
      let reader = try await database.session(.regionViewer, region: "35.71").reading
      for (day, province) in [(try CalendarDate(endOf: 2017), "Papua"), (today, "Papua Tengah")] {
        let cohort = try await database.store.cohorts.get(reader, year: 2017, bordersAsOf: day).value
        let mimika = cohort.members.first { $0.region.name == "Kabupaten Mimika" }
        #expect(mimika?.region.provinceName == province)
      }
    }
  }

  @Test func `there was no cohort in 2020`() async throws {
    try await TestDatabase.shared { database in
      let reader = try await database.session(.ministryAnalyst).reading
      let error = await storeError { _ = try await database.store.cohorts.get(reader, year: 2020, bordersAsOf: today) }
      #expect(error?.code == .notFoundOrNotVisible)
    }
  }

  @Test func `comparing looks at the latest year with a visible score when none is named`() async throws {
    try await TestDatabase.shared { database in
      let analyst = try await database.session(.ministryAnalyst).reading
      let material = try await database.store.comparison.material(analyst, query: ComparisonQuery()).value
      #expect(material.year == 2022)
      #expect(material.cohorts.map(\.year) == [2017, 2018, 2019, 2021, 2022, 2023, 2024])
      let valued = material.rows.filter { $0.value != nil }
      #expect(valued.map(\.region.name) == ["Kota Kediri"])
      #expect(valued.first?.value == number("3.31"))
      #expect(material.rows.filter { $0.value == nil }.allSatisfy { $0.missing == .notReported })
      let viewer = try await database.session(.regionViewer, region: "35.72").reading
      let seen = try await database.store.comparison.material(viewer, query: ComparisonQuery(cohortYears: [2021])).value
      #expect(seen.cohorts.map(\.year) == [2021])
      #expect(seen.rows.filter { $0.value == nil }.allSatisfy { $0.missing == .notVisible })
    }
  }

  @Test func `an aspect is compared by its own values`() async throws {
    try await TestDatabase.shared { database in
      let exporter = try await database.session(.export).reading
      let query = ComparisonQuery(year: 2022, measure: .part(.aspect, key: "baseline"))
      let material = try await database.store.comparison.material(exporter, query: query).value
      #expect(material.rows.compactMap(\.value) == [number("3.60")])
    }
  }
}

import Lontar
import RegistryModel
import RegistryProtocol
import RegistryServices
import RegistryTestKit
import Testing

@Suite struct CohortServiceTests {
  @Test func `by the end of 2019 there are 100 regions by one rule and 99 by the other`() async throws {
    try await TestDatabase.with { database in
      let session = try await database.session(.export)
      let response = try await CohortService(database.core).listCohorts(
        Seratus_V1_ListCohortsRequest(), context: TestCall.context("CohortService/ListCohorts", token: session.token))
      let cohort = try #require(response.cohorts.first { $0.year == 2019 })
      let counts = Dictionary(uniqueKeysWithValues: cohort.cumulative.map { ($0.rule, $0) })
      #expect(counts["ministry"]?.known == 100)
      #expect(counts["finished"]?.known == 99)
      #expect(Set(response.rules.map(\.rule)) == ["ministry", "finished"])
      #expect(response.rules.allSatisfy { !$0.definition.id.isEmpty && !$0.definition.en.isEmpty })
    }
  }

  @Test(arguments: [(2021, 141), (2022, 191), (2023, 241), (2024, 251)])
  func `later counts stand beside what the ministry published, marked as incomplete`(year: Int32, published: Int32) async throws {
    try await TestDatabase.with { database in
      let session = try await database.session(.ministryAnalyst)
      let response = try await CohortService(database.core).listCohorts(
        Seratus_V1_ListCohortsRequest(), context: TestCall.context("CohortService/ListCohorts", token: session.token))
      let count = try #require(
        response.cohorts.first { $0.year == year }?.cumulative.first { $0.rule == "ministry" })
      #expect(count.hasPublished && count.published == published)
      #expect(count.incomplete)
      #expect(count.known < published)
    }
  }

  @Test func `members stand by the borders of the day asked`() async throws {
    try await TestDatabase.with { database in
      let session = try await database.session(.ministryAnalyst)
      var request = Seratus_V1_GetCohortRequest()
      request.year = 2017
      for (day, province) in [("2017-12-31", "Papua"), ("", "Papua Tengah")] {
        request.bordersAsOf.iso = day
        let response = try await CohortService(database.core).getCohort(
          request, context: TestCall.context("CohortService/GetCohort", token: session.token))
        let mimika = try #require(response.members.first { $0.region.name == "Kabupaten Mimika" })
        #expect(mimika.region.provinceName == province)
      }
    }
  }

  @Test(arguments: [(0, "VALUE_MISSING"), (1999, "OUT_OF_RANGE"), (2101, "OUT_OF_RANGE"), (2020, "NOT_FOUND")])
  func `a year without a cohort is refused`(year: Int32, reason: String) async throws {
    try await TestDatabase.with { database in
      let session = try await database.session(.ministryAnalyst)
      var request = Seratus_V1_GetCohortRequest()
      request.year = year
      let error = await refusal {
        try await CohortService(database.core).getCohort(
          request, context: TestCall.context("CohortService/GetCohort", token: session.token))
      }
      #expect(error?.details.reason == reason)
    }
  }
}

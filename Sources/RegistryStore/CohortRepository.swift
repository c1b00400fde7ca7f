internal import PostgresClient
package import RegistryAccess
package import RegistryModel

/// Cohorts of the movement and who belonged to them.
package struct CohortRepository: Sendable {
  let runner: RequestRunner

  /// In order of years.
  package func list(_ context: TenantContext) async throws(StoreError) -> Answer<[CohortSummary]> {
    try await runner.answer(context, Self.overview) { _, results in try Self.summaries(results) }
  }

  /// - Throws: `notFoundOrNotVisible` if there was no cohort in that year.
  package func get(
    _ context: TenantContext, year: Int, bordersAsOf: CalendarDate
  ) async throws(StoreError) -> Answer<CohortDetail> {
    let key: [PostgresValue] = [.int4(Int32(clamping: year)), bordersAsOf.value]
    let steps = Self.overview + [Queries.cohortMembers(values: key), Queries.cohortProvinceMembers(values: key)]
    return try await runner.answer(context, steps) { _, results in
      guard let summary = try Self.summaries(results).first(where: { $0.cohort.year == year }) else { throw StoreError.notFound }
      return CohortDetail(
        summary: summary, bordersAsOf: bordersAsOf, members: try results[3].rows.map(CohortMember.init),
        provinces: try results[4].rows.map(ProvinceMember.init))
    }
  }

  private static let overview = [Queries.cohortRows(), Queries.cohortCounts(), Queries.cohortStatuses()]

  /// The cohorts, their counts and their statuses, put together by year.
  private static func summaries(_ results: [PostgresResult]) throws -> [CohortSummary] {
    var statuses: [Int: [CohortSummary.StatusCount]] = [:]
    for row in results[2].rows {
      statuses[try row.int("cohort_year"), default: []].append(
        CohortSummary.StatusCount(status: try row.word("status"), count: try row.int("count")))
    }
    return try zip(results[0].rows, results[1].rows).map { cohort, counts in
      let value = try Cohort(cohort)
      return CohortSummary(
        cohort: value, membershipsKnown: try counts.int("memberships"), regionsKnown: try counts.int("regions"),
        statuses: statuses[value.year, default: []],
        cumulative: [
          CohortSummary.CumulativeCount(
            rule: .ministry, known: try counts.int("cumulative_ministry"), published: value.publishedCumulative,
            incomplete: try counts.bool("ministry_incomplete")),
          CohortSummary.CumulativeCount(
            rule: .finished, known: try counts.int("cumulative_finished"), published: nil,
            incomplete: try counts.bool("finished_incomplete")),
        ],
        provinces: try counts.int("provinces"))
    }
  }
}

extension Cohort {
  init(_ row: PostgresRow) throws {
    let note: String? = try row["note"]
    try self.init(
      year: try row.int("year"), name: try row.name(), coached: try row["coached"],
      publishedCumulative: try row["published_cumulative"], signedOn: try row.day("signed_on"),
      isListComplete: try row.bool("list_complete"), source: try Source(try row.string("source")),
      certainty: try row.word("certainty"), note: note ?? "")
  }
}

extension CohortMember {
  fileprivate init(_ row: PostgresRow) throws {
    let others: [Int] = try row["other_cohorts"]
    region = try RegionSummary(row)
    membership = try Membership(row)
    otherCohorts = others
  }
}

extension ProvinceMember {
  fileprivate init(_ row: PostgresRow) throws {
    provinceCode = try row.string("province_code")
    provinceName = try row.string("province_name")
    status = try row.word("status")
    provenance = try row.provenance(note: "note")
  }
}

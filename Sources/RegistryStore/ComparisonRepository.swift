internal import PostgresClient
package import RegistryAccess
internal import RegistryModel

/// The raw material for comparing cohorts.
package struct ComparisonRepository: Sendable {
  let runner: RequestRunner

  /// The ministry compares all scores, everybody else released ones only, a region's own included.
  package func material(
    _ context: TenantContext, query: ComparisonQuery
  ) async throws(StoreError) -> Answer<ComparisonMaterial> {
    let seesAll = context.pool == .ministry
    let view = { (query: NamedQuery) in seesAll ? query : query.released }
    let evaluation: [PostgresValue] = [
      .optional(query.year), .text(query.stage.rawValue), .text(ScoreKind.implementation.rawValue),
    ]
    let (part, key) = query.measure.columns
    let years: PostgresValue = query.cohortYears.isEmpty ? .null : .int4Array(query.cohortYears.map { Int32(clamping: $0) })
    let steps = [
      Queries.cohortRows(), view(Queries.comparisonYear)(values: evaluation),
      view(Queries.comparisonRows)(values: evaluation + [part, key, years]),
    ]
    return try await runner.answer(context, steps) { _, results in
      let asked = Set(query.cohortYears)
      let cohorts = try results[0].rows.map(Cohort.init).filter { asked.isEmpty || asked.contains($0.year) }
      let rows = try results[2].rows.map { try ComparisonRow($0, absent: seesAll ? .notReported : .notVisible) }
      return ComparisonMaterial(year: try results[1].first.flatMap { try $0.optional("year") }, cohorts: cohorts, rows: rows)
    }
  }
}

extension ComparisonQuery.Measure {
  fileprivate var columns: (part: PostgresValue, key: PostgresValue) {
    switch self {
    case .total: (.null, .null)
    case .part(let part, let key): (.text(part.rawValue), .text(key))
    }
  }
}

extension ComparisonRow {
  /// - Parameter absent: what it means that there is no score.
  fileprivate init(_ row: PostgresRow, absent: MissingKind) throws {
    let value = try row.score("value_e4")
    let missing: MissingKind? = try row.optionalWord("missing")
    cohortYear = try row.int("cohort_year")
    region = try RegionSummary(row)
    status = try row.word("status")
    membershipCertainty = try row.word("membership_certainty")
    isRepeat = try row.bool("is_repeat")
    self.value = value
    self.missing = value == nil ? missing ?? absent : nil
    instrumentID = try row["instrument_id"]
    instrumentCertainty = try row.optionalWord("instrument_certainty")
    certainty = try row.optionalWord("certainty")
  }
}

internal import PostgresClient
package import RegistryAccess
package import RegistryModel

/// Scores: listed and explained to whoever may see them. Writing is in ScoreRepository+Put.
package struct ScoreRepository: Sendable {
  let runner: RequestRunner

  /// Of one region newest first; of all regions by region, newest first.
  /// - Throws: `regionUnknown`, `regionAmbiguous`, `invalid` for a broken cursor or a page out of bounds.
  package func list(
    _ context: TenantContext, filter: ScoreFilter, page: PageRequest, asOf: CalendarDate
  ) async throws(StoreError) -> Answer<Page<ScoreRecord>> {
    let page = try page.checked()
    let years: [PostgresValue] = [.optional(filter.fromYear), .optional(filter.toYear)]
    guard let reference = filter.region else {
      return try await listVisible(context, years: years, page: page, asOf: asOf)
    }
    let id = try await runner.resolve(context, reference, asOf: asOf)
    let after = try page.cursor.map { (text) throws(StoreError) in try Cursor(parsing: text, fields: 3).place(at: 0) }
    var steps = [
      Queries.scoresOfRegion.visible(to: context)(
        values: [.int4(id.value)] + years + [asOf.value] + (after ?? [.null, .null, .null]) + [.int4(Int32(page.size))])
    ]
    // Rows say their total. Only behind other pages can there be scores and yet none on this one.
    if after != nil { steps.append(Queries.scoresOfRegionTotal.visible(to: context)(values: [.int4(id.value)] + years)) }
    return try await runner.answer(context, steps) { _, results in
      try Self.page(results, size: page.size) { Cursor($0.key.fields) }
    }
  }

  /// Without a region named: a region's own scores, or everybody's for the ministry and exports.
  private func listVisible(
    _ context: TenantContext, years: [PostgresValue], page: PageRequest, asOf: CalendarDate
  ) async throws(StoreError) -> Answer<Page<ScoreRecord>> {
    let after = try page.cursor.map { (text) throws(StoreError) in
      let cursor = try Cursor(parsing: text, fields: 4)
      return [.int4(Int32(try cursor.number(0)))] + (try cursor.place(at: 1))
    }
    let isOwn = context.pool == .region
    let rows = isOwn ? Queries.scoresOfOwn : Queries.scoresOfAll.visible(to: context)
    let total = isOwn ? Queries.scoresOfOwnTotal : Queries.scoresOfAllTotal.visible(to: context)
    var steps = [rows(values: years + [asOf.value] + (after ?? [.null, .null, .null, .null]) + [.int4(Int32(page.size))])]
    if !isOwn || after != nil { steps.append(total(values: years)) }
    return try await runner.answer(context, steps) { _, results in
      try Self.page(results, size: page.size) { Cursor(["\($0.region.id)"] + $0.key.fields) }
    }
  }

  /// The total is in a result of its own, where there is one, else in every row; a first page without rows is the whole.
  private static func page(
    _ results: [PostgresResult], size: Int, cursor: (ScoreRecord) -> Cursor
  ) throws -> Page<ScoreRecord> {
    let scores = try results[0].rows.map(ScoreRecord.init)
    let next = scores.count == size ? scores.last.map { cursor($0).text } : nil
    return Page(elements: scores, total: try results[results.count - 1].first?.int("total") ?? 0, next: next)
  }

  /// The region as of the end of the year.
  /// - Throws: `regionUnknown`, `regionAmbiguous`, `notFoundOrNotVisible`.
  package func explain(
    _ context: TenantContext, region: RegionReference, key: ScoreKey
  ) async throws(StoreError) -> Answer<ScoreDossier> {
    let day = try endOfYear(key.year)
    let id = try await runner.resolve(context, region, asOf: day)
    let values: [PostgresValue] = [
      .int4(id.value), .int4(Int32(key.year)), .text(key.stage.rawValue), .text(key.kind.rawValue), day.value,
    ]
    let steps = [
      Queries.scoreShow.visible(to: context)(values: values), Queries.scorePrevious.visible(to: context)(values: values),
      Queries.instrumentRows(), Queries.instrumentAspects(),
    ]
    return try await runner.answer(context, steps) { _, results in
      guard let score = results[0].first else { throw StoreError.notFound }
      return ScoreDossier(
        score: try ScoreRecord(score), previous: try results[1].first.map(ScoreRecord.init),
        instruments: try [Instrument](results[2], aspects: results[3]))
    }
  }

  /// All versions on record and all dimension sets, of this moment.
  package func catalogue(_ context: TenantContext) async throws(StoreError) -> Answer<InstrumentCatalogue> {
    try await runner.answer(context, InstrumentCatalogue.steps) { _, results in try InstrumentCatalogue(results[...]) }
  }
}

extension ScoreKey {
  fileprivate var fields: [String] { ["\(year)", stage.rawValue, kind.rawValue] }
}

extension Cursor {
  /// Year, stage and kind from this field on.
  fileprivate func place(at index: Int) throws(StoreError) -> [PostgresValue] {
    let stage: ScoreStage = try word(index + 1)
    let kind: ScoreKind = try word(index + 2)
    return [.int4(Int32(try number(index))), .text(stage.rawValue), .text(kind.rawValue)]
  }
}

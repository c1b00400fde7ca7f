internal import PostgresClient
package import RegistryAccess
package import RegistryModel

/// Regions with what changes over time beside them: reference data that every session reads.
package struct RegionRepository: Sendable {
  let runner: RequestRunner

  /// In order of region ids, which is that of the codes when they were given.
  /// - Throws: `invalid` for an unknown province, a broken cursor or a page out of bounds.
  package func list(
    _ context: TenantContext, filter: RegionFilter, page: PageRequest
  ) async throws(StoreError) -> Answer<RegionList> {
    let page = try page.checked()
    let after = try page.cursor.map { (text) throws(StoreError) in try Cursor(parsing: text, fields: 1).number(0) } ?? 0
    let selection: [PostgresValue] = [
      filter.asOf.value, .optional(filter.province), .optional(filter.kind?.rawValue), .optional(filter.cohortYear),
    ]
    let steps = [
      Queries.regionPage(values: selection + [.int4(Int32(after)), .int4(Int32(page.size))]),
      Queries.regionPageTotal(values: selection),
    ]
    return try await runner.answer(context, steps) { _, results in
      guard let total = results[1].first else { throw StoreError.fault("the total of regions is missing") }
      guard try total.bool("province_known") else { throw unknownProvince(filter) }
      let regions = try results[0].rows.map(RegionSummary.init)
      let next = regions.count == page.size ? regions.last.map { Cursor(["\($0.id)"]).text } : nil
      return RegionList(
        page: Page(elements: regions, total: try total.int("total"), next: next), totals: try RegionTotals(total))
    }
  }

  /// - Throws: `regionUnknown`, `regionAmbiguous`.
  package func get(
    _ context: TenantContext, region: RegionReference, asOf: CalendarDate
  ) async throws(StoreError) -> Answer<RegionDetail> {
    let id = try await runner.resolve(context, region, asOf: asOf)
    let key = PostgresValue.int4(id.value)
    let steps = [
      Queries.regionLine(key, asOf.value), Queries.regionPlace(key), Queries.regionCodes(key),
      Queries.regionNames(key), Queries.regionProvinces(key), Queries.regionAliases(key), Queries.regionMemberships(key),
    ]
    return try await runner.answer(context, steps) { _, results in
      guard let summary = results[0].first, let place = results[1].first else { throw StoreError.notFound }
      let codes = try results[2].rows.map(RegionDetail.DatedCode.init)
      return RegionDetail(
        summary: try RegionSummary(summary), asOf: asOf, place: try Place(place), codes: codes,
        names: try results[3].rows.map(RegionDetail.DatedName.init),
        provinces: try results[4].rows.map(RegionDetail.DatedProvince.init),
        aliases: try results[5].rows.map { try $0.string("alias") },
        memberships: try results[6].rows.map(Membership.init), askedBy: region.formerCode(among: codes, asOf: asOf))
    }
  }

  /// Best first; empty if nothing is near. A code finds every region that has or had it.
  /// - Parameter limit: 1 to 50.
  package func search(
    _ context: TenantContext, text: String, limit: Int, asOf: CalendarDate
  ) async throws(StoreError) -> Answer<[RegionHitRecord]> {
    guard (1...RegionDirectory.hitsMax).contains(limit) else {
      throw .invalid(
        "limit", "BAD_LIMIT", "a search gives 1 to \(RegionDirectory.hitsMax) regions, not \(limit)",
        ["value": "\(limit)", "max": "\(RegionDirectory.hitsMax)"])
    }
    let codes = runner.memory.reference?.readings(of: text) ?? []
    let near = runner.memory.reference?.directory.search(text, limit: limit).filter { $0.match == .near } ?? []
    let others = codes.map(\.region) + near.map(\.entry.id)
    let steps = [
      Queries.searchByText(.text(text), asOf.value, .int4(Int32(limit))),
      Queries.regionSummaries(.int4Array(others.map(\.value)), asOf.value),
    ]
    return try await runner.answer(context, steps) { _, results in
      let lines = try results[1].rows.map(RegionSummary.init)
      let summaries = Dictionary(lines.map { ($0.id, $0) }) { first, _ in first }
      let byCode = codes.compactMap { row in
        summaries[row.region].map { RegionHitRecord(region: $0, matched: row.code.qualified, how: "code") }
      }
      let byText = try results[0].rows.map(RegionHitRecord.init)
      let bySlip = near.compactMap { hit in
        summaries[hit.entry.id].map { RegionHitRecord(region: $0, matched: hit.entry.name, how: "near") }
      }
      return Array((byCode + byText + (byText.isEmpty ? bySlip : [])).prefix(limit))
    }
  }

  /// The region as of the last day of the year, its score of that year, and where it stands among those the caller may see.
  /// - Throws: `regionUnknown`, `regionAmbiguous`, `invalid` for a year outside the calendar.
  package func report(
    _ context: TenantContext, region: RegionReference, year: Int, stage: ScoreStage
  ) async throws(StoreError) -> Answer<RegionReport> {
    let day = try endOfYear(year)
    let id = try await runner.resolve(context, region, asOf: day)
    let place: [PostgresValue] = [
      .int4(id.value), .int4(Int32(year)), .text(stage.rawValue), .text(ScoreKind.implementation.rawValue),
    ]
    let query = { (query: NamedQuery) in query.visible(to: context) }
    let steps = [
      Queries.regionSummaries(.int4Array([id.value]), day.value),
      query(Queries.scoreShow)(values: place + [day.value]), query(Queries.scorePrevious)(values: place + [day.value]),
      query(Queries.scoreRanks)(values: place + [day.value]), query(Queries.scoreClaims)(values: place),
      query(Queries.planRealisations)(values: Array(place.prefix(2))),
    ]
    return try await runner.answer(context, steps) { _, results in
      guard let line = results[0].first, results[3].rowCount == 2 else { throw StoreError.notFound }
      return RegionReport(
        region: try RegionSummary(line), year: year, stage: stage, score: try results[1].first.map(ScoreRecord.init),
        previous: try results[2].first.map(ScoreRecord.init),
        // In the order of their names: nation, province.
        rankInProvince: try RankRecord(results[3].rows[1]), rankNational: try RankRecord(results[3].rows[0]),
        claims: try results[4].rows.map(ClaimRecord.init), realisations: try results[5].rows.map(RealisationRecord.init))
    }
  }

  private func unknownProvince(_ filter: RegionFilter) -> StoreError {
    let typed = String((filter.province ?? "").prefix(100))
    return .invalid(
      "province", "PROVINCE_UNKNOWN",
      "on \(filter.asOf) no province is called \"\(typed)\"; write its name or its Kemendagri code",
      ["value": typed, "date": "\(filter.asOf)"])
  }
}

/// The last day of a year, which is what "as of a year" means.
func endOfYear(_ year: Int) throws(StoreError) -> CalendarDate {
  do {
    return try CalendarDate(endOf: year)
  } catch {
    throw .invalid([FieldProblem(error, path: "year")])
  }
}

extension RegionReference {
  /// The dated code that was typed, if it is none of that day.
  fileprivate func formerCode(among codes: [RegionDetail.DatedCode], asOf day: CalendarDate) -> RegionDetail.DatedCode? {
    let typed: [RegionDetail.DatedCode]
    switch self {
    case .code(let code): typed = codes.filter { $0.system == code.system && $0.code == code.text }
    case .bareNumber(let digits): typed = codes.filter { $0.code.filter { $0 != "." } == digits }
    case .name: return nil
    }
    return typed.contains { $0.valid.contains(day) } ? nil : typed.first
  }
}

extension Reference {
  /// Every row of the code that a text may be; none for a name.
  fileprivate func readings(of text: String) -> [CodeRow] {
    switch try? RegionReference(parsing: text) {
    case .code(let code): codes[code.digits, default: []].filter { $0.code == code }
    case .bareNumber(let digits): codes[digits, default: []]
    case .name, nil: []
    }
  }
}

extension RegionHitRecord {
  /// A row of SearchByText.
  fileprivate init(_ row: PostgresRow) throws {
    let origin = try row.string("origin")
    let rank = try row.int("rank")
    region = try RegionSummary(row)
    matched = try row.string("form")
    how =
      rank == 2
      ? "prefix"
      : rank > 2 ? "substring" : ["former", "dated name"].contains(origin) ? "former" : origin == "name" ? "exact" : "alias"
  }
}

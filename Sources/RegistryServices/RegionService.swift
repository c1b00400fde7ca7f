package import Lontar
internal import RegistryModel
package import RegistryProtocol
internal import RegistryStore

/// Regions as reference data, and the report of one region.
package struct RegionService: Seratus_V1_RegionServiceHandler {
  let core: ServiceCore

  package init(_ core: ServiceCore) {
    self.core = core
  }

  package func listRegions(
    _ request: Seratus_V1_ListRegionsRequest, context: CallContext
  ) async throws -> Seratus_V1_ListRegionsResponse {
    try await core.answer(context) { tenant in
      var checks = RequestChecks()
      let asOf = checks.day(request.asOf, "as_of", core)
      let filter = RegionFilter(
        province: checks.text(request.province, "province"),
        kind: checks.take { () throws(FieldFault) in try request.kind.word(path: "kind") } ?? nil,
        cohortYear: checks.optionalYear(request.cohortYear, "cohort_year"), asOf: asOf)
      let size = checks.size(
        request.pageSize, "page_size", default: RequestLimits.regionPageDefault, max: RequestLimits.regionPageMax)
      let cursor = checks.text(request.pageCursor, "page_cursor", max: RequestLimits.cursorBytesMax)
      try checks.finish()
      let answer = core.note(
        try await core.database.regions.list(tenant, filter: filter, page: PageRequest(size: size, cursor: cursor)), context)
      var response = Seratus_V1_ListRegionsResponse()
      let page = answer.value.page
      response.regions = page.elements.map { Seratus_V1_RegionSummary($0) }
      response.nextCursor = page.next ?? ""
      response.total = Int32(page.total)
      response.totals = Seratus_V1_RegionTotals(answer.value.totals)
      response.dataset = Seratus_V1_Dataset(answer.dataset)
      response.asOf = Seratus_V1_Date(asOf)
      return response
    }
  }

  package func getRegion(
    _ request: Seratus_V1_GetRegionRequest, context: CallContext
  ) async throws -> Seratus_V1_GetRegionResponse {
    try await core.answer(context) { tenant in
      var checks = RequestChecks()
      let region = checks.region(request.region, "region")
      let asOf = checks.day(request.asOf, "as_of", core)
      try checks.finish()
      guard let region else { throw FieldFault("region", .valueMissing) }
      let answer = core.note(try await core.database.regions.get(tenant, region: region, asOf: asOf), context)
      var response = Seratus_V1_GetRegionResponse(answer.value)
      response.dataset = Seratus_V1_Dataset(answer.dataset)
      return response
    }
  }

  package func searchRegions(
    _ request: Seratus_V1_SearchRegionsRequest, context: CallContext
  ) async throws -> Seratus_V1_SearchRegionsResponse {
    try await core.answer(context) { tenant in
      var checks = RequestChecks()
      let text = checks.requiredText(request.text, "text") ?? ""
      let limit = checks.size(
        request.limit, "limit", default: RequestLimits.searchHitsDefault, max: RequestLimits.searchHitsMax)
      let asOf = checks.day(request.asOf, "as_of", core)
      try checks.finish()
      let answer = core.note(
        try await core.database.regions.search(tenant, text: text, limit: limit, asOf: asOf), context)
      var response = Seratus_V1_SearchRegionsResponse()
      response.hits = answer.value.map { Seratus_V1_SearchHit($0) }
      response.dataset = Seratus_V1_Dataset(answer.dataset)
      return response
    }
  }

  package func reportRegion(
    _ request: Seratus_V1_ReportRegionRequest, context: CallContext
  ) async throws -> Seratus_V1_ReportRegionResponse {
    try await core.answer(context) { tenant in
      var checks = RequestChecks()
      let region = checks.region(request.region, "region")
      let year = checks.year(request.year, "year")
      let stage = checks.take { () throws(FieldFault) in try request.stage.word(path: "stage") } ?? nil
      try checks.finish()
      guard let region, let year else { throw FieldFault("region", .valueMissing) }
      let answer = core.note(
        try await core.database.regions.report(tenant, region: region, year: year, stage: stage ?? .annual), context)
      return Seratus_V1_ReportRegionResponse(answer)
    }
  }
}

extension Seratus_V1_ReportRegionResponse {
  fileprivate init(_ answer: Answer<RegionReport>) {
    self.init()
    let report = answer.value
    region = Seratus_V1_RegionSummary(report.region)
    year = Int32(report.year)
    stage = Seratus_V1_Stage(report.stage)
    if let record = report.score {
      score = Seratus_V1_Score(record, answer.catalogue)
      missing = Seratus_V1_MissingKind(record.missing)
      change = Seratus_V1_ScoreChange(from: report.previous, to: record)
    } else {
      // Who sees everything of this region knows that nothing was reported; others can't know.
      let seesAll = answer.caller.role.pool == .ministry || answer.caller.region == report.region.id
      missing = seesAll ? .notReported : .notVisible
    }
    rankInProvince = Seratus_V1_Rank(report.rankInProvince)
    rankNational = Seratus_V1_Rank(report.rankNational)
    claims = report.claims.map { Seratus_V1_PublishedClaim($0) }
    realisations = report.realisations.map { Seratus_V1_PlanRealisation($0) }
    notes = Notes.about(answer.dataset) + (report.score.map { Notes.about($0) } ?? [])
    dataset = Seratus_V1_Dataset(answer.dataset)
  }
}

extension RequestChecks {
  /// Today if none is given.
  mutating func day(_ message: Seratus_V1_Date, _ path: String, _ core: ServiceCore) -> CalendarDate {
    (take { () throws(FieldFault) in try CalendarDate.from(message, path: path) } ?? nil) ?? core.today()
  }
}

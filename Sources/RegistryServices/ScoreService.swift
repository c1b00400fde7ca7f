package import Lontar
internal import RegistryAccess
internal import RegistryModel
package import RegistryProtocol
internal import RegistryStore
internal import Synchronization

/// Scores: written all or none, listed, and explained step by step.
package final class ScoreService: Seratus_V1_ScoreServiceHandler {
  private let core: ServiceCore
  /// What scores are checked against; read from the database when a request needs what isn't here.
  private let catalogue = Mutex(InstrumentCatalogue.empty)

  package init(_ core: ServiceCore) {
    self.core = core
  }

  package func putScores(
    _ request: Seratus_V1_PutScoresRequest, context: CallContext
  ) async throws -> Seratus_V1_PutScoresResponse {
    try await core.answer(context) { tenant in
      let rows = try await checkedRows(request, tenant)
      let answer = core.note(
        try await core.database.scores.put(
          tenant, rows: rows, validateOnly: request.validateOnly, asOf: core.today()), context)
      var response = Seratus_V1_PutScoresResponse()
      response.results = zip(answer.value, rows).map { outcome, row in
        var result = Seratus_V1_PutResult()
        result.region = Seratus_V1_RegionSummary(outcome.region)
        result.year = Int32(outcome.key.year)
        result.outcome = request.validateOnly ? "valid" : outcome.word
        result.version = Int32(outcome.version)
        if let computed = row.computed { result.computedTotal = Seratus_V1_Decimal(computed) }
        return result
      }
      response.replayed = answer.value.contains(where: \.replayed)
      response.dataset = Seratus_V1_Dataset(answer.dataset)
      return response
    }
  }

  /// The usual request finds the catalogue in memory and costs one round trip. One with faults is told of them only after the
  /// database has seen its session and role, and against the catalogue of this moment.
  private func checkedRows(_ request: Seratus_V1_PutScoresRequest, _ tenant: TenantContext) async throws -> [ScorePut] {
    let known = catalogue.withLock { $0 }
    // An empty one knows no scale to check a published total against.
    if !known.instruments.isEmpty, let rows = try? ScoreRows(catalogue: known).check(request) { return rows }
    let fresh = try await core.database.scores.catalogue(tenant).value
    catalogue.withLock { $0 = fresh }
    return try ScoreRows(catalogue: fresh).check(request)
  }

  package func listScores(
    _ request: Seratus_V1_ListScoresRequest, context: CallContext
  ) async throws -> Seratus_V1_ListScoresResponse {
    try await core.answer(context) { tenant in
      var checks = RequestChecks()
      let region = request.region.isEmpty ? nil : checks.region(request.region, "region")
      let years = checks.years(from: request.fromYear, to: request.toYear)
      let size = checks.size(
        request.pageSize, "page_size", default: RequestLimits.scorePageDefault, max: RequestLimits.scorePageMax)
      let cursor = checks.text(request.pageCursor, "page_cursor", max: RequestLimits.cursorBytesMax)
      try checks.finish()
      let filter = ScoreFilter(region: region, fromYear: years.from, toYear: years.to)
      let answer = core.note(
        try await core.database.scores.list(
          tenant, filter: filter, page: PageRequest(size: size, cursor: cursor), asOf: core.today()), context)
      var response = Seratus_V1_ListScoresResponse()
      response.scores = answer.value.elements.map { Seratus_V1_Score($0, answer.catalogue) }
      response.nextCursor = answer.value.next ?? ""
      response.total = Int32(answer.value.total)
      response.dataset = Seratus_V1_Dataset(answer.dataset)
      response.scope = .scope(answer.caller.role)
      return response
    }
  }

  package func explainScore(
    _ request: Seratus_V1_ExplainScoreRequest, context: CallContext
  ) async throws -> Seratus_V1_ExplainScoreResponse {
    try await core.answer(context) { tenant in
      let question = try ExplainQuestion(request)
      let answer = core.note(
        try await core.database.scores.explain(tenant, region: question.region, key: question.key), context)
      return try ScoreExplainer(dossier: answer.value, catalogue: answer.catalogue, question: question).response(answer.dataset)
    }
  }

  package func listInstruments(
    _ request: Seratus_V1_ListInstrumentsRequest, context: CallContext
  ) async throws -> Seratus_V1_ListInstrumentsResponse {
    try await core.answer(context) { tenant in
      let answer = core.note(try await core.database.scores.catalogue(tenant), context)
      catalogue.withLock { $0 = answer.value }
      var response = Seratus_V1_ListInstrumentsResponse()
      response.instruments = answer.value.instruments.map { Seratus_V1_Instrument($0) }
      response.dataset = Seratus_V1_Dataset(answer.dataset)
      return response
    }
  }
}

extension PutOutcome {
  fileprivate var word: String { unchanged ? "unchanged" : created ? "created" : "updated" }
}

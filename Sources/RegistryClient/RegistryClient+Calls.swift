public import Lontar
public import RegistryProtocol

/// Reading calls are repeated while the server is unavailable.
extension RegistryClient {
  public func listRegions(_ request: Seratus_V1_ListRegionsRequest) async throws(RPCError) -> Seratus_V1_ListRegionsResponse {
    try await call { options async throws(RPCError) in try await regions.listRegions(request, options: options) }
  }

  public func getRegion(_ request: Seratus_V1_GetRegionRequest) async throws(RPCError) -> Seratus_V1_GetRegionResponse {
    try await call { options async throws(RPCError) in try await regions.getRegion(request, options: options) }
  }

  public func searchRegions(
    _ request: Seratus_V1_SearchRegionsRequest
  ) async throws(RPCError) -> Seratus_V1_SearchRegionsResponse {
    try await call { options async throws(RPCError) in try await regions.searchRegions(request, options: options) }
  }

  /// The five numbers of one region and year.
  public func reportRegion(_ request: Seratus_V1_ReportRegionRequest) async throws(RPCError) -> Seratus_V1_ReportRegionResponse {
    try await call { options async throws(RPCError) in try await regions.reportRegion(request, options: options) }
  }

  public func listCohorts() async throws(RPCError) -> Seratus_V1_ListCohortsResponse {
    try await call { options async throws(RPCError) in
      try await cohorts.listCohorts(Seratus_V1_ListCohortsRequest(), options: options)
    }
  }

  public func getCohort(_ request: Seratus_V1_GetCohortRequest) async throws(RPCError) -> Seratus_V1_GetCohortResponse {
    try await call { options async throws(RPCError) in try await cohorts.getCohort(request, options: options) }
  }

  public func compareCohorts(
    _ request: Seratus_V1_CompareCohortsRequest
  ) async throws(RPCError) -> Seratus_V1_CompareCohortsResponse {
    try await call { options async throws(RPCError) in try await comparison.compareCohorts(request, options: options) }
  }

  public func listScores(_ request: Seratus_V1_ListScoresRequest) async throws(RPCError) -> Seratus_V1_ListScoresResponse {
    try await call { options async throws(RPCError) in try await scores.listScores(request, options: options) }
  }

  public func explainScore(_ request: Seratus_V1_ExplainScoreRequest) async throws(RPCError) -> Seratus_V1_ExplainScoreResponse {
    try await call { options async throws(RPCError) in try await scores.explainScore(request, options: options) }
  }

  public func listInstruments() async throws(RPCError) -> Seratus_V1_ListInstrumentsResponse {
    try await call { options async throws(RPCError) in
      try await scores.listInstruments(Seratus_V1_ListInstrumentsRequest(), options: options)
    }
  }

  public func whoAmI() async throws(RPCError) -> Seratus_V1_WhoAmIResponse {
    try await call { options async throws(RPCError) in
      try await sessions.whoAmI(Seratus_V1_WhoAmIRequest(), options: options)
    }
  }
}

/// Calls that change something.
extension RegistryClient {
  /// Writes all rows or none. Repeated under the same key while the server is unavailable, so that it happens once.
  /// - Parameter key: keep it to repeat the act yourself, e.g. after DEADLINE_EXCEEDED.
  public func putScores(
    _ request: Seratus_V1_PutScoresRequest, key: IdempotencyKey = IdempotencyKey()
  ) async throws(RPCError) -> Seratus_V1_PutScoresResponse {
    try await call(key: key) { options async throws(RPCError) in try await scores.putScores(request, options: options) }
  }

  /// Makes a session. Never repeated: each attempt that arrives would make one more.
  public func login(_ request: Seratus_V1_LoginRequest) async throws(RPCError) -> Seratus_V1_LoginResponse {
    try await call { options async throws(RPCError) in
      try await sessions.login(request, options: options)
    }
  }

  /// Revokes the session of this client's token. Revoking twice does no harm, so it is repeated.
  public func logout() async throws(RPCError) {
    _ = try await call { options async throws(RPCError) in
      try await sessions.logout(Seratus_V1_LogoutRequest(), options: options)
    }
  }
}

extension RegistryClient {
  private var regions: Seratus_V1_RegionServiceClient { Seratus_V1_RegionServiceClient(lontar) }
  private var cohorts: Seratus_V1_CohortServiceClient { Seratus_V1_CohortServiceClient(lontar) }
  private var comparison: Seratus_V1_ComparisonServiceClient { Seratus_V1_ComparisonServiceClient(lontar) }
  private var scores: Seratus_V1_ScoreServiceClient { Seratus_V1_ScoreServiceClient(lontar) }
  private var sessions: Seratus_V1_SessionServiceClient { Seratus_V1_SessionServiceClient(lontar) }
}

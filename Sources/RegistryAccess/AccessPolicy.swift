package import RegistryModel

/// Who may call what: one line for each method of the registry. A method without a line can't be called, and the server does not start
/// with one.
package struct AccessPolicy: Sendable {
  package enum Rule: Sendable, Equatable {
    /// Needs no token.
    case open
    /// Needs a session of one of these roles; without `writes` the database transaction is read-only.
    case session([Role], writes: Bool)
  }

  package let rules: [String: Rule]

  package init(rules: [String: Rule]) {
    self.rules = rules
  }

  /// The policy of the registry.
  package static let registry: AccessPolicy = {
    let everyone = Role.allCases
    let ministryAndRegions: [Role] = [.ministryAdmin, .ministryAnalyst, .regionAdmin, .regionViewer]
    let writers: [Role] = [.ministryAdmin, .regionAdmin]
    return AccessPolicy(rules: [
      "grpc.health.v1.Health/Check": .open,
      "grpc.health.v1.Health/List": .open,
      "grpc.health.v1.Health/Watch": .open,
      // What can be called is written in the public .proto files: reflection tells nothing else.
      "grpc.reflection.v1.ServerReflection/ServerReflectionInfo": .open,
      // Addresses and methods of everybody's calls.
      "lontar.admin.v1.Admin/GetServer": .session([.ministryAdmin], writes: false),
      "lontar.admin.v1.Admin/ListConnections": .session([.ministryAdmin], writes: false),
      "lontar.admin.v1.Admin/GetConnection": .session([.ministryAdmin], writes: false),
      "seratus.v1.SessionService/Login": .open,
      "seratus.v1.SessionService/WhoAmI": .session(everyone, writes: false),
      // Ending one's own session is no write to the registry: read-only roles log out as well.
      "seratus.v1.SessionService/Logout": .session(everyone, writes: false),
      "seratus.v1.RegionService/ListRegions": .session(everyone, writes: false),
      "seratus.v1.RegionService/GetRegion": .session(everyone, writes: false),
      "seratus.v1.RegionService/SearchRegions": .session(everyone, writes: false),
      "seratus.v1.RegionService/ReportRegion": .session(ministryAndRegions, writes: false),
      "seratus.v1.CohortService/ListCohorts": .session(everyone, writes: false),
      "seratus.v1.CohortService/GetCohort": .session(everyone, writes: false),
      "seratus.v1.ComparisonService/CompareCohorts": .session(everyone, writes: false),
      "seratus.v1.ScoreService/PutScores": .session(writers, writes: true),
      "seratus.v1.ScoreService/ListScores": .session(ministryAndRegions, writes: false),
      "seratus.v1.ScoreService/ExplainScore": .session(ministryAndRegions, writes: false),
      "seratus.v1.ScoreService/ListInstruments": .session(everyone, writes: false),
      "seratus.v1.ExportService/ExportScores": .session(everyone, writes: false),
    ])
  }()

  /// Methods that a server offers and nobody has decided about, and lines about methods that it doesn't offer. Both sorted.
  package func differences(from methods: some Sequence<String>) -> (undecided: [String], stale: [String]) {
    let offered = Set(methods)
    return (offered.subtracting(rules.keys).sorted(), Set(rules.keys).subtracting(offered).sorted())
  }

  /// The context of a call.
  /// - Parameter authorization: the metadata `authorization`: `Bearer` and the token.
  /// - Throws: `TOKEN_MISSING`, `TOKEN_MALFORMED`, `IDEMPOTENCY_KEY_MALFORMED`; `METHOD_NOT_LISTED` for a method that is open or has
  ///   no line.
  package func context(
    method: String, authorization: String?, deadline: ContinuousClock.Instant?, idempotencyKey: [UInt8]?, requestID: String
  ) throws(AccessError) -> TenantContext {
    guard case .session(let roles, let writes)? = rules[method] else {
      throw AccessError(
        .methodNotListed, "the method \(method) has no access rule; it can't be called", parameters: ["method": method])
    }
    let token = try SessionToken(authorization: authorization)
    if let idempotencyKey, idempotencyKey.count != Self.idempotencyKeyBytes {
      throw AccessError(
        .idempotencyKeyMalformed,
        "an idempotency key has \(Self.idempotencyKeyBytes) bytes, not \(idempotencyKey.count); make a random one for each act",
        parameters: ["bytes": "\(idempotencyKey.count)", "expected": "\(Self.idempotencyKeyBytes)"])
    }
    return TenantContext(
      tokenSHA256: token.sha256, pool: token.pool, roles: roles, writes: writes, deadline: deadline,
      idempotencyKey: idempotencyKey,
      requestID: requestID, method: method)
  }

  /// As the protocol's OPEN frame carries it.
  package static let idempotencyKeyBytes = 16

  /// The policy as a table that people read in review: one line a method, a mark for each role.
  package var matrix: String {
    let width = rules.keys.map(\.count).max() ?? 0
    let header = "method".padded(to: width) + Role.allCases.map { "  " + $0.rawValue }.joined()
    let lines = rules.sorted { $0.key < $1.key }.map { method, rule in
      method.padded(to: width)
        + Role.allCases.map { "  " + rule.mark(for: $0).padded(to: $0.rawValue.count) }.joined()
    }
    return ([header] + lines).map { $0.trimmingEnd() }.joined(separator: "\n")
  }
}

extension AccessPolicy.Rule {
  fileprivate func mark(for role: Role) -> String {
    switch self {
    case .open: "open"
    case .session(let roles, let writes): roles.contains(role) ? (writes ? "write" : "read") : "-"
    }
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }

  fileprivate func trimmingEnd() -> String {
    String(self[..<(lastIndex { $0 != " " }.map(index(after:)) ?? startIndex)])
  }
}

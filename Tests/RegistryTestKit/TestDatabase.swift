package import PostgresClient
package import RegistryAccess
package import RegistryModel
package import RegistryStore

/// A database of its own for one test: schema and reference data, the pools of the four logins, and an administrator's.
package struct TestDatabase: Sendable {
  package let name: String
  package let admin: PostgresPool
  package let pools: RegistryPools
  package let store: RegistryDatabase

  /// Makes a copy of the template, lends it to `body` and drops it.
  package static func with<Result>(
    _ dataset: Dataset = .official, isolation: isolated (any Actor)? = #isolation,
    adjust: (inout PostgresConfiguration) -> Void = { _ in }, _ body: (TestDatabase) async throws -> Result
  ) async throws -> Result {
    let template = try await TestCluster.template(dataset)
    await DatabaseSlots.shared.take()
    defer { DatabaseSlots.shared.giveBack() }
    let name = TestCluster.freshName()
    try await TestCluster.copy(template, to: name)
    let database = TestDatabase(name: name, adjust: adjust)
    do {
      let result = try await body(database)
      await database.close()
      try await TestCluster.command("drop database if exists \(name) with (force)")
      return result
    } catch {
      await database.close()
      try? await TestCluster.command("drop database if exists \(name) with (force)")
      throw error
    }
  }

  /// Lends the one database that all reading tests of a process share; `body` must not write to it, sessions excepted.
  package static func shared<Result>(
    isolation: isolated (any Actor)? = #isolation, _ body: (TestDatabase) async throws -> Result
  ) async throws -> Result {
    try await body(try await common.value)
  }

  private static let common = Task {
    let template = try await TestCluster.template(.official)
    let name = TestCluster.freshName()
    try await TestCluster.copy(template, to: name)
    // Many tests at once, each with a request or two.
    return TestDatabase(name: name) { _ in }
  }

  private init(name: String, adjust: (inout PostgresConfiguration) -> Void) {
    self.name = name
    admin = TestCluster.pool(TestCluster.conninfo(database: name))
    let pool = { (login: String, adjust: (inout PostgresConfiguration) -> Void) in
      TestCluster.pool(TestCluster.conninfo(database: name, login: login), adjust: adjust)
    }
    pools = RegistryPools(
      region: pool("seratus_region", adjust), ministry: pool("seratus_ministry", adjust), export: pool("seratus_export", adjust),
      gate: pool("seratus_gate", adjust))
    store = RegistryDatabase(pools: pools)
  }

  private func close() async {
    await pools.shutdown()
    await admin.shutdown()
  }

  package var administration: AccountAdministration { AccountAdministration(pool: admin) }

  /// An account of a role, with a session that holds for an hour.
  /// - Parameter region: Kemendagri code of today, for regional roles.
  package func session(
    _ role: Role, region: String? = nil, username: String? = nil, mayWrite: Bool? = nil
  ) async throws -> TestSession {
    let id = try await region.asyncMap { try await regionID($0) }
    let token = try SessionToken(pool: role.pool)
    let username = username ?? "\(role.rawValue).\(region ?? "nation")"
    try await administration.put(username: username, name: "Test \(username)", passwordHash: nil, role: role, region: id)
    try await administration.issueToken(
      username: username, tokenSHA256: token.sha256, label: "test", lifetimeSeconds: 3_600, mayWrite: mayWrite ?? role.mayWrite)
    return TestSession(token: token, role: role, region: id)
  }

  /// The id of a region by its Kemendagri code of today.
  package func regionID(_ code: String) async throws -> RegionID {
    let sql = "select region_id from registry.region_code where system = 'kemendagri' and code = $1 and valid_to = 'infinity'"
    guard let row = try await rows(sql, [.text(code)]).first else { fatalError("no region has the code \(code)") }
    return try RegionID(try row[0])
  }

  /// A statement of the test's own, as a superuser.
  @discardableResult
  package func rows(_ sql: String, _ parameters: [PostgresValue] = []) async throws -> PostgresRows {
    try await admin.execute(PostgresRequest([PostgresStep(.unnamed(sql), parameters)]))[0].rows
  }

  /// The first cell of the first row.
  package func value<Value: PostgresDecodable>(_ sql: String, _ parameters: [PostgresValue] = []) async throws -> Value {
    guard let row = try await rows(sql, parameters).first else { fatalError("no row: \(sql)") }
    return try row[0]
  }
}

/// A token and whose it is.
package struct TestSession: Sendable {
  package let token: SessionToken
  package let role: Role
  package let region: RegionID?

  package init(token: SessionToken, role: Role, region: RegionID?) {
    self.token = token
    self.role = role
    self.region = region
  }

  /// The context of a call with this session, made the one way there is: from a token and a method of the policy.
  package func context(
    _ method: String, deadline: ContinuousClock.Instant? = nil, idempotencyKey: [UInt8]? = nil
  ) throws -> TenantContext {
    try AccessPolicy.registry.context(
      method: "seratus.v1.\(method)", authorization: "Bearer \(token.text)",
      deadline: deadline ?? ContinuousClock.now.advanced(by: .seconds(60)), idempotencyKey: idempotencyKey, requestID: "test")
  }

  /// For reading whatever a session may read.
  package var reading: TenantContext { get throws { try context("RegionService/GetRegion") } }
  /// For writing scores.
  package func writing(_ key: [UInt8]? = nil) throws -> TenantContext {
    try context("ScoreService/PutScores", idempotencyKey: key)
  }
}

extension Optional where Wrapped: Sendable {
  fileprivate func asyncMap<Result>(_ transform: (Wrapped) async throws -> Result) async rethrows -> Result? {
    switch self {
    case .some(let value): try await transform(value)
    case .none: nil
    }
  }
}

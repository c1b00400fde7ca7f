internal import PostgresClient
package import RegistryAccess
package import RegistryModel

/// Sessions: opening by password through the gate, looking at, ending.
package struct SessionRepository: Sendable {
  let runner: RequestRunner

  /// - Throws: `unavailable`, `deadlineExceeded`; never that a name is unknown.
  package func lookUp(username: String, deadline: ContinuousClock.Instant?) async throws(StoreError) -> LoginRecord {
    let results = try await runner.bare(
      on: runner.pools.gate, [Queries.loginLookup(.text(username))], deadline: deadline, repeatable: true)
    return try reading {
      guard let row = results[0].first else { throw StoreError.fault("api.login_lookup gave no row") }
      let region: Int32? = try row["region_id"]
      return LoginRecord(
        accountID: try row["account_id"], passwordHash: try row["password"], role: try row.optionalWord("role"),
        region: try region.map { try RegionID($0) })
    }
  }

  /// Opens a session for an account whose password was found right.
  /// - Parameter lifetimeSeconds: at most 31 days; more is cut.
  /// - Throws: `sessionUnknown` if the account was disabled or its password changed since it was looked up.
  package func open(
    account: LoginRecord, tokenSHA256: [UInt8], label: String, lifetimeSeconds: Int, deadline: ContinuousClock.Instant?
  ) async throws(StoreError) -> OpenedSession {
    guard let accountID = account.accountID, let hash = account.passwordHash else {
      throw StoreError(.sessionUnknown, "no session can be opened for this account")
    }
    let step = Queries.loginStore(
      .bytea(tokenSHA256), .int8(accountID), .text(hash), .text(label), .int4(Int32(clamping: lifetimeSeconds)))
    let results = try await runner.bare(on: runner.pools.gate, [step], deadline: deadline, repeatable: false)
    return try reading {
      guard let row = results[0].first else { throw StoreError.fault("api.login_store gave no row") }
      return try OpenedSession(row)
    }
  }

  /// - Parameter asOf: the day of the region's name and code.
  package func whoAmI(_ context: TenantContext, asOf: CalendarDate) async throws(StoreError) -> Answer<SessionRecord> {
    // The region is the caller's, which only the database knows: it gives the line of that one.
    let steps = [Queries.sessionOwn(.bytea(context.tokenSHA256)), Queries.regionOwn(asOf.value)]
    return try await runner.answer(context, steps) { _, results in
      guard let row = results[0].first else { throw StoreError.fault("api.own_session gave no row") }
      return SessionRecord(
        expiresAt: try row.moment("expires"), label: try row.string("label"), region: try results[1].first.map(RegionSummary.init)
      )
    }
  }

  /// Ends the calling session. False if it had ended before. Works for sessions that may only read, too: the gate does it.
  package func logOut(_ context: TenantContext) async throws(StoreError) -> Bool {
    let results = try await runner.bare(
      on: runner.pools.gate, [Queries.logout(.bytea(context.tokenSHA256))], deadline: context.deadline, repeatable: false)
    return try reading { try results[0].first?.bool("revoked") ?? false }
  }
}

extension OpenedSession {
  init(_ row: PostgresRow) throws {
    let region: Int32? = try row["region_id"]
    actorName = try row.string("actor_name")
    role = try row.word("role")
    self.region = try region.map { try RegionID($0) }
    expiresAt = try row.moment("expires")
  }
}

/// Reads results; whatever goes wrong becomes a `StoreError`.
func reading<Value>(_ body: () throws -> Value) throws(StoreError) -> Value {
  do {
    return try body()
  } catch {
    throw StoreError(wrapping: error)
  }
}

package import PostgresClient
package import RegistryModel

/// An account as its administrator sees it; never its password.
package struct AccountRecord: Sendable, Hashable {
  package let id: Int64
  package let username: String
  package let name: String
  package let role: Role
  package let region: RegionID?
  package let isDisabled: Bool
  package let hasPassword: Bool
  package let createdAt: Moment
}

/// A live session of an account.
package struct SessionLine: Sendable, Hashable {
  /// First 16 hexadecimal digits of the session's id, to revoke it by.
  package let id: String
  package let role: Role
  package let region: RegionID?
  package let mayWrite: Bool
  package let label: String
  package let createdAt: Moment
  package let expiresAt: Moment
}

/// Accounts and tokens, on an administrator's connection: no login of the server can do any of it.
package struct AccountAdministration: Sendable {
  private let pool: PostgresPool

  package init(pool: PostgresPool) {
    self.pool = pool
  }

  /// Creates an account, or changes it to be so. A change of name, password, role or region ends its sessions.
  /// - Parameter passwordHash: as `PasswordHash` encodes it; nil for accounts that only hold tokens.
  /// - Returns: the account's id and how many sessions ended.
  /// - Throws: `invalid` for a username of other letters than a–z, 0–9 and `._@-`, or a region that doesn't go with the role.
  @discardableResult
  package func put(
    username: String, name: String, passwordHash: String?, role: Role, region: RegionID?
  ) async throws(StoreError) -> (id: Int64, sessionsEnded: Int) {
    let row = try await one(
      Queries.accountPut(
        .text(username), .text(name), .optional(passwordHash), .text(role.rawValue), region.map { .int4($0.value) } ?? .null))
    guard let row else { throw .fault("account_put gave no row") }
    return try reading { (try row.int64("account_id"), try row.int("sessions_ended")) }
  }

  /// A disabled account can't sign in, and its sessions end.
  /// - Returns: how many sessions ended.
  /// - Throws: `notFoundOrNotVisible` for an unknown account.
  @discardableResult
  package func setDisabled(username: String, _ isDisabled: Bool) async throws(StoreError) -> Int {
    guard let row = try await one(Queries.accountDisable(.text(username), .bool(isDisabled))) else { throw .notFound }
    return try reading { try row.int("sessions_ended") }
  }

  package func accounts() async throws(StoreError) -> [AccountRecord] {
    let result = try await run(Queries.accountList())
    return try reading { try result.rows.map(AccountRecord.init) }
  }

  /// Opens a session for a script, without a password.
  /// - Parameters:
  ///   - tokenSHA256: of a `SessionToken` for the pool of the account's role.
  ///   - lifetimeSeconds: at most 366 days; more is cut.
  /// - Throws: `notFoundOrNotVisible` for an unknown or disabled account.
  @discardableResult
  package func issueToken(
    username: String, tokenSHA256: [UInt8], label: String, lifetimeSeconds: Int, mayWrite: Bool
  ) async throws(StoreError) -> Moment {
    let step = Queries.sessionCreate(
      .bytea(tokenSHA256), .text(username), .text(mayWrite ? "write" : "read"), .text(label),
      .int4(Int32(clamping: lifetimeSeconds)))
    guard let row = try await one(step) else { throw .notFound }
    return try reading { try row.moment("expires") }
  }

  /// Live sessions, newest first.
  package func sessions(username: String) async throws(StoreError) -> [SessionLine] {
    let result = try await run(Queries.sessionList(.text(username)))
    return try reading { try result.rows.map(SessionLine.init) }
  }

  /// Ends the sessions whose id begins so.
  /// - Parameter id: at least 8 hexadecimal digits, as `sessions` shows them.
  /// - Returns: how many ended.
  package func revoke(sessionID id: String) async throws(StoreError) -> Int {
    let isHexadecimal = id.utf8.allSatisfy { byte in
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
    guard isHexadecimal, id.utf8.count >= 8 else {
      throw .invalid("session", "BAD_SESSION_ID", "a session is named by at least 8 hexadecimal digits, as the list shows them")
    }
    return try await run(Queries.sessionRevoke(.text(id))).rowCount
  }

  /// Forgets sessions that ended more than 90 days ago and replies kept for retries for more than 7.
  package func purge() async throws(StoreError) -> (sessions: Int, replies: Int) {
    guard let row = try await one(Queries.sessionPurge()) else { throw .fault("session_purge gave no row") }
    return try reading { (try row.int("sessions"), try row.int("replies")) }
  }

  private func one(_ step: PostgresStep) async throws(StoreError) -> PostgresRow? {
    try await run(step).first
  }

  private func run(_ step: PostgresStep) async throws(StoreError) -> PostgresResult {
    do {
      let deadline = ContinuousClock.now.advanced(by: StoreLimits.deadlineDefault)
      return try await pool.execute(PostgresRequest([step], deadline: deadline))[0]
    } catch {
      throw StoreError(error)
    }
  }
}

extension AccountRecord {
  fileprivate init(_ row: PostgresRow) throws {
    let region: Int32? = try row["region_id"]
    id = try row.int64("account_id")
    username = try row.string("username")
    name = try row.string("name")
    role = try row.word("role")
    self.region = try region.map { try RegionID($0) }
    isDisabled = try row.bool("disabled")
    hasPassword = try row.bool("has_password")
    createdAt = try row.moment("created_at")
  }
}

extension SessionLine {
  fileprivate init(_ row: PostgresRow) throws {
    let region: Int32? = try row["region_id"]
    id = try row.string("sid_prefix")
    role = try row.word("role")
    self.region = try region.map { try RegionID($0) }
    mayWrite = try row.string("scope") == "write"
    label = try row.string("label")
    createdAt = try row.moment("created")
    expiresAt = try row.moment("expires")
  }
}

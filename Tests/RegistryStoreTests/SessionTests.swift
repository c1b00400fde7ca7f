import PostgresClient
import RegistryAccess
import RegistryModel
import RegistryStore
import RegistryTestKit
import Testing

@Suite struct `Sessions` {
  private func error(_ database: TestDatabase, _ context: TenantContext) async -> StoreError? {
    await storeError { _ = try await database.store.datasets.show(context) }
  }

  @Test func `a password opens a session that says who is calling`() async throws {
    try await TestDatabase.with { database in
      let region = try await database.regionID("35.71")
      try await database.administration.put(
        username: "diskominfo.kediri", name: "Diskominfo Kota Kediri", passwordHash: "$scrypt$x", role: .regionAdmin,
        region: region)
      let found = try await database.store.sessions.lookUp(username: "diskominfo.kediri", deadline: nil)
      #expect(found.passwordHash == "$scrypt$x" && found.role == .regionAdmin && found.region == region)
      let token = try SessionToken(pool: .region)
      let opened = try await database.store.sessions.open(
        account: found, tokenSHA256: token.sha256, label: "test", lifetimeSeconds: 60, deadline: nil)
      #expect(opened.actorName == "Diskominfo Kota Kediri" && opened.role == .regionAdmin)
      let session = TestSession(token: token, role: .regionAdmin, region: region)
      let me = try await database.store.sessions.whoAmI(try session.context("SessionService/WhoAmI"), asOf: today)
      #expect(me.caller.actorName == "Diskominfo Kota Kediri" && me.caller.region == region)
      #expect(me.value.region?.name == "Kota Kediri" && me.value.expiresAt == opened.expiresAt && me.value.label == "test")
    }
  }

  @Test func `an unknown name, a disabled account and one without a password look the same`() async throws {
    try await TestDatabase.with { database in
      try await database.administration.put(
        username: "gone", name: "Gone", passwordHash: "hash", role: .export, region: nil)
      try await database.administration.setDisabled(username: "gone", true)
      try await database.administration.put(username: "tokens", name: "Tokens", passwordHash: nil, role: .export, region: nil)
      for name in ["nobody", "gone", "tokens"] {
        let found = try await database.store.sessions.lookUp(username: name, deadline: nil)
        #expect(found.accountID == nil && found.passwordHash == nil && found.role == nil && found.region == nil)
      }
    }
  }

  @Test func `a password that changed between look-up and opening opens nothing`() async throws {
    try await TestDatabase.with { database in
      try await database.administration.put(
        username: "ana", name: "Ana", passwordHash: "old", role: .ministryAnalyst, region: nil)
      let found = try await database.store.sessions.lookUp(username: "ana", deadline: nil)
      try await database.administration.put(
        username: "ana", name: "Ana", passwordHash: "new", role: .ministryAnalyst, region: nil)
      let token = try SessionToken(pool: .ministry)
      let error = await storeError {
        _ = try await database.store.sessions.open(
          account: found, tokenSHA256: token.sha256, label: "test", lifetimeSeconds: 60, deadline: nil)
      }
      #expect(error?.code == .sessionUnknown)
    }
  }

  @Test func `a token that nobody was given is unknown`() async throws {
    try await TestDatabase.with { database in
      let stranger = TestSession(token: try SessionToken(pool: .ministry), role: .ministryAdmin, region: nil)
      #expect(await error(database, try stranger.reading)?.code == .sessionUnknown)
    }
  }

  @Test func `a session that has expired or was revoked is told so`() async throws {
    try await TestDatabase.with { database in
      let expired = try await database.session(.ministryAnalyst)
      try await database.rows(
        "update access.session set created = now() - interval '2 hours', expires = now() - interval '1 hour' where sid = $1",
        [.bytea(expired.token.sha256)])
      #expect(await error(database, try expired.reading)?.code == .sessionExpired)
      let revoked = try await database.session(.export)
      let id = try #require(try await database.administration.sessions(username: "export.nation").first?.id)
      #expect(try await database.administration.revoke(sessionID: id) == 1)
      #expect(await error(database, try revoked.reading)?.code == .sessionRevoked)
    }
  }

  @Test(arguments: Role.allCases) func `logging out ends the session of every role, once`(role: Role) async throws {
    try await TestDatabase.with { database in
      let session = try await database.session(role, region: role.needsRegion ? "35.71" : nil)
      let context = try session.context("SessionService/Logout")
      #expect(try await database.store.sessions.logOut(context))
      #expect(try await !database.store.sessions.logOut(context))
      #expect(await error(database, try session.reading)?.code == .sessionRevoked)
    }
  }

  @Test func `a session is unknown in the pool of another role`() async throws {
    try await TestDatabase.with { database in
      // A ministry session whose token was made for the region's pool: the letter only chooses the pool, the database decides.
      try await database.administration.put(username: "odd", name: "Odd", passwordHash: nil, role: .ministryAdmin, region: nil)
      let token = try SessionToken(pool: .region)
      try await database.administration.issueToken(
        username: "odd", tokenSHA256: token.sha256, label: "test", lifetimeSeconds: 60, mayWrite: true)
      let session = TestSession(token: token, role: .ministryAdmin, region: nil)
      #expect(await error(database, try session.reading)?.code == .sessionUnknown)
    }
  }

  @Test func `a viewer who writes is refused by name of the role, and nothing is written`() async throws {
    try await TestDatabase.with { database in
      let viewer = try await database.session(.regionViewer, region: "35.72")
      let refused = await storeError {
        _ = try await database.store.scores.put(try viewer.writing(), rows: [draft()], validateOnly: false, asOf: today)
      }
      #expect(refused?.code == .roleNotPermitted(role: .regionViewer))
      let tied = try await database.session(.regionAdmin, region: "35.72", username: "reader", mayWrite: false)
      let readOnly = await storeError {
        _ = try await database.store.scores.put(try tied.writing(), rows: [draft()], validateOnly: false, asOf: today)
      }
      #expect(readOnly?.code == .roleNotPermitted(role: .regionAdmin))
      let made: Int = try await database.value("select count(*)::int from registry.score where year = 2023")
      #expect(made == 0)
    }
  }

  @Test func `an unknown region is named to nobody who has not signed in`() async throws {
    try await TestDatabase.with { database in
      let stranger = TestSession(token: try SessionToken(pool: .ministry), role: .ministryAdmin, region: nil)
      let error = await storeError {
        _ = try await database.store.regions.get(try stranger.reading, region: region("Kota Kedirii"), asOf: today)
      }
      #expect(error?.code == .sessionUnknown)
    }
  }

  @Test func `a change of role ends an account's sessions`() async throws {
    try await TestDatabase.with { database in
      let session = try await database.session(.ministryAdmin, username: "ina")
      let changed = try await database.administration.put(
        username: "ina", name: "Test ina", passwordHash: nil, role: .ministryAnalyst, region: nil)
      #expect(changed.sessionsEnded == 1)
      #expect(await error(database, try session.reading)?.code == .sessionRevoked)
    }
  }

  @Test(arguments: [Role.regionAdmin, .regionViewer]) func `a regional account without a region is refused`(role: Role)
    async throws
  {
    try await TestDatabase.with { database in
      let error = await storeError {
        try await database.administration.put(username: "lost", name: "Lost", passwordHash: nil, role: role, region: nil)
      }
      guard case .invalid = error?.code else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
  }
}

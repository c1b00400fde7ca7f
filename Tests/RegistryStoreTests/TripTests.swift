import PostgresClient
import RegistryAccess
import RegistryModel
import RegistryStore
import RegistryTestKit
import Testing

@Suite struct `Trips to the database` {
  /// Requests and trips of a pool while the body ran.
  private func sent(
    _ pool: PostgresPool, _ body: () async throws -> Void
  ) async rethrows -> (requests: Int, roundTrips: Int) {
    let before = pool.statistics
    try await body()
    let after = pool.statistics
    return (after.requests - before.requests, after.roundTrips - before.roundTrips)
  }

  @Test func `each question of a signed-in caller costs one trip`() async throws {
    try await TestDatabase.with(adjust: { $0.connectionsMax = 1 }) { database in
      let store = database.store
      let session = try await database.session(.regionAdmin, region: "35.71")
      let reading = try session.reading
      _ = try await store.datasets.inspect(deadline: nil)
      let key = ScoreKey(year: 2022, stage: .annual, kind: .implementation)
      let page = PageRequest(size: 10)
      let questions: [(String, () async throws -> Void)] = [
        ("regions.list", { _ = try await store.regions.list(reading, filter: RegionFilter(asOf: today), page: page) }),
        ("regions.get", { _ = try await store.regions.get(reading, region: region("Kota Kediri"), asOf: today) }),
        ("regions.search", { _ = try await store.regions.search(reading, text: "kediri", limit: 5, asOf: today) }),
        ("regions.report", { _ = try await store.regions.report(reading, region: region("35.71"), year: 2022, stage: .annual) }),
        ("cohorts.list", { _ = try await store.cohorts.list(reading) }),
        ("cohorts.get", { _ = try await store.cohorts.get(reading, year: 2021, bordersAsOf: today) }),
        ("comparison", { _ = try await store.comparison.material(reading, query: ComparisonQuery()) }),
        ("scores.list", { _ = try await store.scores.list(reading, filter: ScoreFilter(), page: page, asOf: today) }),
        ("scores.explain", { _ = try await store.scores.explain(reading, region: region("bps:3571"), key: key) }),
        ("scores.catalogue", { _ = try await store.scores.catalogue(reading) }),
        ("sessions.whoAmI", { _ = try await store.sessions.whoAmI(reading, asOf: today) }),
        ("datasets.show", { _ = try await store.datasets.show(reading) }),
      ]
      for (name, question) in questions {
        // Statements are prepared on their first use.
        try await question()
        let difference = try await sent(database.pools.region, question)
        #expect(difference.requests == 1 && difference.roundTrips == 1, "\(name)")
      }
      var row = draft("35.71", year: 2023)
      _ = try await store.scores.put(try session.writing(), rows: [row], validateOnly: false, asOf: today)
      row.expectedVersion = 1
      row.published = number("2.60")
      let difference = try await sent(database.pools.region) {
        _ = try await store.scores.put(try session.writing(), rows: [row], validateOnly: false, asOf: today)
      }
      #expect(difference.requests == 1 && difference.roundTrips == 1)
    }
  }

  @Test func `a deadline that has passed asks the database nothing`() async throws {
    try await TestDatabase.with { database in
      let session = try await database.session(.ministryAnalyst)
      let late = try session.context("CohortService/ListCohorts", deadline: ContinuousClock.now)
      let difference = await sent(database.pools.ministry) {
        let error = await storeError { _ = try await database.store.cohorts.list(late) }
        #expect(error?.code == .deadlineExceeded)
      }
      #expect(difference.requests == 0)
    }
  }

  @Test func `a deadline ends a write that waits for another`() async throws {
    try await TestDatabase.with { database in
      let session = try await database.session(.regionAdmin, region: "35.71")
      _ = try await database.store.scores.put(
        try session.writing(), rows: [draft("35.71", year: 2023)], validateOnly: false, asOf: today)
      try await database.admin.withConnection { connection in
        _ = try await connection.script("begin; select * from registry.score where year = 2023 for update")
        let soon = ContinuousClock.now.advanced(by: .milliseconds(300))
        let error = await storeError {
          _ = try await database.store.scores.put(
            try session.context("ScoreService/PutScores", deadline: soon),
            rows: [draft("35.71", year: 2023, total: "2.60", expecting: 1)],
            validateOnly: false, asOf: today)
        }
        #expect(error?.code == .deadlineExceeded)
        _ = try await connection.script("rollback")
      }
    }
  }

  @Test func `a database that is away is unavailable, and is found again when it is back`() async throws {
    try await TestDatabase.with(adjust: { $0.downtimeWaitMax = .milliseconds(200) }) { database in
      let reading = try await database.session(.ministryAnalyst).reading
      _ = try await database.store.cohorts.list(reading)
      try await TestCluster.command("alter database \(database.name) with allow_connections false")
      try await TestCluster.command("select pg_terminate_backend(pid) from pg_stat_activity where datname = '\(database.name)'")
      // The connection that was cut may be noticed by the first request only.
      var away: StoreError?
      while away == nil { away = await storeError { _ = try await database.store.cohorts.list(reading) } }
      #expect(away?.code == .unavailable && away?.reason == "REGISTRY_UNAVAILABLE")
      #expect(away?.message.contains("seratus_") == false && away?.message.contains("host") == false)
      try await TestCluster.command("alter database \(database.name) with allow_connections true")
      var back: Answer<[CohortSummary]>?
      while back == nil { back = try? await database.store.cohorts.list(reading) }
      #expect(back?.value.count == 7)
    }
  }

  @Test func `readiness asks all four logins`() async throws {
    try await TestDatabase.with { database in
      try await database.store.datasets.ping(deadline: nil)
      let facts = try await database.store.datasets.inspect(deadline: nil)
      #expect(facts.regions == 514 && facts.dataset.dataset == .official)
      #expect(facts.schemaVersion == (try Schema(folder: "\(TestCluster.root)/db").migrations.count))
    }
  }
}

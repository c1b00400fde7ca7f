import Lontar
import LontarTesting
import PostgresClient
import RegistryAccess
import RegistryModel
import RegistryProtocol
import RegistryServices
import RegistryTestKit
import Testing

/// What is left of a call's deadline, as it came over the wire, is the `statement_timeout` of its SQL.
///
/// Every read of `registry.region_line` is made to look at that setting and then to sleep: by a policy of row security, so that it
/// happens within the service's own statement. What it sees it leaves behind as an advisory lock of its session: a transaction that
/// may only read can take one, and everybody else can see it.
@Suite(.timeLimit(.minutes(5))) struct DeadlineInSQLTests {
  private static let watch = """
    create schema watch;
    grant usage on schema watch to public;
    create function watch.look() returns boolean language plpgsql volatile as $$
    begin
      perform pg_catalog.pg_advisory_lock_shared(4711, s.setting::int)
        from pg_catalog.pg_settings s where s.name = 'statement_timeout';
      perform pg_catalog.pg_sleep(600);
      return true;
    end $$;
    grant execute on function watch.look() to public;
    alter table registry.region_line enable row level security;
    create policy watched on registry.region_line for select using (watch.look());
    """

  /// What one statement saw.
  private struct Look: Sendable {
    /// Of `statement_timeout`; 0 would be none.
    let milliseconds: Int
    /// Of its backend, by now.
    let state: String
    let statement: String

    var isRunning: Bool { state != "idle" }
  }

  private static func looks(_ database: TestDatabase) async throws -> [Look] {
    let sql = """
      select l.objid::int8, coalesce(a.state, ''), coalesce(a.query, '')
      from pg_locks l join pg_stat_activity a on a.pid = l.pid
      where l.locktype = 'advisory' and l.classid = 4711 and l.objsubid = 2
        and l.database = (select d.oid from pg_database d where d.datname = current_database())
      """
    return try await database.rows(sql).map { row in
      Look(milliseconds: try row.int(0), state: try row.string(1), statement: try row.string(2))
    }
  }

  private static let request: Seratus_V1_GetRegionRequest = {
    var request = Seratus_V1_GetRegionRequest()
    request.region = "35.71"
    return request
  }()

  /// A server of the real services over a database of its own, where looking has begun, and a client that is connected.
  /// - Parameter role: of the ministry or the export, for whose logins `statement_timeout` is 30 s until a call sets its own.
  private static func with(
    _ role: Role, _ body: (TestDatabase, LontarClient, Metadata) async throws -> Void
  ) async throws {
    try await TestDatabase.with { database async throws in
      let session = try await database.session(role)
      let core = database.core
      let echo = try await EchoServer.start(register: { router in
        router.register(RegionService(core))
        router.register(ExportService(core))
      })
      let client = try echo.client()
      var authorization = Metadata()
      authorization.add("authorization", "Bearer \(session.token.text)")
      do {
        // The pool has its connection and the server its reference: what is left of a later call goes into its own statement.
        _ = try await Seratus_V1_RegionServiceClient(client).getRegion(
          Self.request, options: CallOptions(metadata: authorization))
        try await database.admin.withConnection { _ = try await $0.script(Self.watch) }
        try await body(database, client, authorization)
      } catch {
        Issue.record(error)
      }
      await echo.stop(client)
    }
  }

  @Test func `a read runs under what is left of its call, and no longer`() async throws {
    try await Self.with(.ministryAnalyst) { database, client, authorization in
      let options = CallOptions(timeout: .seconds(5), metadata: authorization)
      var looks: [Look] = []
      // On a machine so busy that a call never came to its statement, there was nothing to see: once more.
      while looks.isEmpty {
        let error = await refusal {
          try await Seratus_V1_RegionServiceClient(client).getRegion(Self.request, options: options)
        }
        #expect(error?.code == .deadlineExceeded)
        looks = try await Self.looks(database)
      }
      #expect(looks.allSatisfy { (1...5_000).contains($0.milliseconds) }, "\(looks)")
      // What stays runs into the time limit.
      while try await Self.looks(database).contains(where: \.isRunning) {}
    }
  }

  /// The other end of the scale: with more time than the store gives a read, the store's limit holds.
  @Test func `a read whose call has all the time there is runs under the store's limit`() async throws {
    try await Self.with(.ministryAnalyst) { database, client, authorization in
      let options = CallOptions(timeout: .seconds(200), metadata: authorization)
      let call = Task {
        await refusal { try await Seratus_V1_RegionServiceClient(client).getRegion(Self.request, options: options) }?.code
      }
      let look = try await Self.firstLook(database)
      #expect((1...30_000).contains(look.milliseconds), "\(look)")
      #expect(look.statement.contains("region_on"))
      call.cancel()
      #expect(await call.value == .cancelled)
      while try await Self.looks(database).contains(where: \.isRunning) {}
    }
  }

  @Test func `each chunk of an export is fetched under what is left of its call, and nothing stays behind`() async throws {
    try await Self.with(.export) { database, client, authorization in
      // Below the 30 s that the login has by itself.
      let options = CallOptions(timeout: .seconds(20), metadata: authorization)
      let stream = try await Seratus_V1_ExportServiceClient(client).exportScores(
        Seratus_V1_ExportScoresRequest(), options: options)
      let reading = Task {
        await refusal { () async throws -> Void in for try await _ in stream {} }?.code
      }
      let look = try await Self.firstLook(database)
      #expect((1...20_000).contains(look.milliseconds), "\(look)")
      #expect(look.statement.hasPrefix("fetch "), "\(look)")
      #expect(await reading.value == .deadlineExceeded)
      while try await Self.looks(database).contains(where: \.isRunning) {}
    }
  }

  /// A stream may last longer than a read: its deadline is its own.
  @Test func `an export with more time than a read has is told so`() async throws {
    try await Self.with(.export) { database, client, authorization in
      let options = CallOptions(timeout: .seconds(200), metadata: authorization)
      let stream = try await Seratus_V1_ExportServiceClient(client).exportScores(
        Seratus_V1_ExportScoresRequest(), options: options)
      let reading = Task {
        await refusal { () async throws -> Void in for try await _ in stream {} }?.code
      }
      let look = try await Self.firstLook(database)
      #expect((30_001...200_000).contains(look.milliseconds), "\(look)")
      reading.cancel()
      #expect(await reading.value == .cancelled)
      while try await Self.looks(database).contains(where: \.isRunning) {}
    }
  }

  /// What a statement sees that runs now; a call that never comes to one runs into the time limit.
  private static func firstLook(_ database: TestDatabase) async throws -> Look {
    while true {
      if let look = try await looks(database).first(where: \.isRunning) { return look }
    }
  }
}

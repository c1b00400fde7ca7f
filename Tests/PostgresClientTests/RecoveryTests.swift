import Foundation
import PostgresClient
import Testing

extension ServerTests {
  @Suite struct RecoveryTests {
    private static let terminate = PostgresStatement.unnamed(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1 and pid <> pg_backend_pid()")

    @Test(arguments: [false, true])
    func `a connection lost under a request is told, and replaced`(repeatable: Bool) async throws {
      let name = TestDatabase.freshName("lost")
      try await TestDatabase.withPool { observer in
        try await TestDatabase.withPool {
          $0.connectionsMax = 1
          $0.applicationName = String(name.prefix(40))
        } _: { pool in
          let request = PostgresRequest("select pg_sleep(600) /* \(name) */", repeatable: repeatable)
          let task = Task { await pool.error(request) }
          try await observer.waitUntilRunning(name)
          _ = try await observer.rows(Self.terminate, [.text(String(name.prefix(40)))])
          let error = await task.value
          #expect(error?.code == .connectionLost(sent: true))
          #expect(error?.retryable == repeatable)
          #expect(try await pool.rows("select 1")[0].int(0) == 1)
          #expect(pool.statistics.reconnects >= 1)
        }
      }
    }

    @Test func `idle connections that end are replaced`() async throws {
      let name = String(TestDatabase.freshName("idle").prefix(40))
      try await TestDatabase.withPool { observer in
        try await TestDatabase.withPool {
          $0.connectionsMax = 1
          $0.applicationName = name
        } _: { pool in
          for _ in 0..<3 {
            #expect(try await pool.rows("select 1")[0].int(0) == 1)
            let before = pool.statistics.reconnects
            _ = try await observer.rows(Self.terminate, [.text(name)])
            while pool.statistics.reconnects == before { await Task.yield() }
          }
          #expect(try await pool.rows("select 1")[0].int(0) == 1)
        }
      }
    }

    @Test func `a lent connection that is lost fails and does not come back by itself`() async throws {
      let name = String(TestDatabase.freshName("torn").prefix(40))
      try await TestDatabase.withPool { observer in
        try await TestDatabase.withPool {
          $0.applicationName = name
        } _: { pool in
          try await pool.withConnection { connection in
            _ = try await connection.execute([PostgresStep(.unnamed("begin"))])
            _ = try await observer.rows(Self.terminate, [.text(name)])
            for _ in 0..<2 {
              await #expect(throws: PostgresError.self) { try await connection.execute([PostgresStep(.unnamed("select 1"))]) }
            }
          }
          let answer = try await pool.withConnection { connection in
            try await connection.execute([PostgresStep(.unnamed("select 1"))])[0].rows[0].int(0)
          }
          #expect(answer == 1)
        }
      }
    }

    @Test func `with no database a request is refused at once`() async throws {
      // Nobody listens on port 1.
      try await TestDatabase.withPool(conninfo: "host=127.0.0.1 port=1 dbname=none") {
        $0.downtimeWaitMax = .zero
      } _: { pool in
        for _ in 0..<3 {
          let error = await pool.error(PostgresRequest("select 1"))
          #expect(error?.code == .unavailable)
          #expect(error?.retryable == true)
        }
        await #expect(throws: PostgresError.self) { try await pool.withConnection { _ in } }
        #expect(pool.statistics.requests == 0)
      }
    }

    @Test(arguments: ["nonsense", "postgresql://[", "host=/nowhere dbname=x"])
    func `a conninfo that cannot work is told as such`(conninfo: String) async throws {
      try await TestDatabase.withPool(conninfo: conninfo) {
        $0.downtimeWaitMax = .milliseconds(10)
      } _: { pool in
        let error = await pool.error(PostgresRequest("select 1"))
        #expect(error?.code == .unavailable)
        #expect(error?.detail?.isEmpty == false)
      }
    }

    @Test func `a pool outlives an absent, a starting and a restarting server`() async throws {
      let folder = FileManager.default.temporaryDirectory.appendingPathComponent(TestDatabase.freshName("pg")).path
      let conninfo = await TestDatabase.script("start --fast --data \(folder)")
      await TestDatabase.script("stop --fast --data \(folder)")
      try await TestDatabase.withPool(conninfo: conninfo) {
        $0.connectionsMax = 2
      } _: { pool in
        let early = Task { try await pool.rows("select 1")[0].int(0) }
        await TestDatabase.script("start --fast --data \(folder)")
        #expect(try await early.value == 1)

        let marker = TestDatabase.freshName("interrupted")
        let running = Task { await pool.error(PostgresRequest("select pg_sleep(600) /* \(marker) */")) }
        try await TestDatabase.withPool(conninfo: conninfo) { observer in try await observer.waitUntilRunning(marker) }
        await TestDatabase.script("restart --fast --data \(folder)")
        #expect(await running.value?.code == .connectionLost(sent: true))
        #expect(try await pool.rows("select 2")[0].int(0) == 2)
      }
      await TestDatabase.script("remove --fast --data \(folder)")
    }
  }
}

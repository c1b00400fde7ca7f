import PostgresClient
import Testing

extension ServerTests {
  @Suite struct PipelineTests {
    private let enter = PostgresStatement(name: "enter", sql: "select set_config('test.tenant', $1, true)")
    private let tenant = PostgresStatement(name: "tenant", sql: "select current_setting('test.tenant', true) as tenant")
    private let echo = PostgresStatement(name: "echo", sql: "select $1::int8 as n")
    private let divide = PostgresStatement(name: "divide", sql: "select 1 / $1::int4")

    @Test func `a request of three steps costs one trip`() async throws {
      try await TestDatabase.withPool {
        $0.connectionsMax = 1
      } _: { pool in
        let steps = [PostgresStep(enter, [.text("31")]), PostgresStep(tenant), PostgresStep(echo, [.int8(7)])]
        _ = try await pool.execute(PostgresRequest(steps))
        let before = pool.statistics
        let results = try await pool.execute(PostgresRequest(steps))
        let after = pool.statistics
        #expect(after.roundTrips - before.roundTrips == 1)
        #expect(after.requests - before.requests == 1)
        #expect(results.count == 3)
        #expect(try results[1].rows[0].string("tenant") == "31")
        #expect(try results[2].rows[0].int("n") == 7)
      }
    }

    @Test func `what a request sets is gone in the next one`() async throws {
      try await TestDatabase.withPool {
        $0.connectionsMax = 1
      } _: { pool in
        _ = try await pool.execute(PostgresRequest([PostgresStep(enter, [.text("31")])]))
        let rest: String? = try await pool.rows(tenant)[0]["tenant"]
        #expect(rest == nil || rest == "")
      }
    }

    @Test(arguments: [(1, 256), (4, 32), (3, 1)])
    func `ten thousand interleaved requests get their own answers`(connections: Int, depth: Int) async throws {
      try await TestDatabase.withPool {
        $0.connectionsMax = connections
        $0.pipelineDepthMax = depth
        $0.waitingRequestsMax = 20_000
      } _: { pool in
        let wrong = try await withThrowingTaskGroup(of: Bool.self) { group in
          for number in 0..<10_000 {
            group.addTask { [echo] in try await pool.rows(echo, [.int8(Int64(number))])[0].int(0) != number }
          }
          return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(wrong == 0)
        #expect(pool.statistics.requests == 10_000)
        #expect(pool.statistics.preparations <= connections)
      }
    }

    @Test func `a statement is prepared once per connection`() async throws {
      try await TestDatabase.withPool {
        $0.connectionsMax = 1
      } _: { pool in
        for number in 0..<20 { _ = try await pool.rows(echo, [.int8(Int64(number))]) }
        #expect(pool.statistics.preparations == 1)
        let known = try await pool.rows("select count(*) from pg_prepared_statements where name = 'echo'")
        #expect(try known[0].int(0) == 1)
      }
    }

    @Test(arguments: [false, true])
    func `an error in the middle skips the rest and undoes the beginning`(explicit: Bool) async throws {
      let table = TestDatabase.freshName("undone")
      try await TestDatabase.withPool {
        $0.connectionsMax = 1
      } _: { pool in
        _ = try await pool.rows("create table \(table) (n int8)")
        let insert = PostgresStatement(name: "insert", sql: "insert into \(table) values ($1)")
        let broken = [PostgresStep(insert, [.int8(1)]), PostgresStep(divide, [.int4(0)]), PostgresStep(insert, [.int8(2)])]
        let error = await pool.error(PostgresRequest(broken, explicitTransaction: explicit))
        #expect(error?.code == .server(sqlState: "22012"))
        #expect(error?.message == "division by zero")
        #expect(error?.retryable == false)
        let good = PostgresRequest([PostgresStep(insert, [.int8(3)])], explicitTransaction: explicit)
        _ = try await pool.execute(good)
        let rows = try await pool.rows("table \(table)")
        #expect(try rows.map { try $0.int(0) } == [3])
        #expect(pool.statistics.connections == 1)
        #expect(pool.statistics.reconnects == 0)
      }
    }

    @Test func `an explicit transaction is one, with its own clean end`() async throws {
      try await TestDatabase.withPool {
        $0.connectionsMax = 1
      } _: { pool in
        let identity = PostgresStatement(name: "identity", sql: "select pg_current_xact_id()::text")
        let first = PostgresRequest([PostgresStep(identity), PostgresStep(identity)], explicitTransaction: true)
        let results = try await pool.execute(first)
        #expect(try results[0].rows[0].string(0) == results[1].rows[0].string(0))
        let second = try await pool.execute(first)
        #expect(try results[0].rows[0].string(0) != second[0].rows[0].string(0))
      }
    }

    @Test func `an error at commit is reported`() async throws {
      let table = TestDatabase.freshName("deferred")
      try await TestDatabase.withPool {
        $0.connectionsMax = 1
      } _: { pool in
        _ = try await pool.rows("create table \(table) (n int8 constraint \(table)_once unique deferrable initially deferred)")
        let insert = PostgresStatement(name: "insert", sql: "insert into \(table) values (1)")
        for explicit in [false, true] {
          let twice = PostgresRequest([PostgresStep(insert), PostgresStep(insert)], explicitTransaction: explicit)
          let error = await pool.error(twice)
          #expect(error?.sqlState == "23505")
          #expect(error?.constraint == "\(table)_once")
        }
        #expect(try await pool.rows("select count(*) from \(table)")[0].int(0) == 0)
      }
    }

    @Test func `requests behind a failed preparation are sent again and get their own answer`() async throws {
      let table = TestDatabase.freshName("later")
      try await TestDatabase.withPool {
        $0.connectionsMax = 1
      } _: { pool in
        let read = PostgresStatement(name: "read", sql: "select count(*) from \(table)")
        let codes = await withTaskGroup(of: PostgresError.Code?.self) { group in
          for _ in 0..<50 { group.addTask { await pool.error(PostgresRequest([PostgresStep(read)]))?.code } }
          return await group.reduce(into: Set<PostgresError.Code?>()) { $0.insert($1) }
        }
        // 42P01 undefined_table is the truth; 26000 would be our own doing.
        #expect(codes.contains(.server(sqlState: "42P01")))
        _ = try await pool.rows("create table \(table) ()")
        #expect(try await pool.rows(read)[0].int(0) == 0)
      }
    }

    @Test func `a refused first step does not keep the later ones from being prepared`() async throws {
      try await TestDatabase.withPool {
        $0.connectionsMax = 1
      } _: { pool in
        let refused = PostgresRequest([PostgresStep(divide, [.int4(0)]), PostgresStep(echo, [.int8(1)])])
        #expect(await pool.error(refused)?.sqlState == "22012")
        let before = pool.statistics.preparations
        let answer = try await pool.rows(echo, [.int8(5)])[0].int(0)
        #expect(answer == 5)
        #expect(pool.statistics.preparations == before)
        #expect(pool.statistics.repetitions == 0)
      }
    }

    @Test func `a plan the schema has outlived is made anew`() async throws {
      let table = TestDatabase.freshName("widened")
      try await TestDatabase.withPool {
        $0.connectionsMax = 1
      } _: { pool in
        let read = PostgresStatement(name: "read", sql: "select * from \(table)")
        _ = try await pool.rows("create table \(table) (a int8)")
        #expect(try await pool.execute(PostgresRequest([PostgresStep(read)]))[0].columnCount == 1)
        _ = try await pool.rows("alter table \(table) add b int8")
        #expect(try await pool.execute(PostgresRequest([PostgresStep(read)]))[0].columnCount == 2)
      }
    }

    @Test(arguments: ["set timezone = 'UTC'", "  BEGIN", "listen x", "discard all", "copy pg_class to stdout"])
    func `a statement that would change a shared connection is refused`(sql: String) async throws {
      try await TestDatabase.withPool {
        $0.connectionsMax = 1
      } _: { pool in
        for statement in [PostgresStatement.unnamed(sql), PostgresStatement(name: "named", sql: sql)] {
          #expect(await pool.error(PostgresRequest([PostgresStep(statement)]))?.code == .misuse)
        }
        #expect(pool.statistics.roundTrips == 0)
      }
    }

    @Test func `requests do not line up behind a slow one`() async throws {
      try await TestDatabase.withPool { observer in
        try await TestDatabase.withPool {
          $0.connectionsMax = 2
        } _: { pool in
          let marker = TestDatabase.freshName("slow")
          let slow = Task { await pool.error(PostgresRequest("select pg_sleep(600) /* \(marker) */")) }
          try await observer.waitUntilRunning(marker)
          _ = try await observer.rows("select pg_sleep(0.05)")
          for number in 0..<10 {
            let answer = try await pool.rows(echo, [.int8(Int64(number))])[0].int(0)
            #expect(answer == number)
          }
          slow.cancel()
          #expect(await slow.value?.code == .cancelled)
        }
      }
    }

    @Test func `a conflict may be tried again`() async throws {
      try await TestDatabase.withPool {
        $0.connectionsMax = 1
      } _: { pool in
        let raise = "do $$ begin raise exception 'lost' using errcode = '40001', detail = 'd', hint = 'h'; end $$"
        let error = await pool.error(PostgresRequest(raise))
        #expect(error?.retryable == true)
        #expect(error?.sqlState == "40001")
        #expect(error?.detail == "d")
        #expect(error?.hint == "h")
      }
    }

    @Test func `a large request passes through a full socket`() async throws {
      try await TestDatabase.withPool {
        $0.connectionsMax = 1
      } _: { pool in
        let content = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let mirror = PostgresStatement(name: "mirror", sql: "select $1::bytea")
        let answers = try await withThrowingTaskGroup(of: Bool.self) { group in
          for _ in 0..<6 { group.addTask { try await pool.rows(mirror, [.bytea(content)])[0].bytes(0) == content } }
          return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers == Array(repeating: true, count: 6))
      }
    }
  }
}

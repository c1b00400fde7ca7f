import PostgresClient
import Testing

extension ServerTests {
  @Suite struct LimitTests {
    @Test(arguments: [(1, 2), (3, 4)])
    func `beyond pipeline and waiting queue requests are refused`(waiting: Int, held: Int) async throws {
      try await TestDatabase.withPool {
        $0.connectionsMax = 1
        $0.pipelineDepthMax = 1
        $0.waitingRequestsMax = waiting
      } _: { pool in
        try await TestDatabase.withPool { observer in
          let marker = TestDatabase.freshName("held")
          _ = try await pool.rows("select 1")
          let codes = try await withThrowingTaskGroup(of: PostgresError.Code?.self) { group in
            let lock = "select pg_sleep(600) /* \(marker) */"
            group.addTask { await pool.error(PostgresRequest(lock))?.code }
            try await observer.waitUntilRunning(marker)
            for _ in 0..<waiting { group.addTask { await pool.error(PostgresRequest("select 1"))?.code } }
            while pool.statistics.waiting < waiting { await Task.yield() }
            let refused = await pool.error(PostgresRequest("select 1"))
            #expect(refused?.code == .poolExhausted)
            #expect(refused?.retryable == true)
            _ = try await observer.rows(
              "select pg_cancel_backend(pid) from pg_stat_activity where position($1 in query) > 0 and pid <> pg_backend_pid()",
              [.text(marker)])
            return try await group.reduce(into: []) { $0.append($1) }
          }
          #expect(codes.count == held)
          // An administrator cancelled the first; the waiting ones were served.
          #expect(codes.filter { $0 == .cancelled }.count == 1)
          #expect(codes.filter { $0 == nil }.count == waiting)
        }
      }
    }

    @Test func `a queued request whose deadline passes is answered`() async throws {
      try await TestDatabase.withPool {
        $0.connectionsMax = 1
        $0.pipelineDepthMax = 1
      } _: { pool in
        let started = ContinuousClock.now
        async let long = pool.error(PostgresRequest("select pg_sleep(1)"))
        let late = await pool.error(PostgresRequest("select 1, 'late'", deadline: started + .milliseconds(1)))
        // Sent or queued, its time was over before its turn came, unless the first had not been sent yet.
        #expect(late == nil || late?.code == .deadlineExceeded)
        #expect(await long == nil)
      }
    }

    @Test func `a request with its deadline behind it is never sent`() async throws {
      try await TestDatabase.withPool { pool in
        let request = PostgresRequest("select 1", deadline: ContinuousClock.now - .seconds(1))
        #expect(await pool.error(request)?.code == .deadlineExceeded)
        #expect(pool.statistics.requests == 0)
      }
    }

    @Test func `a statement timeout of the first step is a deadline`() async throws {
      try await TestDatabase.withPool {
        $0.connectionsMax = 1
      } _: { pool in
        let limit = PostgresStatement(name: "limit", sql: "select set_config('statement_timeout', $1, true)")
        let sleep = PostgresStatement(name: "sleep", sql: "select pg_sleep(600)")
        let error = await pool.error(PostgresRequest([PostgresStep(limit, [.text("20")]), PostgresStep(sleep)]))
        #expect(error?.code == .deadlineExceeded)
        let rest = try await pool.rows("select current_setting('statement_timeout')")[0].string(0)
        #expect(rest == "0")
      }
    }

    @Test func `a running request without a timeout of its own ends after its deadline`() async throws {
      try await TestDatabase.withPool {
        $0.connectionsMax = 1
      } _: { pool in
        let request = PostgresRequest("select pg_sleep(600)", deadline: ContinuousClock.now + .milliseconds(50))
        #expect(await pool.error(request)?.code == .deadlineExceeded)
        let answer = try await pool.rows("select 1")[0].int(0)
        #expect(answer == 1)
      }
    }

    @Test func `a deadline is kept even behind another's slow work`() async throws {
      try await TestDatabase.withPool { observer in
        try await TestDatabase.withPool {
          $0.connectionsMax = 1
          $0.slowAfter = .seconds(600)
        } _: { pool in
          let marker = TestDatabase.freshName("slow")
          let slow = Task { await pool.error(PostgresRequest("select pg_sleep(600) /* \(marker) */")) }
          try await observer.waitUntilRunning(marker)
          let late = await pool.error(PostgresRequest("select 1", deadline: .now + .milliseconds(20)))
          #expect(late?.code == .deadlineExceeded)
          let still = try await observer.running(marker)
          #expect(still == 1)
          slow.cancel()
          #expect(await slow.value?.code == .cancelled)
          let answer = try await pool.rows("select 2")[0].int(0)
          #expect(answer == 2)
        }
      }
    }

    @Test func `a pool that is shut down refuses`() async throws {
      try await TestDatabase.withPool { pool in
        _ = try await pool.rows("select 1")
        await pool.shutdown()
        #expect(await pool.error(PostgresRequest("select 1"))?.code == .unavailable)
        #expect(pool.statistics.connections == 0)
        await pool.shutdown()
      }
    }

    @Test func `work under way outlives a graceful shutdown`() async throws {
      try await TestDatabase.withPool { observer in
        try await TestDatabase.withPool { pool in
          let marker = TestDatabase.freshName("lasting")
          async let last = pool.rows("select 5, pg_sleep(0.2) /* \(marker) */")
          try await observer.waitUntilRunning(marker)
          await pool.shutdown(grace: .seconds(60))
          #expect(try await last[0].int(0) == 5)
        }
      }
    }
  }
}

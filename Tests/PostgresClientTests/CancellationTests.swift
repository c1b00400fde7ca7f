import PostgresClient
import Testing

extension ServerTests {
  @Suite struct CancellationTests {
    @Test(arguments: [1, 3])
    func `a cancelled request is gone from the server when the call returns`(connections: Int) async throws {
      try await TestDatabase.withPool { observer in
        try await TestDatabase.withPool {
          $0.connectionsMax = connections
        } _: { pool in
          let marker = TestDatabase.freshName("gone")
          let task = Task { await pool.error(PostgresRequest("select pg_sleep(600) /* \(marker) */")) }
          try await observer.waitUntilRunning(marker)
          task.cancel()
          #expect(await task.value?.code == .cancelled)
          #expect(try await observer.running(marker) == 0)
          #expect(try await pool.rows("select 1")[0].int(0) == 1)
          #expect(pool.statistics.cancellations >= 1)
        }
      }
    }

    @Test func `requests behind a cancelled one run once each`() async throws {
      let table = TestDatabase.freshName("innocent")
      try await TestDatabase.withPool { observer in
        try await TestDatabase.withPool {
          $0.connectionsMax = 1
          $0.slowAfter = .seconds(600)
        } _: { pool in
          _ = try await pool.rows("create table \(table) (n int8)")
          let marker = TestDatabase.freshName("victim")
          let victim = Task { await pool.error(PostgresRequest("select pg_sleep(600) /* \(marker) */")) }
          try await observer.waitUntilRunning(marker)
          let innocents = (0..<20).map { number in
            Task { await pool.error(PostgresRequest("insert into \(table) values ($1)", [.int8(Int64(number))])) }
          }
          while pool.statistics.inFlight < 21 { await Task.yield() }
          victim.cancel()
          #expect(await victim.value?.code == .cancelled)
          for innocent in innocents { #expect(await innocent.value == nil) }
          let rows = try await pool.rows("select n from \(table) order by n")
          #expect(try rows.map { try $0.int(0) } == Array(0..<20))
        }
      }
    }

    @Test func `a request hit by the cancellation of another is sent again`() async throws {
      let sequence = TestDatabase.freshName("stray")
      try await TestDatabase.withPool { observer in
        try await TestDatabase.withPool {
          $0.connectionsMax = 1
          $0.slowAfter = .seconds(600)
        } _: { pool in
          _ = try await pool.rows("create sequence \(sequence)")
          let marker = TestDatabase.freshName("victim")
          let victim = Task { await pool.error(PostgresRequest("select pg_sleep(600) /* \(marker) */")) }
          try await observer.waitUntilRunning(marker)
          // Cancels itself on its first run only: sequences do not roll back. To the pool it looks like a stray.
          let sql = """
            select n, case when n = 1 then pg_cancel_backend(pg_backend_pid()) end, pg_sleep(0.05)
            from nextval('\(sequence)') as n
            """
          let innocent = Task { try await pool.rows(sql)[0].int(0) }
          while pool.statistics.inFlight < 2 { await Task.yield() }
          victim.cancel()
          #expect(await victim.value?.code == .cancelled)
          #expect(try await innocent.value == 2)
          #expect(pool.statistics.repetitions >= 1)
        }
      }
    }

    @Test func `a request cancelled while it waits is never sent`() async throws {
      try await TestDatabase.withPool { observer in
        try await TestDatabase.withPool {
          $0.connectionsMax = 1
          $0.pipelineDepthMax = 1
        } _: { pool in
          let marker = TestDatabase.freshName("first")
          let first = Task { await pool.error(PostgresRequest("select pg_sleep(600) /* \(marker) */")) }
          try await observer.waitUntilRunning(marker)
          let second = Task { await pool.error(PostgresRequest("select 2")) }
          while pool.statistics.waiting < 1 { await Task.yield() }
          let sent = pool.statistics.requests
          second.cancel()
          #expect(await second.value?.code == .cancelled)
          first.cancel()
          #expect(await first.value?.code == .cancelled)
          #expect(try await pool.rows("select 1").count == 1)
          // Cancellations aside, only the last request was sent since.
          #expect(pool.statistics.requests - sent - pool.statistics.cancellations == 1)
        }
      }
    }

    @Test func `a task cancelled beforehand sends nothing`() async throws {
      try await TestDatabase.withPool { pool in
        let task = Task {
          withUnsafeCurrentTask { $0?.cancel() }
          return await pool.error(PostgresRequest("select 1"))
        }
        #expect(await task.value?.code == .cancelled)
        #expect(pool.statistics.requests == 0)
      }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `many cancellations hurt only their own`(seed: UInt64) async throws {
      let table = TestDatabase.freshName("storm")
      try await TestDatabase.withPool {
        $0.connectionsMax = 3
        $0.pipelineDepthMax = 8
      } _: { pool in
        _ = try await pool.rows("create table \(table) (n int8 primary key)")
        var chance = SplitMix(state: seed)
        let innocents = (0..<300).map { number in
          Task { await pool.error(PostgresRequest("insert into \(table) values ($1)", [.int8(Int64(number))])) }
        }
        let victims = (0..<100).map { number in
          Task { await pool.error(PostgresRequest("select pg_sleep($1)", [.double(0.0005 * Double(number % 7))])) }
        }
        for victim in victims.shuffled(using: &chance) {
          victim.cancel()
          if chance.next() % 3 == 0 { await Task.yield() }
        }
        for victim in victims {
          let code = await victim.value?.code
          #expect(code == nil || code == .cancelled)
        }
        for innocent in innocents { #expect(await innocent.value == nil) }
        #expect(try await pool.rows("select count(*) from \(table)")[0].int(0) == 300)
      }
    }
  }
}

/// Vigna's SplitMix64: chance with a seed.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

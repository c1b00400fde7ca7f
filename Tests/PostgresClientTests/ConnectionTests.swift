import PostgresClient
import Testing

extension ServerTests {
  @Suite struct ConnectionTests {
    @Test func `a cursor brings a consistent snapshot in portions`() async throws {
      let table = TestDatabase.freshName("exported")
      try await TestDatabase.withPool { pool in
        _ = try await pool.rows("create table \(table) as select generate_series(1, 2500) as n")
        let sizes = try await pool.withConnection { connection in
          _ = try await connection.execute([
            PostgresStep(.unnamed("begin isolation level repeatable read read only")),
            PostgresStep(.unnamed("declare portion no scroll cursor for select n from \(table) order by n")),
          ])
          _ = try await pool.rows("delete from \(table)")
          var sizes: [Int] = []
          var next = 1
          while true {
            let rows = try await connection.execute([PostgresStep(.unnamed("fetch 1000 from portion"))])[0].rows
            if rows.isEmpty { break }
            #expect(try rows.map { try $0.int(0) } == Array(next..<next + rows.count))
            next += rows.count
            sizes.append(rows.count)
          }
          _ = try await connection.execute([PostgresStep(.unnamed("commit"))])
          return sizes
        }
        #expect(sizes == [1000, 1000, 500])
        #expect(try await pool.rows("select count(*) from \(table)")[0].int(0) == 0)
      }
    }

    @Test func `a connection given back inside a transaction is closed and its work undone`() async throws {
      let table = TestDatabase.freshName("left")
      try await TestDatabase.withPool {
        $0.exclusiveConnectionsMax = 1
      } _: { pool in
        _ = try await pool.rows("create table \(table) (n int8)")
        let first = try await pool.withConnection { connection in
          _ = try await connection.execute([
            PostgresStep(.unnamed("begin")), PostgresStep(.unnamed("insert into \(table) values (1)")),
          ])
          return try await connection.execute([PostgresStep(.unnamed("select pg_backend_pid()"))])[0].rows[0].int(0)
        }
        let second = try await pool.withConnection { connection in
          try await connection.execute([PostgresStep(.unnamed("select pg_backend_pid()"))])[0].rows[0].int(0)
        }
        #expect(first != second)
        #expect(try await pool.rows("select count(*) from \(table)")[0].int(0) == 0)
      }
    }

    @Test func `a clean connection is lent again`() async throws {
      try await TestDatabase.withPool {
        $0.exclusiveConnectionsMax = 1
      } _: { pool in
        var backends: Set<Int> = []
        for _ in 0..<3 {
          let backend = try await pool.withConnection { connection in
            try await connection.execute([PostgresStep(.unnamed("select pg_backend_pid()"))])[0].rows[0].int(0)
          }
          backends.insert(backend)
        }
        #expect(backends.count == 1)
      }
    }

    @Test func `a script runs whole or not at all, and its connection serves nobody else`() async throws {
      let table = TestDatabase.freshName("migrated")
      try await TestDatabase.withPool {
        $0.exclusiveConnectionsMax = 1
      } _: { pool in
        let results = try await pool.withConnection { connection in
          try await connection.script("create table \(table) (n int8); insert into \(table) values (4); select n from \(table)")
        }
        #expect(results.map(\.commandTag) == ["CREATE TABLE", "INSERT 0 1", "SELECT 1"])
        #expect(try results[2].rows[0].int("n") == 4)
        await #expect(throws: PostgresError.self) {
          try await pool.withConnection { connection in
            try await connection.script("set timezone = 'Asia/Jakarta'; insert into \(table) values (5); select 1 / 0")
          }
        }
        #expect(try await pool.rows("select count(*) from \(table)")[0].int(0) == 1)
        let zone = try await pool.withConnection { connection in
          try await connection.execute([PostgresStep(.unnamed("select current_setting('timezone')"))])[0].rows[0].string(0)
        }
        #expect(zone != "Asia/Jakarta")
      }
    }

    @Test func `steps and scripts follow one another on one connection`() async throws {
      try await TestDatabase.withPool { pool in
        let sum = try await pool.withConnection { connection in
          let one = try await connection.execute([PostgresStep(.unnamed("select 1"))])[0].rows[0].int(0)
          let two = try await connection.script("select 2")[0].rows[0].int(0)
          let three = try await connection.execute([PostgresStep(PostgresStatement(name: "three", sql: "select 3"))])[0].rows[0]
            .int(0)
          async let four = connection.execute([PostgresStep(.unnamed("select 4"))])[0].rows[0].int(0)
          async let five = connection.script("select 5")[0].rows[0].int(0)
          return try await one + two + three + four + five
        }
        #expect(sum == 15)
      }
    }

    @Test func `a copy in a script closes the connection with an error`() async throws {
      try await TestDatabase.withPool { pool in
        await #expect(throws: PostgresError.self) {
          try await pool.withConnection { connection in try await connection.script("copy pg_class to stdout") }
        }
        let answer = try await pool.withConnection { connection in try await connection.script("select 7")[0].rows[0].int(0) }
        #expect(answer == 7)
      }
    }

    @Test func `a lease waits for its turn and gives up at its deadline`() async throws {
      try await TestDatabase.withPool {
        $0.exclusiveConnectionsMax = 1
      } _: { pool in
        try await pool.withConnection { _ in
          let late: PostgresError.Code?
          do {
            try await pool.withConnection(deadline: .now + .milliseconds(20)) { _ in }
            late = nil
          } catch {
            late = (error as? PostgresError)?.code
          }
          #expect(late == .deadlineExceeded)
        }
        let order = try await withThrowingTaskGroup(of: Int.self) { group in
          for number in 0..<5 {
            group.addTask {
              try await pool.withConnection { connection in
                try await connection.execute([PostgresStep(.unnamed("select \(number)"))])[0].rows[0].int(0)
              }
            }
          }
          return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
        }
        #expect(order == [0, 1, 2, 3, 4])
      }
    }

    @Test func `a cancelled task ends its statement on a lent connection`() async throws {
      try await TestDatabase.withPool { pool in
        let marker = TestDatabase.freshName("lent")
        let task = Task {
          try await pool.withConnection { connection in
            _ = try await connection.execute([PostgresStep(.unnamed("begin"))])
            _ = try await connection.execute([PostgresStep(.unnamed("select pg_sleep(600) /* \(marker) */"))])
          }
        }
        try await pool.waitUntilRunning(marker)
        task.cancel()
        await #expect(throws: PostgresError.self) { try await task.value }
        #expect(try await pool.running(marker) == 0)
      }
    }

    @Test func `parameters of the session are set when it begins`() async throws {
      try await TestDatabase.withPool {
        $0.applicationName = "seratus tests"
        $0.sessionParameters = ["search_path": "pg_catalog, pg_temp", "seratus.note": #"a \ b"#]
      } _: { pool in
        let sql =
          "select current_setting('search_path') as a, current_setting('seratus.note') as b, current_setting('application_name') as c"
        let row = try await pool.rows(sql)[0]
        #expect(try row.string("a") == "pg_catalog, pg_temp")
        #expect(try row.string("b") == #"a \ b"#)
        #expect(try row.string("c") == "seratus tests")
      }
    }
  }
}

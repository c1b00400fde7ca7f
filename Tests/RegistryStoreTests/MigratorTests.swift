import Foundation
import PostgresClient
import RegistryModel
import RegistryStore
import RegistryTestKit
import Testing

@Suite struct `Migrating a database` {
  /// A database without anything in it, dropped afterwards.
  private func withEmpty<Result>(_ body: (PostgresPool) async throws -> Result) async throws -> Result {
    try await TestCluster.prepareRoles()
    let name = TestCluster.freshName()
    try await TestCluster.command("create database \(name)")
    let pool = TestCluster.pool(TestCluster.conninfo(database: name))
    do {
      let result = try await body(pool)
      await pool.shutdown()
      try await TestCluster.command("drop database \(name) with (force)")
      return result
    } catch {
      await pool.shutdown(grace: .zero)
      try? await TestCluster.command("drop database \(name) with (force)")
      throw error
    }
  }

  /// The schema `registry` with the table of migrations comes with the first of the real migrations.
  private func first() throws -> [Migration] {
    let schema = try Schema(folder: "\(TestCluster.root)/db")
    return Array(schema.migrations.prefix(1))
  }

  private func schema(_ more: [Migration]) throws -> Schema {
    // The roles of the cluster are there already; changing them while other tests log in is not this test's business.
    try Schema(roles: "select 1", migrations: try first() + more)
  }

  private func migrationError(_ body: () async throws -> Void) async -> MigrationError? {
    do {
      try await body()
      return nil
    } catch {
      return error as? MigrationError
    }
  }

  @Test func `a fresh database gets every migration once, and a second run does nothing`() async throws {
    try await TestDatabase.with { database in
      let known = try Schema(folder: "\(TestCluster.root)/db").migrations.count
      let applied: Int = try await database.value("select count(*)::int from registry.migration")
      #expect(applied == known)
      #expect(try await Migrator(pool: database.admin, schema: try Schema(folder: "\(TestCluster.root)/db")).version() == known)
    }
    try await withEmpty { pool in
      let two = try schema([
        Migration(version: 2, name: "two", sql: "create table registry.two (n int); insert into registry.two values (2)")
      ])
      let migrator = Migrator(pool: pool, schema: two)
      #expect(try await migrator.version() == 0)
      let report = try await migrator.migrate()
      #expect(report.before == 0 && report.after == 2)
      #expect(report.applied == ["0001_schemas.sql", "0002_two.sql"])
      let again = try await migrator.migrate()
      #expect(again.before == 2 && again.after == 2 && again.applied.isEmpty)
    }
  }

  @Test func `the database judges its own catalogue and finds no breach of the isolation rules`() async throws {
    try await TestDatabase.shared { database in
      let faults = try await database.catalogueFaults()
      #expect(faults == [])
    }
  }

  @Test func `a checksum is the SHA-256 of the file's text`() async throws {
    try await withEmpty { pool in
      // printf 'select 1' | sha256sum
      let sql = "select 1"
      _ = try await Migrator(pool: pool, schema: try schema([Migration(version: 2, name: "one", sql: sql)])).migrate()
      let rows = try await pool.execute(
        PostgresRequest([PostgresStep(.unnamed("select sha256 from registry.migration where version = 2"))]))[0].rows
      #expect(try rows.first?.string(0) == "822ae07d4783158bc1912bb623e5107cc9002d519e1143a9c200ed6ee18b6d0f")
    }
  }

  @Test func `a file that was changed after it had been applied is refused, and later files are not run`() async throws {
    try await withEmpty { pool in
      let old = Migration(version: 2, name: "two", sql: "select 1")
      _ = try await Migrator(pool: pool, schema: try schema([old])).migrate()
      let changed = [
        Migration(version: 2, name: "two", sql: "select 2"),
        Migration(version: 3, name: "three", sql: "create table registry.three ()"),
      ]
      let error = await migrationError { _ = try await Migrator(pool: pool, schema: try schema(changed)).migrate() }
      #expect(error?.code == .changed(version: 2))
      #expect(error?.message.contains("0002_two.sql") == true)
      #expect(try await Migrator(pool: pool, schema: try schema([old])).version() == 2)
    }
  }

  @Test func `a gap in the numbers is refused before anything is done`() throws {
    let error = #expect(throws: MigrationError.self) {
      try Schema(
        roles: "", migrations: [Migration(version: 1, name: "one", sql: ""), Migration(version: 3, name: "three", sql: "")])
    }
    #expect(error?.code == .gap(expected: 2, found: "0003_three.sql"))
  }

  @Test func `a database that is newer than the program is refused`() async throws {
    try await withEmpty { pool in
      let two = Migration(version: 2, name: "two", sql: "select 1")
      _ = try await Migrator(pool: pool, schema: try schema([two])).migrate()
      let error = await migrationError { _ = try await Migrator(pool: pool, schema: try schema([])).migrate() }
      #expect(error?.code == .newer(database: 2, known: 1))
    }
  }

  @Test func `a migration that fails half-way is undone as a whole, and those before it stay`() async throws {
    try await withEmpty { pool in
      let bad = Migration(version: 2, name: "bad", sql: "create table registry.half (n int); select 1 / 0")
      let error = await migrationError { _ = try await Migrator(pool: pool, schema: try schema([bad])).migrate() }
      #expect(error?.code == .failed(version: 2))
      let gone = try await pool.execute(
        PostgresRequest([PostgresStep(.unnamed("select to_regclass('registry.half') is null"))]))[0].first?.bool(0)
      #expect(gone == true)
      #expect(try await Migrator(pool: pool, schema: try schema([])).version() == 1)
    }
  }

  @Test(arguments: [
    ("0001_a.sql", true), ("0001_a.txt", false), ("1_a.sql", false), ("0000_a.sql", false), ("0001_A.sql", false),
  ])
  func `a migration is named by four digits and lower-case words`(name: String, isFine: Bool) {
    #expect((Migration(fileName: name, sql: "") != nil) == isFine)
  }
}

extension TestDatabase {
  /// The rows of db/queries/catalogue.sql.
  func catalogueFaults() async throws -> [String] {
    let text = try String(contentsOfFile: "\(TestCluster.root)/db/queries/catalogue.sql", encoding: .utf8)
    return try await rows(text).map { "\(try $0.string(0)): \(try $0.string(1))" }
  }
}

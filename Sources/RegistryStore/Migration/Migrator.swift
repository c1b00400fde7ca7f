package import PostgresClient

/// What a migrator did.
package struct MigrationReport: Sendable, Hashable {
  /// Version before, 0 for an empty database.
  package let before: Int
  package let after: Int
  /// `0007_access.sql`, in the order applied.
  package let applied: [String]
  /// Logins whose password was set.
  package let passwordsSet: [String]
}

/// Passwords of the four logins; nil leaves one as it is (certificates, or set elsewhere).
package struct LoginPasswords: Sendable {
  package var region: String?
  package var ministry: String?
  package var export: String?
  package var gate: String?

  package init(region: String? = nil, ministry: String? = nil, export: String? = nil, gate: String? = nil) {
    self.region = region
    self.ministry = ministry
    self.export = export
    self.gate = gate
  }

  var named: [(login: String, password: String)] {
    [("seratus_region", region), ("seratus_ministry", ministry), ("seratus_export", export), ("seratus_gate", gate)]
      .compactMap { login, password in password.map { (login, $0) } }
  }
}

/// Brings a database to the schema of this program, step by step, each in a transaction of its own. Runs as a superuser: roles
/// belong to the whole cluster. Running it again changes nothing.
package struct Migrator: Sendable {
  /// A migration that waits longer for a lock stands in the way of everybody behind it.
  package static let lockTimeout = "5s"

  private let pool: PostgresPool
  private let schema: Schema

  /// - Parameter pool: of an administrator, with at least one exclusive connection.
  package init(pool: PostgresPool, schema: Schema) {
    self.pool = pool
    self.schema = schema
  }

  /// - Throws: `MigrationError`. Migrations before the one that failed stay applied.
  package func migrate(passwords: LoginPasswords = LoginPasswords()) async throws(MigrationError) -> MigrationReport {
    do {
      return try await pool.withConnection { connection in
        try await prepare(connection)
        let plan = try await plan(connection)
        for step in plan.pending { try await apply(step, connection) }
        let set = try await setPasswords(passwords, connection)
        let after = schema.migrations.count
        return MigrationReport(
          before: after - plan.pending.count, after: after, applied: plan.pending.map(\.migration.fileName), passwordsSet: set)
      }
    } catch {
      throw MigrationError(wrapping: error)
    }
  }

  /// Number of the last migration applied; 0 for an empty database.
  package func version() async throws(MigrationError) -> Int {
    do {
      return try await pool.withConnection { try await applied($0).last?.version ?? 0 }
    } catch {
      throw MigrationError(wrapping: error)
    }
  }

  /// Locks out other migrators of this database and makes sure of the roles.
  private func prepare(_ connection: PostgresConnection) async throws {
    _ = try await connection.script("set lock_timeout = '\(Self.lockTimeout)'; set client_min_messages = warning")
    _ = try await connection.execute([Queries.migrationLock()])
    do {
      _ = try await connection.script(schema.roles)
    } catch {
      throw MigrationError(.rolesFailed, "db/roles.sql failed; run the migrator as a superuser", detail: "\(error)")
    }
  }

  private func plan(_ connection: PostgresConnection) async throws -> MigrationPlan {
    let results = try await connection.execute([Queries.migrationChecksums(.textArray(schema.migrations.map(\.sql)))])
    let checksums = try results[0].rows.map { try $0.string("sha256") }
    return try MigrationPlan(schema: schema, checksums: checksums, applied: try await applied(connection))
  }

  private func applied(_ connection: PostgresConnection) async throws -> [AppliedMigration] {
    let present = try await connection.execute([Queries.migrationTableExists()])
    guard let row = present[0].first, try row.bool("present") else { return [] }
    let results = try await connection.execute([Queries.migrationsApplied()])
    return try results[0].rows.map {
      AppliedMigration(version: try $0.int("version"), name: try $0.string("name"), sha256: try $0.string("sha256"))
    }
  }

  private func apply(_ step: MigrationPlan.Step, _ connection: PostgresConnection) async throws {
    let migration = step.migration
    do {
      // A file is one text of many commands; BEGIN before it keeps the record in its transaction.
      _ = try await connection.script("begin;\n\(migration.sql)")
      _ = try await connection.execute([
        Queries.migrationRecord(.int4(Int32(migration.version)), .text(migration.name), .text(step.sha256))
      ])
      _ = try await connection.script("commit")
    } catch {
      _ = try? await connection.script("rollback")
      if error.sqlState == "55P03" { throw error }
      throw MigrationError(
        .failed(version: migration.version), "\(migration.fileName) failed and was undone: \(error.message)",
        detail: error.description)
    }
  }

  private func setPasswords(_ passwords: LoginPasswords, _ connection: PostgresConnection) async throws -> [String] {
    for (login, password) in passwords.named {
      _ = try await connection.execute([
        Queries.loginNamed(.text(login), .text(password)), Queries.loginPasswordSet(),
      ])
    }
    return passwords.named.map(\.login)
  }
}

extension MigrationError {
  fileprivate init(wrapping error: any Error) {
    switch error {
    case let error as MigrationError: self = error
    case let error as PostgresError where error.sqlState == "55P03":
      self.init(
        .locked, "another migrator or a long transaction holds a lock; try again when it has ended", detail: error.description)
    default:
      self.init(.unavailable, "the database did not answer the migrator; look at its log", detail: "\(error)")
    }
  }
}

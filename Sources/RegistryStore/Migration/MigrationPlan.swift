/// A migration as the database remembers it.
struct AppliedMigration: Sendable, Hashable {
  let version: Int
  let name: String
  let sha256: String
}

/// What is to be done so that a database has the schema, decided without touching it.
struct MigrationPlan: Sendable {
  struct Step: Sendable, Hashable {
    let migration: Migration
    let sha256: String
  }

  let pending: [Step]

  /// - Parameter checksums: of the migrations of the schema, in their order.
  /// - Throws: `newer`, `changed`.
  init(schema: Schema, checksums: [String], applied: [AppliedMigration]) throws(MigrationError) {
    let known = schema.migrations.count
    if let last = applied.last, last.version > known {
      throw MigrationError(
        .newer(database: last.version, known: known),
        "the database is at migration \(last.version), this program knows \(known); use a newer program")
    }
    for (index, old) in applied.enumerated() {
      let file = schema.migrations[index]
      guard old.version == file.version, old.sha256 == checksums[index] else {
        throw MigrationError(
          .changed(version: file.version),
          "\(file.fileName) was changed after it had been applied; restore it and put the change into a new migration",
          detail: "applied as version \(old.version) \(old.name) with \(old.sha256), the file has \(checksums[index])")
      }
    }
    pending = zip(schema.migrations, checksums).dropFirst(applied.count).map { Step(migration: $0, sha256: $1) }
  }
}

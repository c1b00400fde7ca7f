/// Why a database was not migrated. Nothing of the migration concerned is left behind.
package struct MigrationError: Error, Sendable, CustomStringConvertible {
  package enum Code: Sendable, Hashable {
    case badFileName(String)
    case gap(expected: Int, found: String)
    /// The file was changed after it had been applied.
    case changed(version: Int)
    /// The database has migrations that this program doesn't know.
    case newer(database: Int, known: Int)
    /// Another migrator is at work, or a transaction holds a table that must change.
    case locked
    case failed(version: Int)
    case rolesFailed
    case unavailable
  }

  package let code: Code
  /// One line that names the object and the remedy.
  package let message: String
  package let detail: String?

  package init(_ code: Code, _ message: String, detail: String? = nil) {
    self.code = code
    self.message = message
    self.detail = detail
  }

  package var reason: String {
    switch code {
    case .badFileName: "MIGRATION_BAD_FILE_NAME"
    case .gap: "MIGRATION_GAP"
    case .changed: "MIGRATION_CHANGED"
    case .newer: "DATABASE_NEWER"
    case .locked: "MIGRATION_LOCKED"
    case .failed: "MIGRATION_FAILED"
    case .rolesFailed: "ROLES_FAILED"
    case .unavailable: "DATABASE_UNAVAILABLE"
    }
  }

  package var description: String { message }
}

/// Why the daemon can't start or do what it was told: one line that names the object and the remedy, and a status for the shell.
package struct ServerError: Error, Sendable, CustomStringConvertible {
  package enum Reason: String, Sendable, CaseIterable {
    case configuration = "CONFIGURATION"
    case certificate = "CERTIFICATE"
    case addressTaken = "ADDRESS_TAKEN"
    case schemaMismatch = "SCHEMA_MISMATCH"
    case databaseUnprepared = "DATABASE_UNPREPARED"
    case databaseUnavailable = "DATABASE_UNAVAILABLE"
    case policyIncomplete = "POLICY_INCOMPLETE"
    case badInput = "BAD_INPUT"
    case notServing = "NOT_SERVING"
    case failed = "FAILED"

    /// As in sysexits.h: 65 data, 69 unavailable, 70 software, 78 configuration.
    package var exitCode: Int32 {
      switch self {
      case .configuration, .certificate: 78
      case .addressTaken, .databaseUnavailable, .notServing: 69
      case .schemaMismatch, .databaseUnprepared: 69
      case .badInput: 65
      case .policyIncomplete, .failed: 70
      }
    }
  }

  package let reason: Reason
  package let message: String
  package let indonesian: String
  /// For the log.
  package let detail: String?

  package init(_ reason: Reason, _ message: String, id indonesian: String, detail: String? = nil) {
    self.reason = reason
    self.message = message
    self.indonesian = indonesian
    self.detail = detail
  }

  package var description: String { message }
}

internal import CPostgres

/// What went wrong between us and the database.
package struct PostgresError: Error, Sendable, CustomStringConvertible {
  package enum Code: Sendable, Hashable {
    /// No connection is up; nothing was sent.
    case unavailable
    /// The connection broke. When `sent`, the outcome is unknown.
    case connectionLost(sent: Bool)
    case deadlineExceeded
    case cancelled
    /// The server refused a step: five characters, see appendix A of the PostgreSQL manual.
    case server(sqlState: String)
    /// The server answered what nobody asked.
    case protocolViolation
    /// Every pipeline and the waiting queue are full; nothing was sent.
    case poolExhausted
    /// Our own mistake: a request or a reading of a result that cannot be right.
    case misuse
  }

  // One word on the way through continuations and typed throws; errors are rare, results are not.
  private final class Storage: Sendable {
    let message: String
    let detail, hint, constraint: String?
    let retryable: Bool

    init(message: String, detail: String?, hint: String?, constraint: String?, retryable: Bool) {
      self.message = message
      self.detail = detail
      self.hint = hint
      self.constraint = constraint
      self.retryable = retryable
    }
  }

  package let code: Code
  private let storage: Storage

  init(
    _ code: Code, _ message: String, detail: String? = nil, hint: String? = nil, constraint: String? = nil,
    retryable: Bool = false
  ) {
    self.code = code
    self.storage = Storage(message: message, detail: detail, hint: hint, constraint: constraint, retryable: retryable)
  }

  /// One line. For `server` it is the server's own sentence, which may name tables: map it before it leaves the process.
  package var message: String { storage.message }
  /// For the log: the server's DETAIL or libpq's report. May hold values and host names.
  package var detail: String? { storage.detail }
  package var hint: String? { storage.hint }
  /// The constraint that refused a row.
  package var constraint: String? { storage.constraint }
  /// Sending the same request again is safe and may succeed.
  package var retryable: Bool { storage.retryable }

  package var sqlState: String? {
    if case .server(let state) = code { state } else { nil }
  }

  /// Stable word for programs and translations.
  package var reason: String {
    switch code {
    case .unavailable: "DATABASE_UNAVAILABLE"
    case .connectionLost: "DATABASE_CONNECTION_LOST"
    case .deadlineExceeded: "DATABASE_DEADLINE_EXCEEDED"
    case .cancelled: "DATABASE_REQUEST_CANCELLED"
    case .server: "DATABASE_REFUSED"
    case .protocolViolation: "DATABASE_PROTOCOL_VIOLATION"
    case .poolExhausted: "DATABASE_POOL_EXHAUSTED"
    case .misuse: "DATABASE_MISUSE"
    }
  }

  package var description: String {
    let parts = [sqlState, message, detail, hint.map { "hint: \($0)" }, constraint.map { "constraint: \($0)" }]
    return ([reason] + parts.compactMap { $0 }).joined(separator: ": ")
  }
}

extension PostgresError {
  static func unavailable(detail: String?) -> PostgresError {
    PostgresError(.unavailable, "The database cannot be reached now; try again later.", detail: detail, retryable: true)
  }

  static var shutDown: PostgresError {
    PostgresError(.unavailable, "The database pool is shut down.", retryable: false)
  }

  static func connectionLost(sent: Bool, repeatable: Bool, detail: String?) -> PostgresError {
    PostgresError(
      .connectionLost(sent: sent), "The connection to the database broke.", detail: detail, retryable: !sent || repeatable)
  }

  static func deadlineExceeded(detail: String? = nil) -> PostgresError {
    PostgresError(.deadlineExceeded, "The database did not answer before the deadline.", detail: detail)
  }

  static func cancelled(detail: String? = nil) -> PostgresError {
    PostgresError(.cancelled, "The request was cancelled.", detail: detail)
  }

  static func poolExhausted(waiting: Int) -> PostgresError {
    PostgresError(
      .poolExhausted, "The database pool is full (\(waiting) requests wait); try again later.", retryable: true)
  }

  static func protocolViolation(_ detail: String) -> PostgresError {
    PostgresError(.protocolViolation, "The database answered out of turn; the connection was closed.", detail: detail)
  }

  package static func misuse(_ message: String) -> PostgresError {
    PostgresError(.misuse, message)
  }

  static func invalidText(statement: String, parameter: Int) -> PostgresError {
    PostgresError(
      .misuse, "Parameter \(parameter) of statement \(statement) holds the character NUL, which a text cannot hold.")
  }

  static func sessionChange(_ statement: PostgresStatement) -> PostgresError {
    .misuse("\"\(statement.sql.prefix(40))\" changes its session; use withConnection, a shared connection must stay clean.")
  }
}

/// An error report of the server as it arrives.
struct ServerReport {
  let severity, sqlState, message: String
  let detail, hint, constraint: String?

  // SAFETY: `result` is alive for the call; libpq's strings are copied before it returns.
  init(_ result: OpaquePointer) {
    func field(_ code: Int32) -> String? { PQresultErrorField(result, code).map { String(cString: $0) } }
    severity = field(seratus_diag_severity) ?? ""
    // Reports that libpq makes itself (a broken connection) carry no SQLSTATE.
    sqlState = field(seratus_diag_sqlstate) ?? ""
    message = field(seratus_diag_message) ?? String(cString: PQresultErrorMessage(result)).trimmedLine
    detail = field(seratus_diag_detail)
    hint = field(seratus_diag_hint)
    constraint = field(seratus_diag_constraint)
  }

  /// The backend that said this is gone.
  var endsConnection: Bool { severity == "FATAL" || severity == "PANIC" || sqlState.isEmpty }

  /// `query_canceled`: by a timeout of the server, by us, or by an administrator.
  var isCancellation: Bool { sqlState == "57014" }

  /// Relies on lc_messages; in another language a timeout on a connection just cancelled is run once more, nothing worse.
  var namesTimeout: Bool { message.contains("timeout") }

  /// The named statement is not on this connection: its preparation, sent earlier, had failed.
  var missesStatement: Bool { sqlState == "26000" }

  /// A prepared statement whose columns a migration has changed since: it must be prepared anew.
  var outlivesSchema: Bool { sqlState == "0A000" && message.hasPrefix("cached plan") }

  /// serialization_failure and deadlock_detected: the transaction was undone and may win next time.
  private var isConflict: Bool { sqlState == "40001" || sqlState == "40P01" }

  var error: PostgresError {
    if isCancellation { return namesTimeout ? .deadlineExceeded(detail: message) : .cancelled(detail: message) }
    return PostgresError(
      .server(sqlState: sqlState), message, detail: detail, hint: hint, constraint: constraint, retryable: isConflict)
  }
}

extension String {
  /// Without the line ends libpq closes its sentences with.
  var trimmedLine: String {
    String(self[..<(lastIndex { !$0.isNewline && $0 != " " }.map(index(after:)) ?? startIndex)])
  }
}

/// A statement of the application: SQL with `$1…` placeholders under a name.
///
/// It is prepared once per connection, on first use, in the same round trip. A name stands for one text only. An empty
/// name is never prepared ahead: the server parses the text each time (cursors, transaction control, one-offs).
package struct PostgresStatement: Sendable, Hashable {
  package let name: String
  package let sql: String

  package init(name: String, sql: String) {
    self.name = name
    self.sql = sql
  }

  /// Parsed by the server at each use.
  package static func unnamed(_ sql: String) -> PostgresStatement {
    PostgresStatement(name: "", sql: sql)
  }

  /// The name alone: texts are long and one name never stands for two of them.
  package func hash(into hasher: inout Hasher) {
    hasher.combine(name)
  }

  static let begin = PostgresStatement(name: "seratus_begin", sql: "begin")
  static let commit = PostgresStatement(name: "seratus_commit", sql: "commit")
  static let cancelBackend = PostgresStatement(name: "seratus_cancel", sql: "select pg_cancel_backend($1::int4)")

  private static let sessionWords: Set<String> = [
    "begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release", "set", "reset", "discard",
    "listen", "unlisten", "prepare", "deallocate", "declare", "fetch", "close", "copy",
  ]

  /// True when the text leaves something behind on its connection, which on a shared one would reach the next caller.
  var changesSession: Bool {
    let word = sql.drop { $0.isWhitespace }.prefix { $0.isLetter || $0 == "_" }
    return Self.sessionWords.contains(word.lowercased())
  }
}

/// One statement with its values.
package struct PostgresStep: Sendable {
  package let statement: PostgresStatement
  package let parameters: [PostgresValue]

  package init(_ statement: PostgresStatement, _ parameters: [PostgresValue] = []) {
    self.statement = statement
    self.parameters = parameters
  }
}

/// Steps that travel together, in one round trip and one transaction: if one fails, the later ones are skipped and
/// everything is undone.
package struct PostgresRequest: Sendable {
  package var steps: [PostgresStep]

  /// After this moment a request that still waits is answered `deadlineExceeded`; one that was sent is cancelled a little later,
  /// should the `statement_timeout` its first step normally sets not have ended it, and answered within a second.
  package var deadline: ContinuousClock.Instant?

  /// BEGIN and COMMIT around the steps, in the same round trip, where the implicit transaction is not enough
  /// (engines that ship settings to other machines only inside an explicit one).
  package var explicitTransaction: Bool

  /// Running it twice does no harm (reads, writes under an idempotency key): a connection lost on the way is `retryable`.
  package var repeatable: Bool

  package init(
    _ steps: [PostgresStep], deadline: ContinuousClock.Instant? = nil, explicitTransaction: Bool = false,
    repeatable: Bool = false
  ) {
    self.steps = steps
    self.deadline = deadline
    self.explicitTransaction = explicitTransaction
    self.repeatable = repeatable
  }

  /// Parameters the protocol can count for one statement.
  static let parametersMax = 65_535

  /// What keeps this request from being sent at all, or nil.
  func defect(shared: Bool) -> PostgresError? {
    if steps.isEmpty { return .misuse("A request needs at least one step.") }
    for step in steps {
      if step.parameters.count > Self.parametersMax {
        return .misuse("Statement \(step.statement.name) has more than \(Self.parametersMax) parameters.")
      }
      if let index = step.parameters.firstIndex(where: \.holdsNul) {
        return .invalidText(statement: step.statement.name, parameter: index + 1)
      }
      if shared, step.statement.name.isEmpty, step.statement.changesSession {
        return .sessionChange(step.statement)
      }
    }
    return nil
  }
}

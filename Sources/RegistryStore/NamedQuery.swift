internal import PostgresClient

/// A statement of db/queries under its name: prepared once per connection.
struct NamedQuery: Sendable {
  let name: String
  let sql: String
  /// Placeholders `$1…$n`.
  let parameters: Int

  /// The statement with its values, which must be as many as it has placeholders.
  func callAsFunction(_ values: PostgresValue...) -> PostgresStep {
    precondition(values.count == parameters, "\(name) takes \(parameters) values, not \(values.count)")
    return PostgresStep(PostgresStatement(name: name, sql: sql), values)
  }
}

internal import PostgresClient
internal import RegistryAccess
internal import RegistryModel

/// A statement of db/queries under its name: prepared once per connection.
struct NamedQuery: Sendable {
  let name: String
  let sql: String
  /// Placeholders `$1…$n`.
  let parameters: Int

  /// The statement with its values, which must be as many as it has placeholders.
  func callAsFunction(_ values: PostgresValue...) -> PostgresStep {
    self(values: values)
  }

  func callAsFunction(values: [PostgresValue]) -> PostgresStep {
    precondition(values.count == parameters, "\(name) takes \(parameters) values, not \(values.count)")
    return PostgresStep(PostgresStatement(name: name, sql: sql), values)
  }
}

extension NamedQuery {
  /// The same statement over released rows only, for callers who may see no others. The views are equal in all but that word.
  var released: NamedQuery {
    NamedQuery(
      name: name + "_of_released", sql: sql.replacing("api.visible_", with: "api.released_"), parameters: parameters)
  }
}

extension NamedQuery {
  /// The statement for the caller's login: the export login can't reach unreleased rows at all.
  func visible(to context: TenantContext) -> NamedQuery {
    context.pool == .export ? released : self
  }
}

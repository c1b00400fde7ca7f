internal import PostgresClient
internal import RegistryAccess

// Transactions that need a connection of their own: one that is undone on purpose, and one that lasts while a reader reads.
extension RequestRunner {
  /// Runs the steps as `answer` does, in one trip, and undoes them.
  func trial<Value: Sendable>(
    _ context: TenantContext, _ steps: [PostgresStep], decode: (Caller, [PostgresResult]) throws -> Value
  ) async throws(StoreError) -> Answer<Value> {
    let reference = try await reference(context)
    do {
      let deadline = try Deadline(context.deadline)
      return try await pool(context.pool).withConnection(deadline: deadline.end) { connection in
        let all = [Self.begin, context.enter(deadline)] + steps + [Self.rollback]
        do {
          let results = try await connection.execute(all, deadline: deadline.end)
          return Answer(
            caller: try Caller(entered: results[1]), dataset: reference.dataset, catalogue: reference.catalogue,
            value: try decode(try Caller(entered: results[1]), Array(results[2..<2 + steps.count])))
        } catch {
          _ = try? await connection.execute([Self.rollback], deadline: deadline.end)
          throw error
        }
      }
    } catch {
      throw StoreError(wrapping: error)
    }
  }

  /// The reference, read in an entered request if nobody has read it yet.
  func reference(_ context: TenantContext) async throws(StoreError) -> Reference {
    if let known = memory.reference { return known }
    _ = try await answer(context, [], refreshing: true) { _, _ in }
    guard let known = memory.reference else { throw .fault("the reference was lost while it was read") }
    return known
  }

  static let begin = PostgresStep(.unnamed("begin"))
  static let commit = PostgresStep(.unnamed("commit"))
  static let rollback = PostgresStep(.unnamed("rollback"))
  static let beginSnapshot = PostgresStep(.unnamed("begin isolation level repeatable read read only"))
}

internal import PostgresClient
package import RegistryAccess
internal import RegistryModel

/// Streams of scores out of one snapshot.
package struct ExportRepository: Sendable {
  let runner: RequestRunner

  /// Runs `body` with all scores of the years that the caller may see, in chunks, read as `body` asks for them: a slow reader holds
  /// the cursor back, not the memory. The connection is held until `body` returns; if the task is cancelled, the statement under way
  /// is cancelled and the connection closed.
  ///
  /// The deadline of the context bounds the whole stream.
  package func withScores<Result: Sendable>(
    _ context: TenantContext, selection: ExportSelection, body: (ScoreExport) async throws -> Result
  ) async throws -> Result {
    let reference = try await runner.reference(context)
    let deadline = try Deadline(stream: context.deadline)
    do {
      return try await runner.pool(context.pool).withConnection(deadline: deadline.end) { connection in
        let export = try await open(context, selection, reference, connection, deadline)
        let result = try await body(export)
        _ = try await connection.execute([RequestRunner.rollback], deadline: deadline.end)
        return result
      }
    } catch let error as PostgresError {
      throw StoreError(error)
    }
  }

  private func open(
    _ context: TenantContext, _ selection: ExportSelection, _ reference: Reference, _ connection: PostgresConnection,
    _ deadline: Deadline
  ) async throws -> ScoreExport {
    let rows = selection.parts ? Queries.exportRows : Queries.exportTotals
    let steps = [
      RequestRunner.beginSnapshot, context.enter(deadline), Queries.snapshotTime(), Queries.readerPatience(),
      rows.visible(to: context).cursor(values: [.optional(selection.fromYear), .optional(selection.toYear), selection.asOf.value]
      ),
    ]
    let results = try await connection.execute(steps, deadline: deadline.end)
    guard let time = results[2].first else { throw StoreError.fault("the database doesn't know the time") }
    return ScoreExport(
      caller: try Caller(entered: results[1]), dataset: reference.dataset, catalogue: reference.catalogue,
      snapshotAt: try time.moment("at"),
      fetch: { () async throws(StoreError) in
        do {
          let chunk = try await connection.execute([Self.fetch], deadline: deadline.end)
          return try chunk[0].rows.map(ScoreRecord.init)
        } catch {
          throw StoreError(wrapping: error)
        }
      })
  }

  private static let fetch = PostgresStep(.unnamed("fetch \(ScoreExport.chunkRowsMax) from seratus_export"))
}

extension NamedQuery {
  /// The query behind a cursor, to be fetched from within its transaction.
  fileprivate func cursor(values: [PostgresValue]) -> PostgresStep {
    precondition(values.count == parameters, "\(name) takes \(parameters) values, not \(values.count)")
    return PostgresStep(.unnamed("declare seratus_export no scroll cursor for\n\(sql)"), values)
  }
}

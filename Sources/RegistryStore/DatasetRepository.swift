internal import PostgresClient
package import RegistryAccess

/// Which facts this database holds.
package struct DatasetRepository: Sendable {
  let runner: RequestRunner

  package func show(_ context: TenantContext) async throws(StoreError) -> Answer<DatasetRecord> {
    let answer = try await runner.answer(context, []) { _, _ in }
    return Answer(caller: answer.caller, dataset: answer.dataset, catalogue: answer.catalogue, value: answer.dataset)
  }

  /// For the server itself, before anybody has called: what the database holds. Also reads the directory of regions, so that the first
  /// caller doesn't wait for it.
  package func inspect(deadline: ContinuousClock.Instant?) async throws(StoreError) -> DatabaseFacts {
    let turn = runner.memory.turn(reconnects: runner.pools.reconnects, forced: true)
    let results = try await runner.bare(
      on: runner.pools.ministry, [Queries.databaseFacts()] + Reference.steps, deadline: deadline, repeatable: true)
    return try reading {
      let reference = try Reference(results.dropFirst())
      runner.memory.remember(reference, turn)
      guard let row = results[0].first else { throw StoreError.fault("the database says nothing about itself") }
      return DatabaseFacts(
        dataset: reference.dataset, schemaVersion: try row.int("schema_version"), regions: try row.int("regions"))
    }
  }

  /// One trip to each of the four pools, for readiness. Throws the first that fails.
  package func ping(deadline: ContinuousClock.Instant?) async throws(StoreError) {
    for pool in [runner.pools.region, runner.pools.ministry, runner.pools.export, runner.pools.gate] {
      _ = try await runner.bare(on: pool, [Queries.ping()], deadline: deadline, repeatable: true)
    }
  }
}

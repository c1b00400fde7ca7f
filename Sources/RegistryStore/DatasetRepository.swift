package import RegistryAccess

/// Which facts this database holds.
package struct DatasetRepository: Sendable {
  let runner: RequestRunner

  package func show(_ context: TenantContext) async throws(StoreError) -> Answer<DatasetRecord> {
    throw StoreError(.internal, "this repository is not connected to its queries yet")
  }

  /// For the server itself, before anybody has called: the dataset and the version of the schema.
  package func inspect(deadline: ContinuousClock.Instant?) async throws(StoreError) -> DatabaseFacts {
    throw StoreError(.internal, "this repository is not connected to its queries yet")
  }
}

package import RegistryAccess

/// The raw material for comparing cohorts.
package struct ComparisonRepository: Sendable {
  let runner: RequestRunner

  /// The ministry compares all scores, everybody else released ones only.
  package func material(
    _ context: TenantContext, query: ComparisonQuery
  ) async throws(StoreError) -> Answer<ComparisonMaterial> {
    throw StoreError(.internal, "this repository is not connected to its queries yet")
  }
}

package import RegistryAccess
package import RegistryModel

/// Cohorts of the movement and who belonged to them.
package struct CohortRepository: Sendable {
  let runner: RequestRunner

  /// In order of years.
  package func list(_ context: TenantContext) async throws(StoreError) -> Answer<[CohortSummary]> {
    throw StoreError(.internal, "this repository is not connected to its queries yet")
  }

  /// - Throws: `notFoundOrNotVisible` if there was no cohort in that year.
  package func get(
    _ context: TenantContext, year: Int, bordersAsOf: CalendarDate
  ) async throws(StoreError) -> Answer<CohortDetail> {
    throw StoreError(.internal, "this repository is not connected to its queries yet")
  }
}

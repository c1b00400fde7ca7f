package import RegistryAccess
package import RegistryModel

/// Regions with what changes over time beside them: reference data that every session reads.
package struct RegionRepository: Sendable {
  let runner: RequestRunner

  /// - Throws: `invalid` for an unknown province or a broken cursor.
  package func list(
    _ context: TenantContext, filter: RegionFilter, page: PageRequest
  ) async throws(StoreError) -> Answer<Page<RegionSummary>> {
    throw StoreError(.internal, "this repository is not connected to its queries yet")
  }

  /// - Throws: `regionUnknown`, `regionAmbiguous`.
  package func get(
    _ context: TenantContext, region: RegionReference, asOf: CalendarDate
  ) async throws(StoreError) -> Answer<RegionDetail> {
    throw StoreError(.internal, "this repository is not connected to its queries yet")
  }

  /// Best first; empty if nothing is near.
  /// - Parameter limit: 1 to 50.
  package func search(
    _ context: TenantContext, text: String, limit: Int, asOf: CalendarDate
  ) async throws(StoreError) -> Answer<[RegionHitRecord]> {
    throw StoreError(.internal, "this repository is not connected to its queries yet")
  }

  /// The region as of the last day of the year, its score of that year, and where it stands among those the caller may see.
  /// - Throws: `regionUnknown`, `regionAmbiguous`.
  package func report(
    _ context: TenantContext, region: RegionReference, year: Int, stage: ScoreStage
  ) async throws(StoreError) -> Answer<RegionReport> {
    throw StoreError(.internal, "this repository is not connected to its queries yet")
  }
}

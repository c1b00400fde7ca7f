package import RegistryAccess
package import RegistryModel

/// Scores: written all or none, listed and explained to whoever may see them.
package struct ScoreRepository: Sendable {
  let runner: RequestRunner

  /// Rows of one request: a batch that takes the database about a second.
  package static let rowsMax = 1_000

  /// Writes all rows or none. A request without an idempotency key gets a random one.
  /// - Parameter validateOnly: every check of the database is made, then everything is undone.
  /// - Throws: `invalid` (its paths begin with `rows[n]`), `notFoundOrNotVisible`, `staleVersion`, `notOpenToRole`, `idempotencyConflict`.
  package func put(
    _ context: TenantContext, rows: [ScorePut], validateOnly: Bool, asOf: CalendarDate
  ) async throws(StoreError) -> Answer<[PutOutcome]> {
    throw StoreError(.internal, "this repository is not connected to its queries yet")
  }

  /// By region, year, stage and kind.
  package func list(
    _ context: TenantContext, filter: ScoreFilter, page: PageRequest, asOf: CalendarDate
  ) async throws(StoreError) -> Answer<Page<ScoreRecord>> {
    throw StoreError(.internal, "this repository is not connected to its queries yet")
  }

  /// - Throws: `regionUnknown`, `regionAmbiguous`, `notFoundOrNotVisible`.
  package func explain(
    _ context: TenantContext, region: RegionReference, key: ScoreKey
  ) async throws(StoreError) -> Answer<ScoreDossier> {
    throw StoreError(.internal, "this repository is not connected to its queries yet")
  }

  package func instruments(_ context: TenantContext) async throws(StoreError) -> Answer<[Instrument]> {
    throw StoreError(.internal, "this repository is not connected to its queries yet")
  }
}

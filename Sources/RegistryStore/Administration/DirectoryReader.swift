package import PostgresClient
package import RegistryModel

/// The directory of regions on an administrator's connection, to turn what was typed into a region.
package struct DirectoryReader: Sendable {
  private let pool: PostgresPool

  package init(pool: PostgresPool) {
    self.pool = pool
  }

  /// - Throws: `internal` where the reference data are not loaded yet.
  package func directory() async throws(StoreError) -> RegionDirectory {
    do {
      let deadline = ContinuousClock.now.advanced(by: StoreLimits.deadlineDefault)
      let results = try await pool.execute(PostgresRequest(Reference.steps, deadline: deadline))
      return try Reference(results[...]).directory
    } catch {
      throw StoreError(wrapping: error)
    }
  }
}

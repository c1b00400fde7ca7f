package import RegistryAccess

/// Streams of scores out of one snapshot.
package struct ExportRepository: Sendable {
  let runner: RequestRunner

  /// Runs `body` with all scores of the years that the caller may see, in chunks, read as `body` asks for them: a slow reader holds
  /// the cursor back, not the memory. The connection is held until `body` returns.
  package func withScores<Result: Sendable>(
    _ context: TenantContext, selection: ExportSelection, body: (ScoreExport) async throws -> Result
  ) async throws -> Result {
    throw StoreError(.internal, "this repository is not connected to its queries yet")
  }
}

internal import Lontar
public import RegistryProtocol

extension RegistryClient {
  /// All released scores, chunk by chunk; the last chunk carries the manifest. A stream that ends without one is not whole.
  ///
  /// `consume` is called in order and holds the server back while it works, so memory stays flat. The call is repeated while the
  /// server is unavailable and nothing has come; afterwards a failure is final, because rows would come twice. A running stream has no
  /// time limit.
  /// - Throws: `RPCError` (`EXPORT_INCOMPLETE` without a manifest), or what `consume` throws.
  public func exportScores(
    _ request: Seratus_V1_ExportScoresRequest, consume: (Seratus_V1_ExportScoresChunk) async throws -> Void
  ) async throws -> Seratus_V1_ExportManifest {
    let service = Seratus_V1_ExportServiceClient(lontar)
    var manifest: Seratus_V1_ExportManifest?
    do {
      for try await chunk in try await service.exportScores(request, options: options(remaining: nil)) {
        if chunk.hasManifest { manifest = chunk.manifest }
        try await consume(chunk)
      }
    } catch let error as RPCError {
      throw meaning(error)
    }
    guard let manifest else {
      throw RPCError(
        .dataLoss, "the export ended without its manifest and is not whole; run it again",
        details: ErrorDetails(reason: "EXPORT_INCOMPLETE", domain: "seratus.go.id"))
    }
    return manifest
  }
}

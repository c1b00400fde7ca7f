package import Lontar
internal import RegistryModel
package import RegistryProtocol
internal import RegistryStore

/// Scores as a stream out of one snapshot.
package struct ExportService: Seratus_V1_ExportServiceHandler {
  let core: ServiceCore

  package init(_ core: ServiceCore) {
    self.core = core
  }

  /// The last chunk holds the manifest and nothing else: a reader without it knows that its export is not whole.
  package func exportScores(
    _ request: Seratus_V1_ExportScoresRequest, to writer: ResponseWriter<Seratus_V1_ExportScoresChunk>, context: CallContext
  ) async throws {
    try await core.answer(context) { tenant in
      var checks = RequestChecks()
      let years = checks.years(from: request.fromYear, to: request.toYear)
      try checks.finish()
      let selection = ExportSelection(fromYear: years.from, toYear: years.to, parts: request.parts, asOf: core.today())
      try await core.database.exports.withScores(tenant, selection: selection) { export in
        core.onCaller(context.requestID, export.caller)
        var manifest = Seratus_V1_ExportManifest()
        var instruments: Set<String> = []
        for try await records in export {
          var chunk = Seratus_V1_ExportScoresChunk()
          chunk.scores = records.map { Seratus_V1_Score($0, export.catalogue) }
          manifest.rows += Int64(records.count)
          instruments.formUnion(records.compactMap(\.instrumentID))
          try await writer.write(chunk)
        }
        manifest.scope = .scope(export.caller.role)
        manifest.instrumentIds = instruments.sorted()
        manifest.dataset = Seratus_V1_Dataset(export.dataset)
        manifest.snapshotAt = export.snapshotAt.rfc3339
        var last = Seratus_V1_ExportScoresChunk()
        last.manifest = manifest
        try await writer.write(last)
      }
    }
  }
}

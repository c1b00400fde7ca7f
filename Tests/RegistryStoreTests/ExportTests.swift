import PostgresClient
import RegistryModel
import RegistryStore
import RegistryTestKit
import Testing

@Suite struct `Exporting scores` {
  private let everything = ExportSelection(parts: true, asOf: today)

  private func all(_ export: ScoreExport) async throws -> [ScoreRecord] {
    var scores: [ScoreRecord] = []
    for try await chunk in export {
      #expect(chunk.count <= ScoreExport.chunkRowsMax)
      scores += chunk
    }
    return scores
  }

  @Test func `an official export holds the published scores with their parts`() async throws {
    try await TestDatabase.shared { database in
      let context = try await database.session(.export).context("ExportService/ExportScores")
      let scores = try await database.store.exports.withScores(context, selection: everything) { export in
        #expect(export.dataset.dataset == .official && export.caller.role == .export)
        return try await all(export)
      }
      #expect(
        scores.map { "\($0.region.name) \($0.key.year)" } == ["Kota Pekalongan 2018", "Kota Kediri 2021", "Kota Kediri 2022"])
      #expect(scores.map(\.parts.count) == [0, 0, 11])
      let bare = try await database.store.exports.withScores(
        context, selection: ExportSelection(fromYear: 2022, parts: false, asOf: today), body: all)
      #expect(bare.map(\.key.year) == [2022] && bare.first?.parts.isEmpty == true)
    }
  }

  @Test func `chunk by chunk it is the whole nation in order, each score once`() async throws {
    try await TestDatabase.with(.synthetic(seed: 7)) { database in
      let context = try await database.session(.ministryAnalyst).context("ExportService/ExportScores")
      let scores = try await database.store.exports.withScores(context, selection: everything, body: all)
      #expect(scores.count == 514 * 4)
      let keys = scores.map { "\(10_000 + $0.region.id.value) \($0.key.year)" }
      #expect(keys == keys.sorted() && Set(keys).count == keys.count)
    }
  }

  @Test func `what is written while it runs does not show in it`() async throws {
    try await TestDatabase.with(.synthetic(seed: 7)) { database in
      let session = try await database.session(.ministryAdmin)
      let first = try await database.store.exports.withScores(
        try session.context("ExportService/ExportScores"), selection: everything
      ) { export in
        let iterator = export.makeAsyncIterator()
        var scores = try await iterator.next() ?? []
        // The last region of all, which no chunk has held yet.
        try await database.rows(
          "update registry.score set computed_e4 = 39999, missing = null, version = version + 1 where region_id = 514")
        while let chunk = try await iterator.next() { scores += chunk }
        return scores
      }
      #expect(first.filter { $0.region.id.value == 514 }.allSatisfy { $0.computed != number("3.9999") && $0.version == 1 })
      let second = try await database.store.exports.withScores(
        try session.context("ExportService/ExportScores"), selection: everything, body: all)
      #expect(second.filter { $0.region.id.value == 514 }.allSatisfy { $0.computed == number("3.9999") && $0.version == 2 })
    }
  }

  @Test func `a reader who leaves early or is cancelled gives the connection back`() async throws {
    try await TestDatabase.with(.synthetic(seed: 7), adjust: { $0.exclusiveConnectionsMax = 1 }) { database in
      let context = try await database.session(.export).context("ExportService/ExportScores")
      for _ in 0..<3 {
        let first = try await database.store.exports.withScores(context, selection: everything) { export in
          let iterator = export.makeAsyncIterator()
          return try await iterator.next()?.count
        }
        #expect(first == ScoreExport.chunkRowsMax)
      }
      let (started, announce) = AsyncStream.makeStream(of: Void.self)
      let reader = Task {
        try await database.store.exports.withScores(context, selection: everything) { export in
          let iterator = export.makeAsyncIterator()
          _ = try await iterator.next()
          announce.yield()
          // Cancelled while it waits for nothing in particular; the next chunk is refused.
          while !Task.isCancelled { await Task.yield() }
          while try await iterator.next() != nil {}
        }
      }
      for await _ in started { break }
      reader.cancel()
      let ended = await reader.result
      #expect(throws: (any Error).self) { try ended.get() }
      let scores = try await database.store.exports.withScores(context, selection: everything, body: all)
      #expect(scores.count == 514 * 4)
    }
  }

  @Test func `a stranger gets no export`() async throws {
    try await TestDatabase.with { database in
      let viewer = try await database.session(.regionViewer, region: "35.72")
      _ = try await database.store.sessions.logOut(try viewer.context("SessionService/Logout"))
      let error = await storeError {
        _ = try await database.store.exports.withScores(
          try viewer.context("ExportService/ExportScores"), selection: everything, body: all)
      }
      #expect(error?.code == .sessionRevoked)
    }
  }
}

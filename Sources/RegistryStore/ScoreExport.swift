package import RegistryModel

/// What to export.
package struct ExportSelection: Sendable, Hashable {
  package var fromYear: Int?
  package var toYear: Int?
  /// Also aspects and dimensions.
  package var parts: Bool
  /// Names, codes and provinces of this day.
  package var asOf: CalendarDate

  package init(fromYear: Int? = nil, toYear: Int? = nil, parts: Bool, asOf: CalendarDate) {
    self.fromYear = fromYear
    self.toYear = toYear
    self.parts = parts
    self.asOf = asOf
  }
}

/// Chunks of scores out of one snapshot, by region, year, stage and kind. Read it once.
package struct ScoreExport: AsyncSequence, Sendable {
  package typealias Element = [ScoreRecord]
  package typealias Failure = StoreError

  /// Rows of one chunk: about 200 KB with parts.
  package static let chunkRowsMax = 500

  package let caller: Caller
  package let dataset: DatasetRecord
  package let catalogue: InstrumentCatalogue
  package let snapshotAt: Moment
  let fetch: @Sendable () async throws(StoreError) -> [ScoreRecord]

  package struct Iterator: AsyncIteratorProtocol {
    let fetch: @Sendable () async throws(StoreError) -> [ScoreRecord]

    package func next() async throws(StoreError) -> [ScoreRecord]? {
      let rows = try await fetch()
      return rows.isEmpty ? nil : rows
    }

    package func next(isolation actor: isolated (any Actor)?) async throws(StoreError) -> [ScoreRecord]? { try await next() }
  }

  package func makeAsyncIterator() -> Iterator { Iterator(fetch: fetch) }
}

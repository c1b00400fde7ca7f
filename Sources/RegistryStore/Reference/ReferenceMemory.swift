internal import PostgresClient
internal import RegistryModel
internal import Synchronization

/// What a server keeps in memory of the database: which facts it holds, the directory of regions, and the instruments.
struct Reference: Sendable {
  let dataset: DatasetRecord
  let directory: RegionDirectory
  /// Every dated row of a code, by its digits.
  let codes: [String: [CodeRow]]

  let catalogue: InstrumentCatalogue

  static let steps = [Queries.datasetRead(), Queries.directoryEntries(), Queries.directoryCodes()] + InstrumentCatalogue.steps

  /// - Parameter results: of the steps.
  init(_ results: ArraySlice<PostgresResult>) throws {
    let results = Array(results)
    dataset = try DatasetRecord(results[0])
    let entries = try results[1].rows.map(Self.entry)
    let rows = try results[2].rows.map(Self.code)
    guard !entries.isEmpty else { throw StoreError.fault("the database has no regions; load the reference data") }
    directory = try RegionDirectory(entries: entries, codes: rows)
    codes = Dictionary(grouping: rows, by: \.code.digits)
    catalogue = try InstrumentCatalogue(results[3...])
  }

  private static func entry(_ row: PostgresRow) throws -> RegionEntry {
    RegionEntry(
      id: try row.regionID("region_id"), name: try row.string("name"), baseName: try row.string("base_name"),
      code: try RegionCode(system: .kemendagri, parsing: try row.string("code")), aliases: try row["aliases"])
  }

  private static func code(_ row: PostgresRow) throws -> CodeRow {
    CodeRow(
      code: try RegionCode(system: try CodeSystem(word: try row.string("system")), parsing: try row.string("code")),
      region: try row.regionID("region_id"), valid: try row.validity())
  }
}

/// Keeps the reference for a while. It is read anew after a minute, after a lost connection, and when it did not know a region; one request
/// at a time brings it along while the others go on with the old one.
final class ReferenceMemory: Sendable {
  /// What a request is to do about the reference.
  struct Turn: Sendable {
    let known: Reference?
    let isRefresh: Bool
    let reconnects: Int
  }

  private struct State {
    var reference: Reference?
    var readAt: ContinuousClock.Instant?
    var reconnects = 0
  }

  private let state = Mutex(State())

  var reference: Reference? { state.withLock(\.reference) }

  func turn(reconnects: Int, forced: Bool) -> Turn {
    let now = ContinuousClock.now
    return state.withLock { state in
      if state.reconnects != reconnects { state.reference = nil }
      let isFresh = state.readAt.map { $0.duration(to: now) < StoreLimits.directoryAgeMax } ?? false
      let isRefresh = forced || state.reference == nil || !isFresh
      // Said before it is done, so that others don't do it as well.
      if isRefresh { state.readAt = now }
      return Turn(known: forced ? nil : state.reference, isRefresh: isRefresh, reconnects: reconnects)
    }
  }

  func remember(_ reference: Reference, _ turn: Turn) {
    state.withLock {
      $0.reference = reference
      $0.reconnects = turn.reconnects
    }
  }

  func give(up turn: Turn) {
    if turn.isRefresh { state.withLock { $0.readAt = nil } }
  }
}

internal import PostgresClient
package import RegistryModel

/// What scores are made of, as the database has it: the versions of the instrument, and the dimension sets. Small, so it is read whole.
package struct InstrumentCatalogue: Sendable {
  /// With their aspects in order.
  package let instruments: [Instrument]
  /// In order of their ids, each with its dimensions in order.
  private let sets: [(id: String, dimensions: [NamedKey])]
  /// What `name` answers: looked up for each part of each score.
  private let names: PartNames

  package static let empty = InstrumentCatalogue(instruments: [], sets: [])

  private init(instruments: [Instrument], sets: [(id: String, dimensions: [NamedKey])]) {
    self.instruments = instruments
    self.sets = sets
    names = PartNames(instruments, sets)
  }

  package subscript(id: String) -> Instrument? { instruments.first { $0.id == id } }

  /// Those of the instrument's set; all there are if it names none.
  package func dimensions(of instrument: Instrument) -> [NamedKey] {
    sets.first { $0.id == instrument.dimensionSet }?.dimensions ?? sets.flatMap(\.dimensions)
  }

  package func aspects(of instrument: Instrument) -> [NamedKey] {
    instrument.aspects.map { NamedKey(key: $0.key, name: $0.name) }
  }

  /// What a part of a score is called. Where the score names no instrument, or one that came a moment ago, the name is that of the first
  /// version or set with this key: the ministry's stands before those of regions.
  package func name(of key: String, _ part: ScorePartKind, instrumentID: String?) -> Localized? {
    names.name(of: key, part, instrumentID: instrumentID)
  }

  /// What a total may be of which nobody says by which version it was made: within the widest scale on record, with as many decimals as
  /// the finest. nil: there is no version on record.
  package var widestScale: TotalScale? {
    guard let min = instruments.map(\.scaleMin).min(), let max = instruments.map(\.scaleMax).max(),
      let decimals = instruments.map(\.decimals).max()
    else { return nil }
    return TotalScale(min: min, max: max, decimals: decimals)
  }
}

/// The names of parts by key: of each version first, then of all.
private struct PartNames: Sendable {
  private typealias Names = [String: Localized]

  private var aspects: [String: Names] = [:]
  private var dimensions: [String: Names] = [:]
  private var anyAspect: Names = [:]
  private var anyDimension: Names = [:]

  init(_ instruments: [Instrument], _ sets: [(id: String, dimensions: [NamedKey])]) {
    for instrument in instruments {
      for aspect in instrument.aspects {
        aspects[instrument.id, default: [:]][aspect.key] = aspect.name
        if anyAspect[aspect.key] == nil { anyAspect[aspect.key] = aspect.name }
      }
      let own = sets.first { $0.id == instrument.dimensionSet }?.dimensions ?? []
      for dimension in own { dimensions[instrument.id, default: [:]][dimension.key] = dimension.name }
    }
    for dimension in sets.lazy.flatMap(\.dimensions) where anyDimension[dimension.key] == nil {
      anyDimension[dimension.key] = dimension.name
    }
  }

  func name(of key: String, _ part: ScorePartKind, instrumentID: String?) -> Localized? {
    let (own, any) = part == .aspect ? (aspects, anyAspect) : (dimensions, anyDimension)
    return instrumentID.flatMap { own[$0]?[key] } ?? any[key]
  }
}

/// Bounds of a total, both included, and how many decimals it is printed with.
package struct TotalScale: Sendable, Hashable {
  package let min: FixedDecimal
  package let max: FixedDecimal
  package let decimals: Int
}

extension InstrumentCatalogue {
  static let steps = [Queries.instrumentRows(), Queries.instrumentAspects(), Queries.dimensionRows()]

  /// - Parameter results: of the three steps.
  init(_ results: ArraySlice<PostgresResult>) throws {
    let results = Array(results)
    var sets: [(id: String, dimensions: [NamedKey])] = []
    for row in results[2].rows {
      let id = try row.string("set_id")
      if sets.last?.id != id { sets.append((id, [])) }
      sets[sets.count - 1].dimensions.append(NamedKey(key: try row.string("key"), name: try row.name()))
    }
    self.init(instruments: try [Instrument](results[0], aspects: results[1]), sets: sets)
  }
}

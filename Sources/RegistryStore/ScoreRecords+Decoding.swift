internal import PostgresClient
internal import RegistryModel

extension ScoreRecord {
  /// The columns of registry.region_on, api.visible_score_of and api.visible_parts_of.
  init(_ row: PostgresRow) throws {
    self.init(
      region: try RegionSummary(row), key: try ScoreKey(row), instrumentID: try row["instrument_id"],
      instrumentCertainty: try row.optionalWord("instrument_certainty"), published: try row.score("published_e4"),
      computed: try row.score("computed_e4"), missing: try row.optionalWord("missing"), parts: try Self.parts(row),
      letterNumber: try row["letter_number"], letterDate: try row.day("letter_date"), released: try row.bool("released"),
      version: try row.int("version"), provenance: try row.provenance(note: "note"))
  }

  /// Four arrays of one order.
  private static func parts(_ row: PostgresRow) throws -> [ScorePartRecord] {
    let kinds: [String] = try row["parts"]
    let keys: [String] = try row["part_keys"]
    let values: [Int64?] = try row["part_values"]
    let missing: [String?] = try row["part_missing"]
    guard kinds.count == keys.count, keys.count == values.count, values.count == missing.count else {
      throw StoreError.fault("the parts of a score have arrays of unlike length")
    }
    return try kinds.indices.map { index in
      ScorePartRecord(
        part: try ScorePartKind(word: kinds[index]), key: keys[index],
        value: try values[index].map { try FixedDecimal(stored: $0) },
        missing: try missing[index].map { try MissingKind(word: $0) })
    }
  }
}

extension ScoreKey {
  init(_ row: PostgresRow) throws {
    self.init(year: try row.int("year"), stage: try row.word("stage"), kind: try row.word("score_kind"))
  }
}

extension [Instrument] {
  /// Rows of the instruments and rows of their aspects, both in order.
  init(_ instruments: PostgresResult, aspects: PostgresResult) throws {
    var byInstrument: [String: [InstrumentAspect]] = [:]
    for row in aspects.rows {
      let weight = FixedDecimal(whole: try row["weight_percent"])
      byInstrument[try row.string("instrument_id"), default: []].append(
        try InstrumentAspect(key: try row.string("key"), name: try row.name(), weightPercent: weight))
    }
    self = try instruments.rows.map { row in
      let id = try row.string("instrument_id")
      let note: String? = try row["note"]
      guard let low = try row.score("scale_min_e4"), let high = try row.score("scale_max_e4") else {
        throw StoreError.fault("the instrument \(id) has no scale")
      }
      return try Instrument(
        id: id, name: try row.name(), scaleMin: low, scaleMax: high, decimals: try row.int("decimals"),
        rounding: try row.word("rounding"), dimensionSet: try row["dimension_set"], aspects: byInstrument[id, default: []],
        source: try Source(try row.string("source")), certainty: try row.word("certainty"), note: note ?? "")
    }
  }
}

internal import RegistryModel

/// What must hold between the rows of the reference files.
struct ReferenceChecks {
  private let tables: [String: ReferenceTable]

  /// - Parameter tables: all files, each sound by itself.
  init(_ tables: [ReferenceTable]) {
    self.tables = Dictionary(uniqueKeysWithValues: tables.map { ($0.file.name, $0) })
  }

  func problems() -> [ReferenceProblem] {
    references() + ranges() + aspectWeights() + mappingWeights() + scales() + realisations()
  }

  private func table(_ name: String) -> ReferenceTable {
    guard let table = tables[name] else { preconditionFailure("\(name) is one of the reference files") }
    return table
  }

  /// Every value of these columns together, row by row.
  private func keys(_ name: String, _ columns: [String], where holds: (ReferenceTable, CSVRow) -> Bool = { _, _ in true }) -> Set<
    [String]
  > {
    let table = table(name)
    return Set(table.rows.filter { holds(table, $0) }.map { row in columns.map { table.field(row, $0) } })
  }

  /// Rows whose columns name nothing in another file; empty ones refer to nothing.
  private func strays(_ name: String, _ columns: [String], in known: Set<[String]>, _ what: String) -> [ReferenceProblem] {
    let table = table(name)
    return table.rows.compactMap { row in
      let key = columns.map { table.field(row, $0) }
      guard key.contains(where: { !$0.isEmpty }), !known.contains(key) else { return nil }
      return table.problem(row, columns[columns.count - 1], "UNKNOWN_KEY", "\(what) \(key.joined(separator: " "))")
    }
  }

  private func references() -> [ReferenceProblem] {
    let isToday = { (table: ReferenceTable, row: CSVRow) in
      table.field(row, "system") == "kemendagri" && table.field(row, "valid_to").isEmpty
    }
    let regions = keys("regions.csv", ["region_id"])
    let provinces = keys("provinces.csv", ["province_id"])
    let codes = keys("region_codes.csv", ["code"], where: isToday)
    let provinceCodes = keys("province_codes.csv", ["code"], where: isToday)
    let cohorts = keys("cohorts.csv", ["year"])
    let sets = keys("dimension_sets.csv", ["set_id"])
    let dimensions = keys("dimensions.csv", ["set_id", "key"])
    let instruments = keys("instruments.csv", ["instrument_id"])
    let score = ["region", "year", "stage", "kind"]
    let scores = keys("scores.csv", score)
    let noRegion = "regions.csv has no region"
    var found: [ReferenceProblem] = []
    for file in ["region_codes.csv", "region_names.csv", "region_provinces.csv", "region_aliases.csv"] {
      found += strays(file, ["region_id"], in: regions, noRegion)
    }
    for file in ["province_codes.csv", "region_provinces.csv"] {
      found += strays(file, ["province_id"], in: provinces, "provinces.csv has no province")
    }
    for file in ["memberships.csv", "scores.csv", "plan_realisations.csv"] {
      found += strays(file, ["region"], in: codes, "no region has today the code")
    }
    found += strays("province_memberships.csv", ["province"], in: provinceCodes, "no province has today the code")
    for file in ["memberships.csv", "province_memberships.csv"] {
      found += strays(file, ["cohort_year"], in: cohorts, "cohorts.csv has no cohort of")
    }
    for (file, column) in [("dimensions.csv", "set_id"), ("instruments.csv", "dimension_set")] {
      found += strays(file, [column], in: sets, "dimension_sets.csv has no set")
    }
    let noDimension = "dimensions.csv has no dimension"
    found += strays("sub_dimensions.csv", ["set_id", "dimension_key"], in: dimensions, noDimension)
    found += strays("dimension_mappings.csv", ["from_set", "from_key"], in: dimensions, noDimension)
    found += strays("dimension_mappings.csv", ["to_set", "to_key"], in: dimensions, noDimension)
    found += strays("plan_realisations.csv", ["dimension_set", "dimension"], in: dimensions, noDimension)
    for file in ["instrument_aspects.csv", "scores.csv"] {
      found += strays(file, ["instrument_id"], in: instruments, "instruments.csv has no instrument")
    }
    for file in ["score_parts.csv", "score_claims.csv"] { found += strays(file, score, in: scores, "scores.csv has no score of") }
    return found
  }

  /// A dated row holds on one day at least.
  private func ranges() -> [ReferenceProblem] {
    ["provinces.csv", "province_codes.csv", "region_names.csv", "region_codes.csv", "region_provinces.csv"].flatMap { name in
      let table = table(name)
      return table.rows.compactMap { row -> ReferenceProblem? in
        let from = try? CalendarDate(parsing: table.field(row, "valid_from"))
        let to = try? CalendarDate(parsing: table.field(row, "valid_to"))
        guard let from, let to, from >= to else { return nil }
        return table.problem(row, "valid_to", "BAD_RANGE", "a range from \(from) to \(to) (excluded) holds on no day")
      }
    }
  }

  private func aspectWeights() -> [ReferenceProblem] {
    sums("instrument_aspects.csv", by: ["instrument_id"], weight: "weight_percent", expected: .hundred, "the weights of")
  }

  private func mappingWeights() -> [ReferenceProblem] {
    sums("dimension_mappings.csv", by: ["from_set", "from_key", "to_set"], weight: "weight", expected: .one, "the weights from")
  }

  /// Groups of rows whose weights don't sum to what they must; groups without any weight don't count.
  private func sums(
    _ name: String, by columns: [String], weight: String, expected: FixedDecimal, _ what: String
  ) -> [ReferenceProblem] {
    let table = table(name)
    let groups = Dictionary(grouping: table.rows.filter { !table.field($0, weight).isEmpty }) { row in
      columns.map { table.field(row, $0) }
    }
    return groups.sorted { $0.key.joined() < $1.key.joined() }.compactMap { key, rows in
      let weights = rows.compactMap { try? FixedDecimal(parsing: table.field($0, weight), mark: .dot) }
      let sum = weights.reduce(FixedDecimal.zero) { total, next in (try? total.adding(next)) ?? total }
      guard sum != expected, let last = rows.last else { return nil }
      return table.problem(
        last, weight, "WEIGHT_SUM",
        "\(what) \(key.joined(separator: " ")) sum to \(sum.normalized), not to \(expected.normalized)")
    }
  }

  /// Scores and parts lie on the scale of their instrument, and aspects are those it has.
  private func scales() -> [ReferenceProblem] {
    let instruments = table("instruments.csv")
    var scale: [String: ClosedRange<FixedDecimal>] = [:]
    for row in instruments.rows {
      guard let low = try? FixedDecimal(parsing: instruments.field(row, "scale_min"), mark: .dot),
        let high = try? FixedDecimal(parsing: instruments.field(row, "scale_max"), mark: .dot), low < high
      else { return [instruments.problem(row, "scale_max", "BAD_RANGE", "scale_min must be less than scale_max")] }
      scale[instruments.field(row, "instrument_id")] = low...high
    }
    let scores = table("scores.csv")
    let parts = table("score_parts.csv")
    let aspects = keys("instrument_aspects.csv", ["instrument_id", "key"])
    let scoreKey = { (table: ReferenceTable, row: CSVRow) in ["region", "year", "stage", "kind"].map { table.field(row, $0) } }
    var instrumentOf: [[String]: String] = [:]
    var found: [ReferenceProblem] = []
    for row in scores.rows {
      let id = scores.field(row, "instrument_id")
      if id.isEmpty != scores.field(row, "instrument_certainty").isEmpty {
        found.append(
          scores.problem(
            row, "instrument_certainty", "MISSING_KEY", "an instrument and its certainty are given together or not at all"))
      }
      instrumentOf[scoreKey(scores, row)] = id
      found += outside(scores, row, "published_total", scale[id])
    }
    for row in parts.rows {
      guard let id = instrumentOf[scoreKey(parts, row)], !id.isEmpty else { continue }
      found += outside(parts, row, "value", scale[id])
      let key = parts.field(row, "key")
      if parts.field(row, "part") == "aspect", !aspects.contains([id, key]) {
        found.append(parts.problem(row, "key", "UNKNOWN_KEY", "\(id) has no aspect \(key)"))
      }
    }
    return found
  }

  private func outside(
    _ table: ReferenceTable, _ row: CSVRow, _ column: String, _ scale: ClosedRange<FixedDecimal>?
  ) -> [ReferenceProblem] {
    guard let scale, let value = try? FixedDecimal(parsing: table.field(row, column), mark: .dot), !scale.contains(value) else {
      return []
    }
    return [
      table.problem(
        row, column, "OUT_OF_SCALE",
        "\(value) lies outside the scale \(scale.lowerBound) to \(scale.upperBound) of its instrument")
    ]
  }

  private func realisations() -> [ReferenceProblem] {
    let table = table("plan_realisations.csv")
    return table.rows.compactMap { row in
      guard let done = Int(table.field(row, "done")), let planned = Int(table.field(row, "planned")), done > planned else {
        return nil
      }
      return table.problem(row, "done", "OUT_OF_SCALE", "\(done) of \(planned) planned programmes can't be done")
    }
  }
}

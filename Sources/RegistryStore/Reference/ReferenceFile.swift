internal import RegistryModel

/// What may stand in a column. `wanted` columns must not be empty, the others may.
indirect enum ReferenceRule: Sendable {
  case text
  case number(ClosedRange<Int>)
  case decimal
  case day
  case word([String])
  /// `yes` or `no`.
  case flag
  /// Letters, digits, `-` and `_`: keys of our own.
  case key
  /// A code of a kabupaten or kota, or of a province, in the system that another column names.
  case code(systemColumn: String, province: Bool)
  /// The same, of today, in the Kemendagri system.
  case regionToday
  case provinceToday
  case maybe(ReferenceRule)

  static let certainty = ReferenceRule.word(Certainty.allCases.map(\.rawValue))
  static let answer = ReferenceRule.word(TriState.allCases.map(\.rawValue))
  static let status = ReferenceRule.word(Membership.Status.allCases.map(\.rawValue))
  static let stage = ReferenceRule.word(ScoreStage.allCases.map(\.rawValue))
  static let scoreKind = ReferenceRule.word(ScoreKind.allCases.map(\.rawValue))
  static let system = ReferenceRule.word(CodeSystem.allCases.map(\.rawValue))
  static let id = ReferenceRule.number(1...99_999)
  static let year = ReferenceRule.number(2000...2100)
  static let cohortYear = ReferenceRule.number(Cohort.years)
  static let count = ReferenceRule.number(0...1_000_000_000)
}

/// One file of db/reference: its columns, what may stand in them, its key, and the statement that loads it.
struct ReferenceFile: Sendable {
  let name: String
  let columns: [(name: String, rule: ReferenceRule)]
  /// Columns that no two rows share.
  let key: [String]
  let query: NamedQuery
  /// Scores and what hangs on them: facts of a region, not loaded beside synthetic ones.
  let isPublishedScore: Bool

  init(
    _ name: String, key: [String], query: NamedQuery, isPublishedScore: Bool = false,
    _ columns: KeyValuePairs<String, ReferenceRule>
  ) {
    self.name = name
    self.key = key
    self.query = query
    self.isPublishedScore = isPublishedScore
    self.columns = columns.map { ($0.key, $0.value) }
  }

  /// In the order in which they are loaded: what others refer to comes first.
  static let all = regionFiles + movementFiles + instrumentFiles + scoreFiles

  private static let regionFiles = [
    ReferenceFile(
      "provinces.csv", key: ["province_id"], query: Queries.loadProvinces,
      [
        "province_id": .id, "name": .text, "valid_from": .maybe(.day), "valid_to": .maybe(.day), "law": .maybe(.text),
        "lat": .maybe(.decimal), "lon": .maybe(.decimal), "population": .maybe(.count), "area_km2": .maybe(.decimal),
      ]),
    ReferenceFile(
      "province_codes.csv", key: ["province_id", "system", "code"], query: Queries.loadProvinceCodes,
      [
        "province_id": .id, "system": .system, "code": .code(systemColumn: "system", province: true), "valid_from": .maybe(.day),
        "valid_to": .maybe(.day), "source": .text,
      ]),
    ReferenceFile(
      "regions.csv", key: ["region_id"], query: Queries.loadRegions,
      [
        "region_id": .id, "kind": .word(RegionKind.allCases.map(\.rawValue)), "name": .text, "base_name": .text,
        "lat": .maybe(.decimal), "lon": .maybe(.decimal), "population": .maybe(.count), "area_km2": .maybe(.decimal),
      ]),
    ReferenceFile(
      "region_codes.csv", key: ["region_id", "system", "code"], query: Queries.loadRegionCodes,
      [
        "region_id": .id, "system": .system, "code": .code(systemColumn: "system", province: false), "valid_from": .maybe(.day),
        "valid_to": .maybe(.day), "source": .text, "certainty": .certainty,
      ]),
    ReferenceFile(
      "region_names.csv", key: ["region_id", "name"], query: Queries.loadRegionNames,
      [
        "region_id": .id, "name": .text, "valid_from": .maybe(.day), "valid_to": .maybe(.day), "source": .text,
        "certainty": .certainty,
      ]),
    ReferenceFile(
      "region_provinces.csv", key: ["region_id", "province_id"], query: Queries.loadRegionProvinces,
      [
        "region_id": .id, "province_id": .id, "valid_from": .maybe(.day), "valid_to": .maybe(.day), "source": .text,
        "certainty": .certainty,
      ]),
    ReferenceFile(
      "region_aliases.csv", key: ["region_id", "alias"], query: Queries.loadRegionAliases,
      ["region_id": .id, "alias": .text, "kind": .word(["spelling", "former", "short"]), "source": .text]),
  ]

  private static let movementFiles = [
    ReferenceFile(
      "cohorts.csv", key: ["year"], query: Queries.loadCohorts,
      [
        "year": .cohortYear, "name_id": .text, "name_en": .text, "coached": .maybe(.count),
        "published_cumulative": .maybe(.count), "signed_on": .maybe(.day), "list_complete": .flag, "source": .text,
        "certainty": .certainty, "note": .maybe(.text),
      ]),
    ReferenceFile(
      "memberships.csv", key: ["cohort_year", "region"], query: Queries.loadMemberships,
      [
        "cohort_year": .cohortYear, "region": .regionToday, "name": .text, "status": .status, "announced": .answer,
        "signed": .answer, "finished": .answer, "certainty": .certainty, "note": .maybe(.text), "source": .text,
      ]),
    ReferenceFile(
      "province_memberships.csv", key: ["cohort_year", "province"], query: Queries.loadProvinceMemberships,
      [
        "cohort_year": .cohortYear, "province": .provinceToday, "status": .status, "certainty": .certainty,
        "note": .maybe(.text), "source": .text,
      ]),
    ReferenceFile(
      "published_counts.csv", key: ["year", "figure", "value", "source"], query: Queries.loadPublishedCounts,
      [
        "year": .year, "figure": .key, "value": .count, "source": .text, "certainty": .certainty, "note": .maybe(.text),
      ]),
  ]

  private static let instrumentFiles = [
    ReferenceFile(
      "dimension_sets.csv", key: ["set_id"], query: Queries.loadDimensionSets,
      [
        "set_id": .key, "name_id": .text, "name_en": .text, "source": .text, "certainty": .certainty, "note": .maybe(.text),
      ]),
    ReferenceFile(
      "dimensions.csv", key: ["set_id", "key"], query: Queries.loadDimensions,
      ["set_id": .key, "key": .key, "ordinal": .id, "name_id": .text, "name_en": .text]),
    ReferenceFile(
      "sub_dimensions.csv", key: ["set_id", "dimension_key", "key"], query: Queries.loadSubDimensions,
      ["set_id": .key, "dimension_key": .key, "key": .key, "ordinal": .id, "name_id": .text, "name_en": .text]),
    ReferenceFile(
      "dimension_mappings.csv", key: ["from_set", "from_key", "to_set", "to_key"], query: Queries.loadDimensionMappings,
      [
        "from_set": .key, "from_key": .key, "to_set": .maybe(.key), "to_key": .maybe(.key), "weight": .maybe(.decimal),
        "certainty": .certainty, "note": .maybe(.text),
      ]),
    ReferenceFile(
      "instruments.csv", key: ["instrument_id"], query: Queries.loadInstruments,
      [
        "instrument_id": .key, "name_id": .text, "name_en": .text, "scale_min": .decimal, "scale_max": .decimal,
        "decimals": .number(0...4), "rounding": .word(RoundingRule.allCases.map(\.rawValue)), "dimension_set": .key,
        "valid_for": .maybe(.text), "source": .text, "certainty": .certainty, "note": .maybe(.text),
      ]),
    ReferenceFile(
      "instrument_aspects.csv", key: ["instrument_id", "key"], query: Queries.loadInstrumentAspects,
      [
        "instrument_id": .key, "key": .key, "ordinal": .id, "weight_percent": .number(1...100), "name_id": .text,
        "name_en": .text,
      ]),
  ]

  private static let scoreKey = ["region", "year", "stage", "kind"]
  private static let scoreFiles = [
    ReferenceFile(
      "scores.csv", key: scoreKey, query: Queries.loadScores, isPublishedScore: true,
      [
        "region": .regionToday, "year": .year, "stage": .stage, "kind": .scoreKind, "instrument_id": .maybe(.key),
        "instrument_certainty": .maybe(.certainty), "published_total": .decimal, "letter_number": .maybe(.text),
        "letter_date": .maybe(.day), "source": .text, "certainty": .certainty, "note": .maybe(.text),
      ]),
    ReferenceFile(
      "score_parts.csv", key: scoreKey + ["part", "key"], query: Queries.loadScoreParts, isPublishedScore: true,
      [
        "region": .regionToday, "year": .year, "stage": .stage, "kind": .scoreKind,
        "part": .word(ScorePartKind.allCases.map(\.rawValue)), "key": .key, "value": .decimal,
      ]),
    ReferenceFile(
      "score_claims.csv", key: scoreKey + ["claim"], query: Queries.loadScoreClaims, isPublishedScore: true,
      [
        "region": .regionToday, "year": .year, "stage": .stage, "kind": .scoreKind,
        "claim": .word(["rank_national", "rank_province"]), "value": .id, "among": .maybe(.id), "source": .text,
        "certainty": .certainty,
      ]),
    ReferenceFile(
      "plan_realisations.csv", key: ["region", "year", "dimension_set", "dimension"], query: Queries.loadPlanRealisations,
      isPublishedScore: true,
      [
        "region": .regionToday, "year": .year, "dimension_set": .key, "dimension": .key, "done": .count, "planned": .count,
        "source": .text, "certainty": .certainty,
      ]),
  ]
}

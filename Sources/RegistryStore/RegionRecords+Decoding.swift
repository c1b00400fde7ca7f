internal import PostgresClient
internal import RegistryModel

extension RegionSummary {
  /// The columns of registry.region_on.
  init(_ row: PostgresRow) throws {
    self.init(
      id: try row.regionID("region_id"), name: try row.string("name"), kind: try row.word("kind"),
      kemendagriCode: try row.string("kemendagri_code"), bpsCode: try row["bps_code"],
      province: try row.provinceID("province_id"),
      provinceName: try row.string("province_name"), provinceCode: try row.string("province_code"))
  }
}

extension RegionDetail.DatedCode {
  init(_ row: PostgresRow) throws {
    system = try CodeSystem(word: try row.string("system"))
    code = try row.string("code")
    valid = try row.validity()
    provenance = try row.provenance()
  }
}

extension RegionDetail.DatedName {
  init(_ row: PostgresRow) throws {
    name = try row.string("name")
    valid = try row.validity()
    provenance = try row.provenance()
  }
}

extension RegionDetail.DatedProvince {
  init(_ row: PostgresRow) throws {
    code = try row.string("code")
    name = try row.string("name")
    valid = try row.validity()
    provenance = try row.provenance()
  }
}

extension Place {
  /// Text in the database, since these are decimal numbers of unlike scales; degrees are kept to six decimals.
  init(_ row: PostgresRow) throws {
    let latitude: String? = try row["lat"]
    let longitude: String? = try row["lon"]
    let area: String? = try row["area_km2"]
    try self.init(
      latitude: try latitude.map { try FixedDecimal(parsing: $0) },
      longitude: try longitude.map { try FixedDecimal(parsing: $0) },
      population: try row["population"], areaKm2: try area.map { try FixedDecimal(parsing: $0) })
  }
}

extension Membership {
  init(_ row: PostgresRow) throws {
    let note: String? = try row["note"]
    try self.init(
      cohortYear: try row.int("cohort_year"), region: try row.regionID("region_id"), status: try row.word("status"),
      announced: try row.word("announced"), signed: try row.word("signed"), finished: try row.word("finished"),
      certainty: try row.word("certainty"), note: note ?? "", source: try Source(try row.string("source")))
  }
}

extension RankRecord {
  init(_ row: PostgresRow) throws {
    rank = try row["rank"]
    among = try row.int("among")
    of = try row.int("of")
    tied = try row.int("tied")
    instruments = try row.int("instruments")
  }
}

extension ClaimRecord {
  init(_ row: PostgresRow) throws {
    claim = try row.string("claim")
    value = try row.int("value")
    among = try row["among"]
    provenance = try row.provenance()
  }
}

extension RealisationRecord {
  init(_ row: PostgresRow) throws {
    dimensionSet = try row.string("dimension_set")
    dimension = try row.string("dimension")
    name = try row.name()
    done = try row.int("done")
    planned = try row.int("planned")
    provenance = try row.provenance()
  }
}

extension RegionTotals {
  init(_ row: PostgresRow) throws {
    let population: Int64 = try row["population"]
    self.init(
      kabupaten: try row.int("kabupaten"), kota: try row.int("kota"), population: Int(population),
      populationUnknown: try row.int("population_unknown"))
  }
}

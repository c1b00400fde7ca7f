internal import RegistryModel
internal import RegistryProtocol
internal import RegistryStore

extension Seratus_V1_RegionSummary {
  init(_ region: RegionSummary) {
    self.init()
    regionID = region.id.value
    name = region.name
    kind = Seratus_V1_RegionKind(region.kind)
    kemendagriCode = region.kemendagriCode
    bpsCode = region.bpsCode ?? ""
    provinceName = region.provinceName
    provinceCode = region.provinceCode
  }
}

extension Seratus_V1_Provenance {
  init(_ record: ProvenanceRecord) {
    self.init(source: record.source, certainty: record.certainty, note: record.note)
  }
}

extension Seratus_V1_Dataset {
  init(_ record: DatasetRecord) {
    self.init(record.dataset, label: record.label)
  }
}

extension Seratus_V1_GetRegionResponse {
  init(_ detail: RegionDetail) {
    self.init()
    region = Seratus_V1_RegionSummary(detail.summary)
    latitude = detail.place.latitude?.approximate ?? 0
    longitude = detail.place.longitude?.approximate ?? 0
    population = Int64(detail.place.population ?? 0)
    if let area = detail.place.areaKm2 { areaKm2 = Seratus_V1_Decimal(area) }
    codes = detail.codes.map(Seratus_V1_DatedCode.init)
    names = detail.names.map(Seratus_V1_DatedName.init)
    provinces = detail.provinces.map(Seratus_V1_DatedProvince.init)
    aliases = detail.aliases
    memberships = detail.memberships.map(Seratus_V1_RegionMembership.init)
    asOf = Seratus_V1_Date(detail.asOf)
    askedBy = detail.askedBy.map(Self.asked) ?? ""
  }

  private static func asked(_ code: RegionDetail.DatedCode) -> String {
    let from = code.valid.from.map { "valid from \($0)" }
    let to = code.valid.to.map { "valid until \($0)" }
    let range = [from, to].compactMap { $0 }.joined(separator: ", ")
    return "\(code.system.rawValue) \(code.code)" + (range.isEmpty ? "" : " (\(range))")
  }
}

extension Seratus_V1_DatedCode {
  init(_ code: RegionDetail.DatedCode) {
    self.init()
    system = code.system.rawValue
    self.code = code.code
    validFrom = Seratus_V1_Date(code.valid.from)
    validTo = Seratus_V1_Date(code.valid.to)
    provenance = Seratus_V1_Provenance(code.provenance)
  }
}

extension Seratus_V1_DatedName {
  init(_ name: RegionDetail.DatedName) {
    self.init()
    self.name = name.name
    validFrom = Seratus_V1_Date(name.valid.from)
    validTo = Seratus_V1_Date(name.valid.to)
    provenance = Seratus_V1_Provenance(name.provenance)
  }
}

extension Seratus_V1_DatedProvince {
  init(_ province: RegionDetail.DatedProvince) {
    self.init()
    provinceCode = province.code
    provinceName = province.name
    validFrom = Seratus_V1_Date(province.valid.from)
    validTo = Seratus_V1_Date(province.valid.to)
    provenance = Seratus_V1_Provenance(province.provenance)
  }
}

extension Seratus_V1_RegionMembership {
  init(_ membership: Membership) {
    self.init()
    cohortYear = Int32(membership.cohortYear)
    status = membership.status.rawValue
    provenance = Seratus_V1_Provenance(membership)
  }
}

extension Seratus_V1_Provenance {
  init(_ membership: Membership) {
    self.init(source: membership.source.text, certainty: membership.certainty, note: membership.note)
  }
}

extension Seratus_V1_SearchHit {
  init(_ hit: RegionHitRecord) {
    self.init()
    region = Seratus_V1_RegionSummary(hit.region)
    matched = hit.matched
    how = hit.how
  }
}

extension Seratus_V1_RegionTotals {
  init(_ totals: RegionTotals) {
    self.init()
    kabupaten = Int32(totals.kabupaten)
    kota = Int32(totals.kota)
    population = Int64(totals.population)
    populationUnknown = Int32(totals.populationUnknown)
  }
}

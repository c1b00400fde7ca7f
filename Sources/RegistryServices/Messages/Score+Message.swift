internal import RegistryModel
internal import RegistryProtocol
internal import RegistryStore

extension Seratus_V1_Score {
  /// - Parameter catalogue: for the names of aspects and dimensions.
  init(_ record: ScoreRecord, _ catalogue: InstrumentCatalogue) {
    self.init()
    region = Seratus_V1_RegionSummary(record.region)
    year = Int32(record.key.year)
    stage = Seratus_V1_Stage(record.key.stage)
    kind = Seratus_V1_ScoreKind(record.key.kind)
    instrumentID = record.instrumentID ?? ""
    instrumentCertainty = Seratus_V1_Certainty(record.instrumentCertainty)
    if let published = record.published { publishedTotal = Seratus_V1_Decimal(published) }
    if let computed = record.computed { computedTotal = Seratus_V1_Decimal(computed) }
    missing = Seratus_V1_MissingKind(record.missing)
    parts = record.parts.map { part in
      Seratus_V1_ScorePart(part, name: catalogue.name(of: part.key, part.part, instrumentID: record.instrumentID))
    }
    letterNumber = record.letterNumber ?? ""
    letterDate = Seratus_V1_Date(record.letterDate)
    released = record.released
    version = Int32(record.version)
    provenance = Seratus_V1_Provenance(record.provenance)
  }
}

extension Seratus_V1_ScorePart {
  init(_ record: ScorePartRecord, name: Localized?) {
    self.init()
    part = record.part.rawValue
    key = record.key
    if let name { self.name = Seratus_V1_LocalizedText(name) }
    if let number = record.value { value = Seratus_V1_Decimal(number) }
  }
}

extension Seratus_V1_PublishedClaim {
  init(_ record: ClaimRecord) {
    self.init()
    claim = record.claim
    value = Int32(record.value)
    if let number = record.among { among = Int32(number) }
    provenance = Seratus_V1_Provenance(record.provenance)
  }
}

extension Seratus_V1_PlanRealisation {
  init(_ record: RealisationRecord) {
    self.init()
    dimensionSet = record.dimensionSet
    dimension = record.dimension
    name = Seratus_V1_LocalizedText(record.name)
    done = Int32(record.done)
    planned = Int32(record.planned)
    provenance = Seratus_V1_Provenance(record.provenance)
  }
}

extension Seratus_V1_LocalizedText {
  /// Whose scores a caller may see.
  static func scope(_ role: Role) -> Seratus_V1_LocalizedText {
    switch role.pool {
    case .ministry: Seratus_V1_LocalizedText(id: "semua nilai", en: "all scores")
    case .region:
      Seratus_V1_LocalizedText(
        id: "nilai daerah sendiri, dan nilai daerah lain yang sudah dirilis",
        en: "the own region's scores, and released scores of others")
    case .export: releasedScope
    }
  }

  static let releasedScope = Seratus_V1_LocalizedText(id: "hanya nilai yang sudah dirilis", en: "released scores only")
}

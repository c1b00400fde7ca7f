package import RegistryModel

/// A region as one line, with the names and codes of one day.
package struct RegionSummary: Sendable, Hashable {
  package let id: RegionID
  /// With its kind: `Kota Kediri`.
  package let name: String
  package let kind: RegionKind
  /// `35.71`
  package let kemendagriCode: String
  /// `3571`; nil if not on record for that day.
  package let bpsCode: String?
  package let province: ProvinceID
  package let provinceName: String
  /// Kemendagri, `35`.
  package let provinceCode: String

  package init(
    id: RegionID, name: String, kind: RegionKind, kemendagriCode: String, bpsCode: String?, province: ProvinceID,
    provinceName: String, provinceCode: String
  ) {
    self.id = id
    self.name = name
    self.kind = kind
    self.kemendagriCode = kemendagriCode
    self.bpsCode = bpsCode
    self.province = province
    self.provinceName = provinceName
    self.provinceCode = provinceCode
  }

  /// `Kota Kediri (35.71)`
  package var labelled: String { "\(name) (\(kemendagriCode))" }
}

/// Where a fact comes from. Not every row of reference data has all three.
package struct ProvenanceRecord: Sendable, Hashable {
  package let source: String?
  package let certainty: Certainty
  package let note: String?

  package init(source: String?, certainty: Certainty, note: String? = nil) {
    self.source = source
    self.certainty = certainty
    self.note = note
  }
}

/// Everything on record about one region.
package struct RegionDetail: Sendable, Hashable {
  package let summary: RegionSummary
  package let asOf: CalendarDate
  package let place: Place
  package let codes: [DatedCode]
  /// Empty if the name never changed on our records.
  package let names: [DatedName]
  package let provinces: [DatedProvince]
  package let aliases: [String]
  package let memberships: [Membership]
  /// The dated code by which it was asked for, if that was one of another day.
  package let askedBy: DatedCode?

  package struct DatedCode: Sendable, Hashable {
    package let system: CodeSystem
    package let code: String
    package let valid: DatedRange
    package let provenance: ProvenanceRecord
  }

  package struct DatedName: Sendable, Hashable {
    package let name: String
    package let valid: DatedRange
    package let provenance: ProvenanceRecord
  }

  package struct DatedProvince: Sendable, Hashable {
    package let code: String
    package let name: String
    package let valid: DatedRange
    package let provenance: ProvenanceRecord
  }
}

/// Which regions to list.
package struct RegionFilter: Sendable, Hashable {
  /// Kemendagri code or name of a province as of the date; nil: all.
  package var province: String?
  package var kind: RegionKind?
  /// Regions with a row in this cohort, whatever its status.
  package var cohortYear: Int?
  package var asOf: CalendarDate

  package init(province: String? = nil, kind: RegionKind? = nil, cohortYear: Int? = nil, asOf: CalendarDate) {
    self.province = province
    self.kind = kind
    self.cohortYear = cohortYear
    self.asOf = asOf
  }
}

/// One region that a search found.
package struct RegionHitRecord: Sendable, Hashable {
  package let region: RegionSummary
  /// The name, alias or code that matched.
  package let matched: String
  /// exact, alias, former, prefix, substring, near.
  package let how: String
}

/// The five numbers of one region, or what is needed to say them.
package struct RegionReport: Sendable {
  package let region: RegionSummary
  package let year: Int
  package let stage: ScoreStage
  /// nil: there is none that the caller may see.
  package let score: ScoreRecord?
  /// The latest earlier score of the region of the same kind, for the change.
  package let previous: ScoreRecord?
  package let rankInProvince: RankRecord
  package let rankNational: RankRecord
  package let claims: [ClaimRecord]
  package let realisations: [RealisationRecord]
}

/// A rank among the scores that the caller may see; ties share the best ("1224").
package struct RankRecord: Sendable, Hashable {
  /// nil without a score.
  package let rank: Int?
  /// Regions with a visible score.
  package let among: Int
  /// Regions that could have one.
  package let of: Int
  /// Others with the same score.
  package let tied: Int
  /// Different instruments among those ranked; more than one means that the rank compares unlike things.
  package let instruments: Int

  package init(rank: Int?, among: Int, of: Int, tied: Int, instruments: Int) {
    self.rank = rank
    self.among = among
    self.of = of
    self.tied = tied
    self.instruments = instruments
  }
}

/// A figure printed in a source, kept as the source has it.
package struct ClaimRecord: Sendable, Hashable {
  /// rank_national, rank_province.
  package let claim: String
  package let value: Int
  package let among: Int?
  package let provenance: ProvenanceRecord
}

/// Programmes done out of programmes planned: a count, not a score.
package struct RealisationRecord: Sendable, Hashable {
  package let dimensionSet: String
  package let dimension: String
  package let name: Localized
  package let done: Int
  package let planned: Int
  package let provenance: ProvenanceRecord
}

/// A page of regions, and what all pages hold together.
package struct RegionList: Sendable {
  package let page: Page<RegionSummary>
  package let totals: RegionTotals
}

/// Of a whole selection of regions.
package struct RegionTotals: Sendable, Hashable {
  package let kabupaten: Int
  package let kota: Int
  /// Of those whose figure is known.
  package let population: Int
  package let populationUnknown: Int
}

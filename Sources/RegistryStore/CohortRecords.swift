package import RegistryModel

/// A cohort with what is known of it here.
package struct CohortSummary: Sendable, Hashable {
  package let cohort: Cohort
  /// Rows, whatever their status.
  package let membershipsKnown: Int
  /// Distinct regions among them.
  package let regionsKnown: Int
  package let statuses: [StatusCount]
  /// One per rule.
  package let cumulative: [CumulativeCount]
  /// Outside every count of regions.
  package let provinces: Int

  package struct StatusCount: Sendable, Hashable {
    package let status: Membership.Status
    package let count: Int
  }

  /// Distinct regions up to and including the cohort, under a rule.
  package struct CumulativeCount: Sendable, Hashable {
    package let rule: CountRule
    package let known: Int
    /// By the ministry; only for its own rule.
    package let published: Int?
    /// A list up to this cohort has gaps, so `known` is short.
    package let incomplete: Bool
  }
}

/// A cohort with its members, by the borders of one day.
package struct CohortDetail: Sendable, Hashable {
  package let summary: CohortSummary
  package let bordersAsOf: CalendarDate
  package let members: [CohortMember]
  package let provinces: [ProvinceMember]
}

package struct CohortMember: Sendable, Hashable {
  package let region: RegionSummary
  package let membership: Membership
  package let otherCohorts: [Int]
}

package struct ProvinceMember: Sendable, Hashable {
  package let provinceCode: String
  package let provinceName: String
  package let status: Membership.Status
  package let provenance: ProvenanceRecord
}

/// What to compare.
package struct ComparisonQuery: Sendable, Hashable {
  /// Empty: all.
  package var cohortYears: [Int]
  /// nil: the latest year with a score that the caller may see.
  package var year: Int?
  package var stage: ScoreStage
  package var measure: Measure

  package enum Measure: Sendable, Hashable {
    case total
    case part(ScorePartKind, key: String)
  }

  package init(cohortYears: [Int] = [], year: Int? = nil, stage: ScoreStage = .annual, measure: Measure = .total) {
    self.cohortYears = cohortYears
    self.year = year
    self.stage = stage
    self.measure = measure
  }
}

/// The raw material of a comparison: each membership asked for, with the score that the caller may see.
package struct ComparisonMaterial: Sendable {
  /// nil: there is no visible score in any year.
  package let year: Int?
  package let cohorts: [Cohort]
  package let rows: [ComparisonRow]
}

package struct ComparisonRow: Sendable, Hashable {
  package let cohortYear: Int
  /// As of the end of the year compared.
  package let region: RegionSummary
  package let status: Membership.Status
  package let membershipCertainty: Certainty
  /// The region counted in an earlier cohort already.
  package let isRepeat: Bool
  package let value: FixedDecimal?
  /// Why there is no value. Without a score it is `notReported` for the ministry and `notVisible` for everybody else, from whom a score that
  /// is withheld and one that does not exist are not told apart.
  package let missing: MissingKind?
  package let instrumentID: String?
  package let instrumentCertainty: Certainty?
  /// Of the score.
  package let certainty: Certainty?
}

/// How many distinct regions there are up to a year, by a rule, and how sure that is.
package struct CohortCount: Sendable, Hashable {
  package let year: Int
  package let rule: CountRule
  /// Memberships of this year's cohort that count.
  package let memberships: Int
  /// Of these, regions that no earlier cohort had.
  package let newRegions: Int
  /// Distinct regions of this and all earlier cohorts.
  package let cumulativeRegions: Int
  /// Memberships up to this year about which the documents are silent.
  package let undecided: Int
  /// Counted memberships up to this year that are not verified.
  package let uncertain: Int
  /// True if the list of this or an earlier cohort is not complete here: the count is short then.
  package let isIncomplete: Bool
  /// What the ministry published for this year, by its own rule.
  package let published: Int?

  /// Ours less the published figure.
  package var difference: Int? { published.map { cumulativeRegions - $0 } }
}

extension CohortCount {
  /// One count for each cohort, in order of years, over memberships in any order.
  /// - Throws: `DUPLICATE_KEY` for a year or a membership given twice, `UNKNOWN_KEY` for a membership of no cohort.
  package static func byYear(
    cohorts: [Cohort], memberships: [Membership], rule: CountRule
  ) throws(ModelError) -> [CohortCount] {
    let grouped = try group(memberships, cohorts)
    var known: Set<RegionID> = []
    var undecided = 0
    var uncertain = 0
    var isIncomplete = false
    return cohorts.sorted { $0.year < $1.year }.map { cohort in
      let own = grouped[cohort.year, default: []]
      let counted = own.filter { $0.counts(under: rule) }
      let new = Set(counted.map(\.region)).subtracting(known)
      known.formUnion(new)
      undecided += own.count { $0.isUndecided(under: rule) }
      uncertain += counted.count { $0.certainty < .verified }
      isIncomplete = isIncomplete || !cohort.isListComplete
      return CohortCount(
        year: cohort.year, rule: rule, memberships: counted.count, newRegions: new.count, cumulativeRegions: known.count,
        undecided: undecided, uncertain: uncertain, isIncomplete: isIncomplete, published: cohort.publishedCumulative)
    }
  }

  private static func group(_ memberships: [Membership], _ cohorts: [Cohort]) throws(ModelError) -> [Int: [Membership]] {
    var grouped: [Int: [Membership]] = [:]
    for cohort in cohorts where grouped.updateValue([], forKey: cohort.year) != nil {
      throw .duplicateKey("\(cohort.year)", field: "cohorts")
    }
    var seen: [Int: Set<RegionID>] = [:]
    for membership in memberships {
      guard grouped[membership.cohortYear] != nil else {
        throw .unknownKey("\(membership.cohortYear)", field: "cohorts", among: grouped.keys.sorted().map { "\($0)" })
      }
      guard seen[membership.cohortYear, default: []].insert(membership.region).inserted else {
        throw .duplicateKey("\(membership.cohortYear)/\(membership.region)", field: "memberships")
      }
      grouped[membership.cohortYear, default: []].append(membership)
    }
    return grouped
  }
}

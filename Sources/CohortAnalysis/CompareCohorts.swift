package import RegistryModel

/// One membership with the value to compare: a region in two cohorts has two rows with the same value.
package struct CohortRow: Sendable, Hashable {
  package let cohortYear: Int
  package let region: RegionID
  package let name: String
  package let kind: RegionKind
  package let province: ProvinceID
  package let observation: Observation
  /// The region was in an earlier cohort too.
  package let isRepeat: Bool
  /// The membership itself is not verified.
  package let isUncertain: Bool

  package init(
    cohortYear: Int, region: RegionID, name: String, kind: RegionKind, province: ProvinceID, observation: Observation,
    isRepeat: Bool = false, isUncertain: Bool = false
  ) {
    self.cohortYear = cohortYear
    self.region = region
    self.name = name
    self.kind = kind
    self.province = province
    self.observation = observation
    self.isRepeat = isRepeat
    self.isUncertain = isUncertain
  }
}

/// What to leave out, and from how many values on a cohort may be ranked.
package struct ComparisonOptions: Sendable, Hashable {
  package var leavesOutRepeats: Bool
  package var leavesOutUncertain: Bool
  /// Below this a median says more about one region than about a cohort.
  package let valuesMin: Int

  package static let valuesMinDefault = 5

  /// - Parameter valuesMin: at least 2; smaller numbers are taken as 2.
  package init(leavesOutRepeats: Bool = false, leavesOutUncertain: Bool = false, valuesMin: Int = valuesMinDefault) {
    self.leavesOutRepeats = leavesOutRepeats
    self.leavesOutUncertain = leavesOutUncertain
    self.valuesMin = Swift.max(2, valuesMin)
  }
}

/// A row that did not enter the figures of its cohort, and why.
package struct Exclusion: Sendable, Hashable {
  package enum Reason: Sendable, Hashable {
    case missing(MissingKind)
    case repeatMembership
    case uncertainMembership

    package var label: Localized {
      switch self {
      case .missing(let kind): kind.label
      case .repeatMembership: Localized(fixedID: "keanggotaan ulang", en: "repeat membership")
      case .uncertainMembership: Localized(fixedID: "keanggotaan tidak pasti", en: "uncertain membership")
      }
    }
  }

  package let cohortYear: Int
  package let region: RegionID
  package let name: String
  package let reason: Reason
}

package struct CohortFigures: Sendable, Hashable {
  package let year: Int
  /// Rows given for it, before anything was left out.
  package let memberships: Int
  package let repeats: Int
  package let uncertain: Int
  package let description: Description
  /// Among the cohorts with enough values, by median, the highest first.
  package let place: Measured<RankPlace>
}

/// A region in more than one cohort.
package struct SharedRegion: Sendable, Hashable {
  package let region: RegionID
  package let years: [Int]
}

package struct CohortComparison: Sendable, Hashable {
  /// In order of years.
  package let cohorts: [CohortFigures]
  /// Every region once, whatever cohorts it is in.
  package let overall: Description
  package let memberships: Int
  package let distinctRegions: Int
  /// Regions that are counted in each of several cohorts, in order of ids.
  package let inSeveralCohorts: [SharedRegion]
  package let exclusions: [Exclusion]
  package let verdict: Verdict
  package let options: ComparisonOptions
  package let conventions: Conventions
}

/// Describes each cohort and puts those with enough values in order of their medians.
/// - Throws: `DUPLICATE_KEY` for a membership given twice, `CONTRADICTION` for a region with two different values.
package func compareCohorts(
  _ rows: [CohortRow], options: ComparisonOptions = ComparisonOptions()
) throws(ModelError) -> CohortComparison {
  let years = try yearsByRegion(rows)
  let sorted = rows.sorted { ($0.cohortYear, $0.region) < ($1.cohortYear, $1.region) }
  let exclusions = sorted.compactMap { exclusion(of: $0, options) }
  let kept = sorted.filter { leftOut($0, options) == nil }
  let described = Dictionary(grouping: kept, by: \.cohortYear).mapValues { describe($0.map(\.observation)) }
  let figures = cohortFigures(sorted, described, options)
  return CohortComparison(
    cohorts: figures, overall: describe(firstRows(kept).map(\.observation)), memberships: rows.count,
    distinctRegions: years.count,
    inSeveralCohorts: years.filter { $0.value.count > 1 }.sorted { $0.key < $1.key }.map {
      SharedRegion(region: $0.key, years: $0.value.sorted())
    },
    exclusions: exclusions, verdict: Verdict(figures, options), options: options, conventions: .current)
}

private func yearsByRegion(_ rows: [CohortRow]) throws(ModelError) -> [RegionID: [Int]] {
  var years: [RegionID: [Int]] = [:]
  var values: [RegionID: Observation] = [:]
  for row in rows {
    guard !years[row.region, default: []].contains(row.cohortYear) else {
      throw ModelError(
        .duplicateKey, field: "rows", message: "\(row.name) is given twice in cohort \(row.cohortYear)", remedy: "give it once",
        parameters: ["key": "\(row.cohortYear)/\(row.region)"])
    }
    guard values.updateValue(row.observation, forKey: row.region) ?? row.observation == row.observation else {
      throw ModelError(
        .contradiction, field: "rows", message: "\(row.name) has different values in two cohorts",
        remedy: "compare one year at a time",
        parameters: ["region": "\(row.region)", "name": row.name])
    }
    years[row.region, default: []].append(row.cohortYear)
  }
  return years
}

private func leftOut(_ row: CohortRow, _ options: ComparisonOptions) -> Exclusion.Reason? {
  if options.leavesOutUncertain, row.isUncertain { return .uncertainMembership }
  if options.leavesOutRepeats, row.isRepeat { return .repeatMembership }
  return nil
}

private func exclusion(of row: CohortRow, _ options: ComparisonOptions) -> Exclusion? {
  var reason = leftOut(row, options)
  if reason == nil, case .missing(let kind) = row.observation { reason = .missing(kind) }
  return reason.map { Exclusion(cohortYear: row.cohortYear, region: row.region, name: row.name, reason: $0) }
}

private func firstRows(_ rows: [CohortRow]) -> [CohortRow] {
  var seen: Set<RegionID> = []
  return rows.filter { seen.insert($0.region).inserted }
}

private func cohortFigures(
  _ rows: [CohortRow], _ described: [Int: Description], _ options: ComparisonOptions
) -> [CohortFigures] {
  let medians = described.compactMapValues { $0.n >= options.valuesMin ? $0.median.figure : nil }
  let placesByYear = Dictionary(uniqueKeysWithValues: zip(medians.keys, places(Array(medians.values))))
  return Dictionary(grouping: rows, by: \.cohortYear).sorted { $0.key < $1.key }.map { year, members in
    let description = described[year] ?? describe([])
    return CohortFigures(
      year: year, memberships: members.count, repeats: members.count { $0.isRepeat }, uncertain: members.count { $0.isUncertain },
      description: description,
      place: placesByYear[year].map { .figure($0) } ?? .tooFew(n: description.n, needed: options.valuesMin))
  }
}

package import RegistryModel

/// A region with what it is ranked by and the groups it belongs to.
package struct RankRow: Sendable, Hashable {
  package let region: RegionID
  package let kind: RegionKind
  package let province: ProvinceID
  /// Years of all cohorts it is in.
  package let cohorts: [Int]
  package let observation: Observation

  package init(region: RegionID, kind: RegionKind, province: ProvinceID, cohorts: [Int] = [], observation: Observation) {
    self.region = region
    self.kind = kind
    self.province = province
    self.cohorts = cohorts
    self.observation = observation
  }
}

/// Among whom a region is ranked.
package enum RankGroup: Sendable, Hashable {
  case nation
  case province(ProvinceID)
  case cohort(Int)
  case kind(RegionKind)
}

package enum Grouping: String, Word {
  package static let wordField = "grouping"

  case nation, province, cohort, kind

  func groups(of row: RankRow) -> [RankGroup] {
    switch self {
    case .nation: [.nation]
    case .province: [.province(row.province)]
    case .cohort: Set(row.cohorts).sorted().map { .cohort($0) }
    case .kind: [.kind(row.kind)]
    }
  }
}

/// Where a value stands among the values of its group.
package struct RankPlace: Sendable, Hashable {
  /// 1 is the highest value; equals share the best rank and the next ones are skipped: 1, 2, 2, 4.
  package let rank: Int
  /// How many values were ranked; rows without a value are not among them.
  package let among: Int
  /// How many have exactly this value, itself included.
  package let tied: Int

  /// (rank − 1)/(n − 1): 0 is the first, 1 the last place. A single value has none.
  package var percentile: Measured<Ratio> {
    among > 1 ? .figure(Ratio(Int128(rank - 1), over: Int128(among - 1))) : .tooFew(n: among, needed: 2)
  }
}

package struct Placement: Sendable, Hashable {
  package enum Outcome: Sendable, Hashable {
    case placed(RankPlace)
    case missing(MissingKind)
  }

  package let region: RegionID
  package let group: RankGroup
  package let outcome: Outcome

  package var place: RankPlace? {
    switch outcome {
    case .placed(let place): place
    case .missing: nil
    }
  }
}

/// Ranks by value, the highest first. Places come in the order of `values`.
package func places<Value: Comparable & Hashable>(_ values: [Value]) -> [RankPlace] {
  let groups = Dictionary(grouping: values, by: { $0 }).mapValues(\.count)
  var better = 0
  var byValue: [Value: RankPlace] = [:]
  for (value, count) in groups.sorted(by: { $0.key > $1.key }) {
    byValue[value] = RankPlace(rank: better + 1, among: values.count, tied: count)
    better += count
  }
  return values.compactMap { byValue[$0] }
}

/// Every region's place in each of its groups: one for nation, province and kind, one per cohort for cohorts.
///
/// In the order of `rows`, then of cohorts. A region without a value keeps its reason and takes no place.
/// - Throws: `DUPLICATE_KEY` for a region given twice.
package func rank(_ rows: [RankRow], by grouping: Grouping = .nation) throws(ModelError) -> [Placement] {
  var seen: Set<RegionID> = []
  for row in rows where !seen.insert(row.region).inserted {
    throw ModelError(
      .duplicateKey, field: "rows", message: "region \(row.region) is given twice",
      remedy: "give each region once, with all its cohorts",
      parameters: ["key": "\(row.region)"])
  }
  var members: [RankGroup: [(region: RegionID, value: FixedDecimal)]] = [:]
  for row in rows {
    guard let value = row.observation.value else { continue }
    for group in grouping.groups(of: row) { members[group, default: []].append((row.region, value)) }
  }
  let tables = members.mapValues { entries in
    Dictionary(uniqueKeysWithValues: zip(entries.map(\.region), places(entries.map(\.value))))
  }
  return rows.flatMap { row in
    grouping.groups(of: row).compactMap { group in
      outcome(row, tables[group]?[row.region]).map { Placement(region: row.region, group: group, outcome: $0) }
    }
  }
}

private func outcome(_ row: RankRow, _ place: RankPlace?) -> Placement.Outcome? {
  switch row.observation {
  case .missing(let kind): .missing(kind)
  case .value: place.map { .placed($0) }
  }
}

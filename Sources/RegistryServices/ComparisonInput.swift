internal import CohortAnalysis
internal import RegistryModel
internal import RegistryStore

/// The store's rows as the analysis takes them, with those set aside whose values can't be compared at all.
struct ComparisonInput {
  let cohorts: [Cohort]
  let members: [ComparisonRow]
  /// What enters the figures.
  let rows: [CohortRow]
  /// A value of which nobody knows the scale says nothing beside others.
  let withoutInstrument: [ComparisonRow]
  /// Versions of the instrument behind the values.
  let instruments: Set<String>
  /// Regions that were in no cohort yet in the year evaluated, so nothing was asked of them.
  private let joinedLater: Set<RegionID>

  init(_ material: ComparisonMaterial) {
    cohorts = material.cohorts.sorted { $0.year < $1.year }
    members = material.rows
    withoutInstrument = material.rows.filter { $0.value != nil && $0.instrumentID == nil }
    let year = material.year ?? .max
    let joined = Dictionary(material.rows.map { ($0.region.id, $0.isRepeat ? 0 : $0.cohortYear) }, uniquingKeysWith: min)
    let later = Set(joined.filter { $0.value > year }.keys)
    joinedLater = later
    rows = material.rows.filter { $0.value == nil || $0.instrumentID != nil }.map { row in
      CohortRow(row, missing: Self.missing(row, later))
    }
    instruments = Set(rows.isEmpty ? [] : material.rows.filter { $0.value != nil }.compactMap(\.instrumentID))
  }

  /// Why this member has no value; nil: it has one.
  func missing(_ row: ComparisonRow) -> MissingKind? {
    row.value == nil ? Self.missing(row, joinedLater) : nil
  }

  private static func missing(_ row: ComparisonRow, _ joinedLater: Set<RegionID>) -> MissingKind {
    joinedLater.contains(row.region.id) ? .notApplicable : row.missing ?? .notVisible
  }

  /// Members of this cohort that are in another one too.
  func repeats(of year: Int) -> Int {
    let elsewhere = Set(members.filter { $0.cohortYear != year }.map(\.region.id))
    return members(of: year).count { $0.isRepeat || elsewhere.contains($0.region.id) }
  }

  func members(of year: Int) -> [ComparisonRow] { members.filter { $0.cohortYear == year } }
}

extension CohortRow {
  init(_ row: ComparisonRow, missing: MissingKind) {
    self.init(
      cohortYear: row.cohortYear, region: row.region.id, name: row.region.name, kind: row.region.kind,
      province: row.region.province,
      observation: row.value.map { .value($0) } ?? .missing(missing),
      isRepeat: row.isRepeat, isUncertain: row.membershipCertainty < .verified)
  }
}

internal import CohortAnalysis
internal import RegistryModel
internal import RegistryProtocol
internal import RegistryStore

extension Seratus_V1_CohortDescription {
  /// One cohort, listed even if nothing is known of its members.
  init(_ cohort: Cohort, _ comparison: CohortComparison, _ input: ComparisonInput) {
    self.init()
    let own = input.members(of: cohort.year)
    cohortYear = Int32(cohort.year)
    members = Int32(own.count)
    membersPublished = Int32(cohort.coached ?? 0)
    repeats = Int32(input.repeats(of: cohort.year))
    listComplete = cohort.isListComplete
    excluded = Self.excluded(input.withoutInstrument.count { $0.cohortYear == cohort.year })
    let figures = comparison.cohorts.first { $0.year == cohort.year }
    if let figures {
      fill(figures.description)
      if let place = figures.place.figure {
        rank = Int32(place.rank)
        tied = Int32(place.tied - 1)
      }
    }
    remark = Self.remark(cohort, n: figures?.description.n ?? 0, needed: comparison.options.valuesMin)
  }

  /// All distinct regions together.
  init(all comparison: CohortComparison, _ input: ComparisonInput) {
    self.init()
    members = Int32(input.members.count)
    membersPublished = Int32(input.cohorts.compactMap(\.coached).reduce(0, +))
    repeats = Int32(comparison.inSeveralCohorts.count)
    listComplete = input.cohorts.allSatisfy(\.isListComplete)
    excluded = Self.excluded(Set(input.withoutInstrument.map(\.region.id)).count)
    fill(comparison.overall)
    let few = comparison.overall.n == 1
    remark = Seratus_V1_LocalizedText(
      id: "\(comparison.distinctRegions) daerah berbeda, masing-masing dihitung sekali"
        + (few ? "; satu nilai saja terlalu sedikit untuk kuartil dan simpangan baku" : ""),
      en: "\(comparison.distinctRegions) distinct regions, each counted once"
        + (few ? "; a single value is too few for quartiles and a standard deviation" : ""))
  }

  private mutating func fill(_ description: Description) {
    n = Int32(description.n)
    missing = MissingKind.allCases.compactMap { kind in
      guard let count = description.missing[kind], count > 0 else { return nil }
      var message = Seratus_V1_MissingCount()
      message.kind = Seratus_V1_MissingKind(kind)
      message.count = Int32(count)
      return message
    }
    if let figure = description.min.figure { minimum = Seratus_V1_Decimal(figure) }
    if let figure = description.q1.figure { lowerQuartile = Seratus_V1_Decimal(figure.rounded()) }
    if let figure = description.median.figure { median = Seratus_V1_Decimal(figure.rounded()) }
    if let figure = description.mean.figure { mean = Seratus_V1_Decimal(figure.rounded()) }
    if let figure = description.q3.figure { upperQuartile = Seratus_V1_Decimal(figure.rounded()) }
    if let figure = description.max.figure { maximum = Seratus_V1_Decimal(figure) }
    if let figure = description.sd.figure?.rounded { standardDeviation = Seratus_V1_Decimal(figure) }
  }

  private static func excluded(_ count: Int) -> [Seratus_V1_ExcludedCount] {
    guard count > 0 else { return [] }
    var message = Seratus_V1_ExcludedCount()
    message.reason = Seratus_V1_LocalizedText(
      id: "instrumen dan skalanya tidak diketahui", en: "its instrument and scale are not known")
    message.count = Int32(count)
    return [message]
  }

  private static func remark(_ cohort: Cohort, n: Int, needed: Int) -> Seratus_V1_LocalizedText {
    var id: [String] = []
    var en: [String] = []
    if n == 1 {
      id.append("satu nilai saja terlalu sedikit untuk kuartil dan simpangan baku")
      en.append("a single value is too few for quartiles and a standard deviation")
    }
    if n < needed {
      id.append("n = \(n), perlu paling sedikit \(needed) untuk diperingkat")
      en.append("n = \(n), ranked from \(needed) on")
    }
    if !cohort.isListComplete {
      id.append("daftar anggota belum lengkap di sini")
      en.append("the list of members is not complete here")
    }
    return Seratus_V1_LocalizedText(id: id.joined(separator: "; "), en: en.joined(separator: "; "))
  }
}

extension Seratus_V1_ComparisonScale {
  init(_ instrument: Instrument) {
    self.init()
    instrumentID = instrument.id
    scaleMin = Seratus_V1_Decimal(instrument.scaleMin)
    scaleMax = Seratus_V1_Decimal(instrument.scaleMax)
  }
}

/// Each membership with its value and its ranks, cohorts first, the best first in each.
struct CohortValues {
  private let input: ComparisonInput
  private let overall: [RegionID: Int]
  private let inCohort: [CohortAndRegion: Int]

  private struct CohortAndRegion: Hashable {
    let year: Int
    let region: RegionID
  }

  init(_ input: ComparisonInput) {
    self.input = input
    var distinct: [RegionID: FixedDecimal] = [:]
    for row in input.rows { distinct[row.region] = row.observation.value }
    overall = Self.ranks(distinct)
    var inCohort: [CohortAndRegion: Int] = [:]
    for (year, rows) in Dictionary(grouping: input.rows, by: \.cohortYear) {
      let values = rows.compactMap { row in row.observation.value.map { (row.region, $0) } }
      for (region, rank) in Self.ranks(Dictionary(values) { first, _ in first }) {
        inCohort[CohortAndRegion(year: year, region: region)] = rank
      }
    }
    self.inCohort = inCohort
  }

  private static func ranks(_ values: [RegionID: FixedDecimal]) -> [RegionID: Int] {
    Dictionary(uniqueKeysWithValues: zip(values.keys, places(Array(values.values)).map(\.rank)))
  }

  var messages: [Seratus_V1_CohortValue] {
    input.members.sorted { (left: ComparisonRow, right: ComparisonRow) -> Bool in
      if left.cohortYear != right.cohortYear { return left.cohortYear < right.cohortYear }
      guard left.value != right.value else { return left.region.kemendagriCode < right.region.kemendagriCode }
      guard let first = left.value, let second = right.value else { return left.value != nil }
      return first > second
    }.map(message)
  }

  private func message(_ row: ComparisonRow) -> Seratus_V1_CohortValue {
    var message = Seratus_V1_CohortValue()
    let year = row.cohortYear
    message.cohortYear = Int32(year)
    message.region = Seratus_V1_RegionSummary(row.region)
    if let value = row.value { message.value = Seratus_V1_Decimal(value) }
    message.missing = Seratus_V1_MissingKind(input.missing(row))
    if let rank = inCohort[CohortAndRegion(year: year, region: row.region.id)] { message.rankInCohort = Int32(rank) }
    if let rank = overall[row.region.id] { message.rankOverall = Int32(rank) }
    message.certainty = Seratus_V1_Certainty(row.certainty)
    return message
  }
}

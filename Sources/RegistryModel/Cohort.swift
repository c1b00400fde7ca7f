/// One year's intake (angkatan) of the movement.
package struct Cohort: Sendable, Hashable {
  /// The movement began in 2017; a later bound only catches slips of the pen.
  package static let years = 2017...2100

  package let year: Int
  package let name: Localized
  /// Regions that the ministry says it coached that year, repeats included.
  package let coached: Int?
  /// Distinct regions up to and including this year, as the ministry published it.
  package let publishedCumulative: Int?
  package let signedOn: CalendarDate?
  /// False while names of this cohort are still missing here; every count over it then says that it is short.
  package let isListComplete: Bool
  package let source: Source
  package let certainty: Certainty
  package let note: String

  package init(
    year: Int, name: Localized, coached: Int? = nil, publishedCumulative: Int? = nil, signedOn: CalendarDate? = nil,
    isListComplete: Bool, source: Source, certainty: Certainty, note: String = ""
  ) throws(ModelError) {
    try Self.check(year: year)
    for (field, count) in [("coached", coached), ("published_cumulative", publishedCumulative)] where (count ?? 0) < 0 {
      throw ModelError(
        .negativeCount, field: field, message: "\(field) of \(year) is negative", remedy: "give a count or leave it empty",
        parameters: ["year": "\(year)"])
    }
    self.year = year
    self.name = name
    self.coached = coached
    self.publishedCumulative = publishedCumulative
    self.signedOn = signedOn
    self.isListComplete = isListComplete
    self.source = source
    self.certainty = certainty
    self.note = note
  }

  package static func check(year: Int, field: String = "year") throws(ModelError) {
    guard years.contains(year) else {
      throw ModelError(
        .badYear, field: field, message: "\(year) is not a year of the movement",
        remedy: "use a year from \(years.lowerBound) to \(years.upperBound)",
        parameters: ["year": "\(year)", "min": "\(years.lowerBound)", "max": "\(years.upperBound)"])
    }
  }
}

/// A region in a cohort. Many to many: a region may come again, may be announced in one year and sign in the next.
package struct Membership: Sendable, Hashable {
  package enum Status: String, Word {
    package static let wordField = "status"

    case announced, signed, coached, finished, withdrawn, replaced
    case repeated = "repeat"
  }

  package let cohortYear: Int
  package let region: RegionID
  package let status: Status
  package let announced: TriState
  package let signed: TriState
  package let finished: TriState
  package let certainty: Certainty
  package let note: String
  package let source: Source

  package init(
    cohortYear: Int, region: RegionID, status: Status, announced: TriState = .unknown, signed: TriState = .unknown,
    finished: TriState = .unknown, certainty: Certainty, note: String = "", source: Source
  ) throws(ModelError) {
    try Cohort.check(year: cohortYear, field: "cohort_year")
    self.cohortYear = cohortYear
    self.region = region
    self.status = status
    self.announced = announced
    self.signed = signed
    self.finished = finished
    self.certainty = certainty
    self.note = note
    self.source = source
  }
}

/// Which memberships make a region count. A count without its rule is a rumour: up to 2019 it is 100 by one and 99 by the other.
package enum CountRule: String, Word {
  package static let wordField = "rule"

  /// As the ministry counts: who signed.
  case ministry
  /// Who finished and was awarded.
  case finished

  package var label: Localized {
    switch self {
    case .ministry:
      Localized(fixedID: "yang menandatangani (hitungan kementerian)", en: "those who signed (as the ministry counts)")
    case .finished: Localized(fixedID: "yang menyelesaikan", en: "those who finished")
    }
  }
}

extension Membership {
  /// The one place that says what counts.
  ///
  /// `ministry`: signed; or, where no list of signatories was found, took part by its status (a mere announcement doesn't).
  /// `finished`: finished, as a document says; silence is not a yes.
  package func counts(under rule: CountRule) -> Bool {
    switch rule {
    case .ministry: signed == .yes || (signed == .unknown && tookPart)
    case .finished: finished == .yes
    }
  }

  /// Whether the documents leave open what the rule asks, so that the count may grow.
  package func isUndecided(under rule: CountRule) -> Bool {
    guard !counts(under: rule) else { return false }
    switch rule {
    case .ministry: return signed == .unknown && status == .announced && finished != .no
    case .finished: return finished == .unknown && tookPart
    }
  }

  private var tookPart: Bool {
    switch status {
    case .signed, .coached, .finished, .repeated: true
    case .announced, .withdrawn, .replaced: false
    }
  }
}

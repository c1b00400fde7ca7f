import Testing

@testable import RegistryModel

struct CohortTests {
  static func cohort(_ year: Int, complete: Bool = true, published: Int? = nil) -> Cohort {
    try! Cohort(
      year: year, name: try! Localized(id: "Angkatan \(year)", en: "Cohort \(year)"), publishedCumulative: published,
      isListComplete: complete, source: press, certainty: .verified)
  }

  static func member(
    _ year: Int, _ region: Int32, _ status: Membership.Status, signed: TriState = .unknown, finished: TriState = .unknown,
    certainty: Certainty = .verified
  ) -> Membership {
    try! Membership(
      cohortYear: year, region: try! RegionID(region), status: status, signed: signed, finished: finished, certainty: certainty,
      source: press)
  }

  @Test(arguments: [
    // Lombok Timur 2017: awarded without having signed.
    (Membership.Status.finished, TriState.no, TriState.yes, false, true),
    // Purwakarta 2017: signed, not among the finishers.
    (.signed, .yes, .no, true, false),
    // Kota Pekalongan 2018: took part, no list of signatories has it.
    (.finished, .unknown, .yes, true, true),
    // Kota Depok 2018: announced, signed in 2019.
    (.announced, .no, .no, false, false),
    (.announced, .unknown, .unknown, false, false),
    (.coached, .unknown, .unknown, true, false), (.repeated, .unknown, .unknown, true, false),
    (.withdrawn, .unknown, .unknown, false, false),
    (.replaced, .unknown, .no, false, false),
  ])
  func `a rule says which memberships count`(
    status: Membership.Status, signed: TriState, finished: TriState, byMinistry: Bool, byFinish: Bool
  ) {
    let membership = Self.member(2018, 1, status, signed: signed, finished: finished)
    #expect(membership.counts(under: .ministry) == byMinistry)
    #expect(membership.counts(under: .finished) == byFinish)
  }

  @Test func `regions and memberships are counted apart, and a short count says so`() throws {
    let cohorts = [
      Self.cohort(2021, complete: false, published: 9), Self.cohort(2017, published: 2), Self.cohort(2018, published: 3),
    ]
    let memberships = [
      Self.member(2017, 1, .finished, signed: .yes, finished: .yes), Self.member(2017, 2, .signed, signed: .yes, finished: .no),
      Self.member(2017, 3, .finished, signed: .no, finished: .yes),
      Self.member(2018, 4, .finished, finished: .yes, certainty: .probable),
      Self.member(2018, 5, .announced), Self.member(2021, 1, .repeated), Self.member(2021, 6, .coached),
    ]
    let ministry = try CohortCount.byYear(cohorts: cohorts, memberships: memberships, rule: .ministry)
    #expect(ministry.map(\.year) == [2017, 2018, 2021])
    #expect(ministry.map(\.memberships) == [2, 1, 2])
    #expect(ministry.map(\.newRegions) == [2, 1, 1])
    #expect(ministry.map(\.cumulativeRegions) == [2, 3, 4])
    #expect(ministry.map(\.difference) == [0, 0, -5])
    #expect(ministry.map(\.isIncomplete) == [false, false, true])
    #expect(ministry.map(\.uncertain) == [0, 1, 1])
    #expect(ministry.map(\.undecided) == [0, 1, 1])

    let finished = try CohortCount.byYear(cohorts: cohorts, memberships: memberships, rule: .finished)
    #expect(finished.map(\.cumulativeRegions) == [2, 3, 3])
    #expect(finished.map(\.undecided) == [0, 0, 2])
  }

  @Test func `a year twice, a membership twice and a membership of no cohort are refused`() {
    let member = Self.member(2017, 1, .coached)
    func count(_ cohorts: [Cohort], _ memberships: [Membership]) -> ModelError.Reason? {
      failure { () throws(ModelError) in try CohortCount.byYear(cohorts: cohorts, memberships: memberships, rule: .ministry) }?
        .reason
    }
    #expect(count([Self.cohort(2017), Self.cohort(2017)], []) == .duplicateKey)
    #expect(count([Self.cohort(2017)], [member, member]) == .duplicateKey)
    #expect(count([Self.cohort(2018)], [member]) == .unknownKey)
  }

  @Test(arguments: [(2016, false), (2017, true), (2100, true), (2101, false)])
  func `a cohort lies within the years of the movement`(year: Int, isFine: Bool) {
    #expect(((try? Cohort.check(year: year)) != nil) == isFine)
  }

  @Test func `words of files become cases or an error that names the words`() throws {
    #expect(try Membership.Status(word: "repeat") == .repeated)
    #expect(try RoundingRule(word: "half_up") == .halfUp)
    #expect(try Role(word: "ministry_admin").pool == .ministry)
    let error = try #require(failure { () throws(ModelError) in try TriState(word: "Yes", field: "signed") })
    #expect(error.reason == .unknownWord)
    #expect(error.field == "signed")
    #expect(error.parameters["among"] == "yes, no, unknown")
  }

  @Test func `certainty grows from uncertain to verified`() {
    #expect(Certainty.uncertain < .probable)
    #expect(Certainty.probable < .verified)
  }

  @Test func `synthetic data have a seed and official data none`() throws {
    #expect(try Dataset(word: "official", seed: nil) == .official)
    #expect(try Dataset(word: "synthetic", seed: 7) == .synthetic(seed: 7))
    #expect(failure { () throws(ModelError) in try Dataset(word: "synthetic", seed: nil) }?.reason == .missingKey)
    #expect(failure { () throws(ModelError) in try Dataset(word: "official", seed: 7) }?.reason == .unknownKey)
    #expect(failure { () throws(ModelError) in try Dataset(word: "fake", seed: 7) }?.reason == .unknownWord)
  }

  @Test func `a text in two languages has both`() {
    #expect(failure { () throws(ModelError) in try Localized(id: "kota", en: " ") }?.field == "name_en")
    #expect(failure { () throws(ModelError) in try Source("") }?.reason == .emptyText)
    #expect(MissingKind.notVisible.label[.english] == "no score that you may see")
  }
}

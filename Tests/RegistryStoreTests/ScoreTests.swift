import PostgresClient
import RegistryAccess
import RegistryModel
import RegistryStore
import RegistryTestKit
import Testing

@Suite struct `Scores` {
  private func list(_ database: TestDatabase, _ session: TestSession, _ code: String? = nil) async throws -> [ScoreRecord] {
    let filter = ScoreFilter(region: code.map(region))
    let context = try session.context("ScoreService/ListScores")
    return try await database.store.scores.list(context, filter: filter, page: PageRequest(size: 100), asOf: today).value.elements
  }

  private func put(
    _ database: TestDatabase, _ session: TestSession, _ rows: [ScorePut], key: [UInt8]? = nil, validateOnly: Bool = false
  ) async throws -> [PutOutcome] {
    try await database.store.scores.put(try session.writing(key), rows: rows, validateOnly: validateOnly, asOf: today).value
  }

  @Test func `Kota Kediri's score of 2022 comes with its parts in the instrument's order, its letter and its source`()
    async throws
  {
    try await TestDatabase.shared { database in
      let viewer = try await database.session(.regionViewer, region: "35.71")
      let key = ScoreKey(year: 2022, stage: .annual, kind: .implementation)
      let context = try viewer.context("ScoreService/ExplainScore")
      let dossier = try await database.store.scores.explain(context, region: region("Kota Kediri"), key: key).value
      let score = dossier.score
      #expect(score.published == number("3.31") && score.computed == nil)
      #expect(score.published?.description == "3.31")
      #expect(score.letterNumber == "B-1003/DJAI/AI.01.04/12/2022")
      #expect(score.released && score.version == 1 && score.provenance.certainty == .verified)
      let aspects = score.parts.filter { $0.part == .aspect }
      #expect(aspects.map(\.key) == ["baseline", "output", "outcome", "impact", "quick_win"])
      #expect(aspects.map { $0.value?.description } == ["3.60", "3.21", "3.23", "3.07", "3.65"])
      #expect(score.parts.count { $0.part == .dimension } == 6)
      #expect(dossier.previous?.published == number("3.06") && dossier.previous?.key.year == 2021)
      // 3.60·10 + 3.21·20 + 3.23·30 + 3.07·20 + 3.65·20 = 331.5 hundredths of a point in percent: 3.315, cut to 3.31.
      let instrument = try #require(dossier.instruments.first { $0.id == score.instrumentID })
      let values = Dictionary(uniqueKeysWithValues: aspects.compactMap { part in part.value.map { (part.key, $0) } })
      let calculation = try ScoreCalculation(ScoreParts(instrument: instrument, values: values), published: score.published)
      #expect(calculation.exactSum == number("3.315") && calculation.result == number("3.31"))
      #expect(dossier.instruments.count == 4)
    }
  }

  @Test func `the report of Kota Kediri tells its change, its claims and that it is alone in the ranking`() async throws {
    try await TestDatabase.shared { database in
      let viewer = try await database.session(.regionViewer, region: "35.71")
      let context = try viewer.context("RegionService/ReportRegion")
      let report = try await database.store.regions.report(context, region: region("35.71"), year: 2022, stage: .annual).value
      #expect(report.score?.total == number("3.31") && report.previous?.total == number("3.06"))
      #expect(report.rankNational == RankRecord(rank: 1, among: 1, of: 514, tied: 0, instruments: 1))
      #expect(report.rankInProvince == RankRecord(rank: 1, among: 1, of: 38, tied: 0, instruments: 1))
      #expect(report.claims.map { "\($0.claim) \($0.value)" } == ["rank_national 22", "rank_province 4"])
      let kebumen = try await database.store.regions.report(context, region: region("33.05"), year: 2022, stage: .annual).value
      #expect(kebumen.score == nil && kebumen.rankNational.rank == nil)
      #expect(kebumen.realisations.count == 6)
      #expect(kebumen.realisations.first { $0.dimension == "branding" }.map { "\($0.done)/\($0.planned)" } == "6/7")
    }
  }

  @Test func `a score is created, found again, and updated under its version`() async throws {
    try await TestDatabase.with { database in
      let admin = try await database.session(.regionAdmin, region: "35.72")
      let part = ScorePartRecord(part: .aspect, key: "baseline", value: number("2.5"), missing: nil)
      let made = try await put(database, admin, [draft(parts: [part])])
      #expect(made.map(\.version) == [1] && made.map(\.created) == [true] && made.map(\.replayed) == [false])
      #expect(made.first?.region.name == "Kota Blitar")
      let seen = try await list(database, admin)
      #expect(seen.map(\.total) == [number("2.50")] && seen.first?.released == false)
      #expect(seen.first?.parts == [ScorePartRecord(part: .aspect, key: "baseline", value: number("2.50"), missing: nil)])
      let changed = try await put(database, admin, [draft(total: "2.75", expecting: 1)])
      #expect(changed.map(\.version) == [2] && changed.map(\.created) == [false])
      let now = try await list(database, admin)
      #expect(now.first?.total == number("2.75") && now.first?.parts.count == 1)
      let audit: [String] = try await database.rows(
        "select action || ' ' || actor_role from registry.audit_entry where (object->>'year')::int = 2023 order by at"
      ).map { try $0.string(0) }
      #expect(audit == ["score.create region_admin", "score.update region_admin"])
    }
  }

  @Test(arguments: ["\"quoted\" \\ back", "line\nbreak\ttab", "Sorong – Ø 🌋", "null", "{\"a\":1}", "\u{1}\u{1F}"])
  func `a source comes back as it was written, whatever is in it`(source: String) async throws {
    try await TestDatabase.with { database in
      let admin = try await database.session(.regionAdmin, region: "35.72")
      var row = draft()
      row.source = source
      row.note = source
      _ = try await put(database, admin, [row])
      let seen = try await list(database, admin)
      #expect(seen.first?.provenance.source == source && seen.first?.provenance.note == source)
    }
  }

  @Test func `a missing value keeps its kind and is never zero`() async throws {
    try await TestDatabase.with { database in
      let admin = try await database.session(.regionAdmin, region: "35.72")
      _ = try await put(database, admin, [draft(total: nil, missing: .notYetDue)])
      let seen = try await list(database, admin)
      #expect(seen.first?.total == nil && seen.first?.missing == .notYetDue)
    }
  }

  @Test func `a stale write is refused with both versions and changes nothing`() async throws {
    try await TestDatabase.with { database in
      let admin = try await database.session(.regionAdmin, region: "35.72")
      _ = try await put(database, admin, [draft()])
      _ = try await put(database, admin, [draft(total: "2.60", expecting: 1)])
      let stale = await storeError { _ = try await put(database, admin, [draft(total: "9.99", expecting: 1)]) }
      #expect(stale?.code == .staleVersion(row: 1, expected: 1, actual: 2))
      let exists = await storeError { _ = try await put(database, admin, [draft(expecting: 0)]) }
      #expect(exists?.code == .staleVersion(row: 1, expected: 0, actual: 2))
      #expect(try await list(database, admin).first?.total == number("2.60"))
    }
  }

  @Test func `a repeated request gets the first reply, and its key serves no other request`() async throws {
    try await TestDatabase.with { database in
      let admin = try await database.session(.regionAdmin, region: "35.72")
      let first = try await put(database, admin, [draft()], key: idempotencyKey(7))
      _ = try await put(database, admin, [draft(total: "2.90", expecting: 1)], key: idempotencyKey(8))
      let again = try await put(database, admin, [draft()], key: idempotencyKey(7))
      #expect(again.map(\.version) == first.map(\.version) && again.map(\.created) == [true] && again.map(\.replayed) == [true])
      #expect(try await list(database, admin).map(\.version) == [2])
      let other = await storeError { _ = try await put(database, admin, [draft(total: "1.00")], key: idempotencyKey(7)) }
      #expect(other?.code == .idempotencyConflict)
    }
  }

  @Test func `a batch is written whole or not at all`() async throws {
    try await TestDatabase.with { database in
      let ministry = try await database.session(.ministryAdmin)
      let rows = [draft(), draft("35.73"), draft("35.71", year: 2022, expecting: 9)]
      let error = await storeError { _ = try await put(database, ministry, rows) }
      #expect(error?.code == .staleVersion(row: 3, expected: 9, actual: 1))
      let made: Int = try await database.value("select count(*)::int from registry.score where year = 2023")
      #expect(made == 0)
    }
  }

  @Test func `every row that names no region is reported, and nothing is written`() async throws {
    try await TestDatabase.with { database in
      let ministry = try await database.session(.ministryAdmin)
      let rows = [draft("Kota Blitarr"), draft(), draft("Kediri")]
      let error = await storeError { _ = try await put(database, ministry, rows) }
      #expect(error?.fields.map(\.path) == ["rows[0].region", "rows[2].region"])
      #expect(error?.fields.map(\.reason) == ["REGION_UNKNOWN", "REGION_AMBIGUOUS"])
      let made: Int = try await database.value("select count(*)::int from registry.score where year = 2023")
      #expect(made == 0)
    }
  }

  @Test(arguments: [(0, false), (1, true), (1_000, true), (1_001, false)])
  func `a request has 1 to 1,000 rows`(count: Int, isFine: Bool) async throws {
    try await TestDatabase.with { database in
      let admin = try await database.session(.regionAdmin, region: "35.72")
      // 1,000 different keys of one region: years, stages and kinds.
      let rows = (0..<count).map { index in
        var row = draft(year: 2000 + index / 6 % 101)
        let stage = ScoreStage.allCases[index % 3]
        row.key = ScoreKey(year: 2000 + index / 6 % 101, stage: stage, kind: index / 3 % 2 == 0 ? .implementation : .masterplan)
        return row
      }
      let distinct = Array(Dictionary(rows.map { ($0.key, $0) }) { first, _ in first }.values)
      let sent = count <= 606 ? distinct : rows
      let error = await storeError { _ = try await put(database, admin, sent) }
      switch count {
      case 1_000:
        // Only 606 keys exist, so the batch is refused by the database, not by its size.
        #expect(error?.fields.first?.reason == "VALUE_REFUSED")
      case _ where isFine: #expect(error == nil)
      default: #expect(error?.fields.first?.reason == "BAD_ROW_COUNT")
      }
    }
  }

  @Test func `a trial makes every check and writes nothing`() async throws {
    try await TestDatabase.with { database in
      let admin = try await database.session(.regionAdmin, region: "35.72")
      let outcome = try await put(database, admin, [draft()], key: idempotencyKey(3), validateOnly: true)
      #expect(outcome.map(\.version) == [1])
      #expect(try await list(database, admin).isEmpty)
      let stale = await storeError { _ = try await put(database, admin, [draft(expecting: 4)], validateOnly: true) }
      #expect(stale?.code == .staleVersion(row: 1, expected: 4, actual: 0))
      // Its key is free still.
      #expect(try await put(database, admin, [draft()], key: idempotencyKey(3)).map(\.replayed) == [false])
    }
  }

  @Test func `writing for a foreign region answers just as writing where nothing is`() async throws {
    try await TestDatabase.with { database in
      let admin = try await database.session(.regionAdmin, region: "35.72")
      // Kota Kediri has a score of 2022; of 2019 there is none.
      let present = await storeError { _ = try await put(database, admin, [draft("35.71", year: 2022, expecting: 1)]) }
      let absent = await storeError { _ = try await put(database, admin, [draft("35.71", year: 2019, expecting: 0)]) }
      #expect(present?.code == .notFoundOrNotVisible)
      #expect(
        present?.message == absent?.message && present?.parameters == absent?.parameters && present?.reason == absent?.reason)
    }
  }

  @Test func `only the ministry releases, and what is released is closed to its region`() async throws {
    try await TestDatabase.with { database in
      let admin = try await database.session(.regionAdmin, region: "35.72")
      let ministry = try await database.session(.ministryAdmin)
      let own = await storeError { _ = try await put(database, admin, [draft(release: true)]) }
      #expect(own?.code == .notOpenToRole(row: 1))
      _ = try await put(database, admin, [draft()])
      _ = try await put(database, ministry, [draft(expecting: 1, release: true)])
      let late = await storeError { _ = try await put(database, admin, [draft(total: "4.00", expecting: 2)]) }
      #expect(late?.code == .notOpenToRole(row: 1))
    }
  }

  @Test func `who sees a score before and after its release`() async throws {
    try await TestDatabase.with { database in
      let own = try await database.session(.regionAdmin, region: "35.72")
      let neighbour = try await database.session(.regionViewer, region: "35.73")
      let ministry = try await database.session(.ministryAdmin)
      let exporter = try await database.session(.export)
      let key = ScoreKey(year: 2023, stage: .annual, kind: .implementation)
      func sees(_ session: TestSession) async throws -> Bool {
        let context = try session.reading
        let error = await storeError { _ = try await database.store.scores.explain(context, region: region("35.72"), key: key) }
        if let error { #expect(error.code == .notFoundOrNotVisible) }
        return error == nil
      }
      _ = try await put(database, own, [draft()])
      #expect(try await sees(own))
      #expect(try await sees(ministry))
      #expect(try await !sees(neighbour))
      #expect(try await !sees(exporter))
      _ = try await put(database, ministry, [draft(expecting: 1, release: true)])
      #expect(try await sees(neighbour))
      #expect(try await sees(exporter))
    }
  }

  @Test func `another region's unreleased score and none at all are one answer`() async throws {
    try await TestDatabase.with { database in
      let own = try await database.session(.regionAdmin, region: "35.72")
      _ = try await put(database, own, [draft()])
      let neighbour = try await database.session(.regionViewer, region: "35.73").reading
      func answer(_ year: Int) async -> StoreError? {
        await storeError {
          _ = try await database.store.scores.explain(
            neighbour, region: region("35.72"), key: ScoreKey(year: year, stage: .annual, kind: .implementation))
        }
      }
      let hidden = await answer(2023)
      let absent = await answer(2019)
      #expect(hidden?.code == .notFoundOrNotVisible && absent?.code == .notFoundOrNotVisible)
      #expect(hidden?.description == absent?.description)
    }
  }

  @Test func `a region lists its own scores, the ministry everybody's, page by page`() async throws {
    try await TestDatabase.shared { database in
      let kediri = try await database.session(.regionViewer, region: "35.71")
      #expect(try await list(database, kediri).map(\.key.year) == [2022, 2021])
      let ministry = try await database.session(.ministryAnalyst)
      let all = try await list(database, ministry)
      #expect(Set(all.map(\.region.name)) == ["Kota Kediri", "Kota Pekalongan"])
      var seen: [ScoreRecord] = []
      var cursor: String?
      repeat {
        let page = try await database.store.scores.list(
          try ministry.context("ScoreService/ListScores"), filter: ScoreFilter(), page: PageRequest(size: 1, cursor: cursor),
          asOf: today
        ).value
        #expect(page.total == 3)
        seen += page.elements
        cursor = page.next
      } while cursor != nil
      #expect(seen == all)
      let broken = await storeError {
        _ = try await database.store.scores.list(
          try ministry.context("ScoreService/ListScores"), filter: ScoreFilter(), page: PageRequest(size: 1, cursor: "x"),
          asOf: today)
      }
      #expect(broken?.fields.first?.reason == "BAD_CURSOR")
    }
  }

  @Test(
    arguments: [
      (Role.regionViewer, "35.71", false), (.regionViewer, "35.71", true), (.regionViewer, "35.72", true),
      (.ministryAnalyst, nil, true),
    ] as [(Role, String?, Bool)])
  func `every page of a region says the total, the empty one behind the last as well`(
    role: Role, home: String?, isNamed: Bool
  ) async throws {
    try await TestDatabase.shared { database in
      let session = try await database.session(role, region: home)
      func page(_ cursor: String?, from year: Int? = nil) async throws -> Page<ScoreRecord> {
        try await database.store.scores.list(
          try session.context("ScoreService/ListScores"),
          filter: ScoreFilter(region: isNamed ? region("35.71") : nil, fromYear: year),
          page: PageRequest(size: 1, cursor: cursor), asOf: today
        ).value
      }
      let first = try await page(nil)
      let second = try await page(first.next)
      let behind = try await page(second.next)
      #expect([first, second, behind].map(\.total) == [2, 2, 2])
      #expect([first, second, behind].map { $0.elements.map(\.key.year) } == [[2022], [2021], []] && behind.next == nil)
      let none = try await page(nil, from: 2090)
      #expect(none.total == 0 && none.elements.isEmpty && none.next == nil)
    }
  }

  @Test func `comparison by a region leaves out its own unreleased score`() async throws {
    try await TestDatabase.with { database in
      let admin = try await database.session(.regionAdmin, region: "35.71")
      _ = try await put(database, admin, [draft("35.71", year: 2024)])
      let query = ComparisonQuery(year: 2024)
      let own = try await database.store.comparison.material(try admin.reading, query: query).value
      #expect(own.rows.allSatisfy { $0.value == nil && $0.missing == .notVisible })
      let ministry = try await database.session(.ministryAnalyst).reading
      let all = try await database.store.comparison.material(ministry, query: query).value
      #expect(all.rows.compactMap(\.value) == [number("2.50")])
    }
  }
}

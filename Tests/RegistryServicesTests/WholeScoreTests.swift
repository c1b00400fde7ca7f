import Lontar
import RegistryModel
import RegistryProtocol
import RegistryServices
import RegistryTestKit
import Testing

/// A put never leaves half of a score, and says so when there was nothing to do.
@Suite struct WholeScoreTests {
  static let parts: [(String, Int64)] = [
    ("baseline", 360), ("output", 321), ("outcome", 323), ("impact", 307), ("quick_win", 365),
  ]

  private func put(
    _ database: TestDatabase, _ session: TestSession, _ rows: [Seratus_V1_ScoreInput], key: [UInt8]? = nil
  ) async throws -> Seratus_V1_PutScoresResponse {
    var request = Seratus_V1_PutScoresRequest()
    request.rows = rows
    return try await ScoreService(database.core).putScores(
      request, context: TestCall.context("ScoreService/PutScores", token: session.token, idempotencyKey: key))
  }

  private func stored(_ database: TestDatabase, _ session: TestSession) async throws -> Seratus_V1_Score {
    var request = Seratus_V1_ListScoresRequest()
    request.fromYear = 2023
    let answer = try await ScoreService(database.core).listScores(
      request, context: TestCall.context("ScoreService/ListScores", token: session.token))
    return try #require(answer.scores.first)
  }

  /// Without instrument and parts.
  private static func total(_ units: Int64, scale: UInt32 = 2, version: Int32 = 0) -> Seratus_V1_ScoreInput {
    var row = ScoreServiceTests.row("33.75", total: "0.00", version: version)
    row.instrumentID = ""
    row.publishedTotal.units = units
    row.publishedTotal.scale = scale
    return row
  }

  // MARK: Published totals

  /// All versions on record run from 0 to 4 and print two decimals.
  @Test(
    arguments: [
      (0, 2, ""), (400, 2, ""), (401, 2, "OUT_OF_SCALE"), (-1, 2, "OUT_OF_SCALE"), (331, 1, "OUT_OF_SCALE"), (3310, 3, ""),
      (3315, 3, "TOO_MANY_DECIMALS"), (40_001, 4, "OUT_OF_SCALE"),
    ] as [(Int64, UInt32, String)])
  func `a published total without an instrument lies on the only scale there is`(
    units: Int64, scale: UInt32, reason: String
  ) async throws {
    try await TestDatabase.with { database in
      let admin = try await database.session(.regionAdmin, region: "33.75")
      let error = await refusal { try await put(database, admin, [Self.total(units, scale: scale)]) }
      #expect(error?.details.reason ?? "" == reason)
      guard let error else { return }
      #expect(error.details.fieldViolations.map(\.field) == ["rows[0].published_total"])
      if reason == "OUT_OF_SCALE" {
        #expect(error.message.contains("lies outside the scale 0.00 to 4.00; correct the value"), "\(error.message)")
        #expect(error.details.localized["id"]?.contains("di luar skala 0.00 sampai 4.00; perbaiki nilainya") == true)
      }
    }
  }

  @Test func `a published total over a score with parts stands beside them, their total and their instrument`() async throws {
    try await TestDatabase.with { database in
      let admin = try await database.session(.regionAdmin, region: "33.75")
      _ = try await put(database, admin, [ScoreServiceTests.row("33.75", total: nil, parts: Self.parts)])
      #expect(try await put(database, admin, [Self.total(340, version: 1)]).results.map(\.outcome) == ["updated"])
      let score = try await stored(database, admin)
      #expect(score.publishedTotal.text == "3.40")
      // By hand: 0.36 + 0.642 + 0.969 + 0.614 + 0.73 = 3.315, cut.
      #expect(score.computedTotal.text == "3.31")
      #expect(score.instrumentID == ScoreServiceTests.cut)
      #expect(score.instrumentCertainty == .verified)
      #expect(score.parts.map(\.key) == Self.parts.map(\.0))
    }
  }

  @Test func `new parts leave the published total, and another instrument needs its parts`() async throws {
    try await TestDatabase.with { database in
      let admin = try await database.session(.regionAdmin, region: "33.75")
      _ = try await put(database, admin, [ScoreServiceTests.row("33.75", total: "3.40", parts: Self.parts)])
      let better = Self.parts.dropLast() + [("quick_win", 375)]
      _ = try await put(database, admin, [ScoreServiceTests.row("33.75", total: nil, parts: Array(better), version: 1)])
      let score = try await stored(database, admin)
      #expect(score.publishedTotal.text == "3.40")
      // 3.315 + 0.10·20 % = 3.335, cut.
      #expect(score.computedTotal.text == "3.33")
      var other = ScoreServiceTests.row("33.75", total: "3.20", version: 2)
      other.instrumentID = "evaluasi-10-20-30-30-10-cut"
      let error = await refusal { try await put(database, admin, [other]) }
      #expect(error?.code == .invalidArgument)
      #expect(error?.details.reason == "PARTS_OF_ANOTHER_INSTRUMENT")
      #expect(error?.details.parameters == ["instrument": ScoreServiceTests.cut])
      #expect(error?.details.fieldViolations.map(\.field) == ["rows[0].instrument_id"])
      #expect(try await stored(database, admin).version == 2)
    }
  }

  @Test func `a score that is missing has no parts, no totals and no instrument left`() async throws {
    try await TestDatabase.with { database in
      let admin = try await database.session(.regionAdmin, region: "33.75")
      _ = try await put(database, admin, [ScoreServiceTests.row("33.75", total: "3.40", parts: Self.parts)])
      var row = ScoreServiceTests.row("33.75", total: nil, version: 1)
      row.instrumentID = ""
      row.missing = .withheld
      _ = try await put(database, admin, [row])
      let score = try await stored(database, admin)
      #expect(score.missing == .withheld)
      #expect(!score.hasPublishedTotal && !score.hasComputedTotal && score.parts.isEmpty && score.instrumentID.isEmpty)
    }
  }

  // MARK: Nothing to do

  @Test func `the same content again is unchanged: no new version, no audit entry`() async throws {
    try await TestDatabase.with { database in
      let admin = try await database.session(.regionAdmin, region: "33.75")
      var row = ScoreServiceTests.row("33.75", total: "3.40", parts: Self.parts)
      let other = ScoreServiceTests.row("33.75", year: 2024, total: "3.00")
      _ = try await put(database, admin, [row])
      row.expectedVersion = 1
      let answer = try await put(database, admin, [row, other])
      #expect(answer.results.map(\.outcome) == ["unchanged", "created"])
      #expect(answer.results.map(\.version) == [1, 1])
      let entries: Int64 = try await database.value(
        "select count(*) from registry.audit_entry where (object->>'year')::int = 2023")
      #expect(entries == 1)
      row.source = "another source"
      #expect(try await put(database, admin, [row]).results.map(\.outcome) == ["updated"])
    }
  }

  @Test func `a stored answer says that it is one`() async throws {
    try await TestDatabase.with { database in
      let admin = try await database.session(.regionAdmin, region: "33.75")
      let key = Array(repeating: UInt8(9), count: 16)
      let rows = [ScoreServiceTests.row("33.75", total: "3.00")]
      let answers = [try await put(database, admin, rows, key: key), try await put(database, admin, rows, key: key)]
      #expect(answers.map(\.replayed) == [false, true])
      #expect(answers[0].results == answers[1].results)
    }
  }

  // MARK: Keys

  @Test(
    arguments: [
      ("aspect", "outcom", "outcome"), ("aspect", "quickwin", "quick_win"), ("aspect", "luaran", "output"),
      ("dimension", "ekonomi", "economy"), ("dimension", "env", "environment"), ("dimension", "people", ""),
      ("dimension", "outcome", ""),
    ])
  func `a wrong key is told with those that it may mean and all there are`(part: String, key: String, near: String) async throws {
    try await TestDatabase.with { database in
      let admin = try await database.session(.regionAdmin, region: "33.75")
      var row = ScoreServiceTests.row("33.75", total: nil, parts: Self.parts + [(key, 300)])
      row.parts[5].part = part
      let error = await refusal {
        try await put(database, admin, [ScoreServiceTests.row("33.75", year: 2024, total: "3.00"), row])
      }
      #expect(error?.details.reason == "UNKNOWN_KEY")
      #expect(error?.details.fieldViolations.map(\.field) == ["rows[1].parts[5].key"])
      #expect(error?.details.parameters["key"] == key)
      #expect(error?.details.parameters["near"] == near)
      let all =
        part == "aspect" ? Self.parts.map(\.0) : ["governance", "branding", "economy", "living", "society", "environment"]
      #expect(error?.details.parameters["among"] == all.joined(separator: ", "))
    }
  }

  // MARK: Names

  @Test func `every part has its name in both languages, whoever answers first`() async throws {
    try await TestDatabase.with { database in
      let session = try await database.session(.ministryAnalyst)
      let exporter = try await database.session(.export)
      func context(_ method: String, _ session: TestSession) -> CallContext { TestCall.context(method, token: session.token) }
      var list = Seratus_V1_ListScoresRequest()
      list.region = "35.71"
      var report = Seratus_V1_ReportRegionRequest()
      report.region = "35.71"
      report.year = 2022
      var explain = Seratus_V1_ExplainScoreRequest()
      explain.region = "35.71"
      explain.year = 2022
      let export = Collector<Seratus_V1_ExportScoresChunk>()
      var request = Seratus_V1_ExportScoresRequest()
      request.parts = true
      try await ExportService(database.core).exportScores(
        request, to: export.writer, context: context("ExportService/ExportScores", exporter))
      let answers = [
        try await ScoreService(database.core).listScores(list, context: context("ScoreService/ListScores", session)).scores
          .flatMap(\.parts),
        try await RegionService(database.core).reportRegion(report, context: context("RegionService/ReportRegion", session)).score
          .parts,
        try await ScoreService(database.core).explainScore(explain, context: context("ScoreService/ExplainScore", session)).score
          .parts,
        try export.messages.flatMap(\.scores).flatMap(\.parts),
      ]
      for parts in answers {
        #expect(parts.count == 11)
        let names = Dictionary(parts.map { ("\($0.part):\($0.key)", $0.name) }) { first, _ in first }
        #expect(names["aspect:outcome"]?.id == "Hasil (outcome)")
        #expect(names["aspect:outcome"]?.en == "Outcome")
        #expect(names["dimension:governance"]?.id == "Tata kelola cerdas (Smart Governance)")
        #expect(names["dimension:governance"]?.en == "Smart governance")
        #expect(names.values.allSatisfy { !$0.id.isEmpty && !$0.en.isEmpty })
      }
    }
  }
}

import Lontar
import RegistryModel
import RegistryProtocol
import RegistryServices
import RegistryTestKit
import Testing

@Suite struct ScoreServiceTests {
  static let cut = "evaluasi-10-20-30-20-20-cut"

  private func explain(
    _ database: TestDatabase, _ session: TestSession, region: String = "35.71", year: Int32 = 2022,
    adjust: (inout Seratus_V1_ExplainScoreRequest) -> Void = { _ in }
  ) async throws -> Seratus_V1_ExplainScoreResponse {
    var request = Seratus_V1_ExplainScoreRequest()
    request.region = region
    request.year = year
    adjust(&request)
    return try await ScoreService(database.core).explainScore(
      request, context: TestCall.context("ScoreService/ExplainScore", token: session.token))
  }

  @Test func `Kota Kediri 2022 is 3.31, and every step to it can be followed`() async throws {
    try await TestDatabase.with { database in
      let answer = try await explain(database, try await database.session(.ministryAnalyst))
      let explanation = answer.explanation
      #expect(explanation.exactSum.text == "3.315")
      #expect(explanation.rounded.text == "3.31")
      #expect(explanation.rounding == "cut")
      #expect(explanation.agrees)
      // By hand: 3.60·10 %, 3.21·20 %, 3.23·30 %, 3.07·20 %, 3.65·20 %.
      var products: [String: Double] = [:]
      for term in explanation.terms { products[term.key] = Double(term.product.units) / power(term.product.scale) }
      let expected: [(String, Double)] = [
        ("baseline", 0.36), ("output", 0.642), ("outcome", 0.969), ("impact", 0.614), ("quick_win", 0.73),
      ]
      for (key, product) in expected {
        #expect(abs((products[key] ?? 0) - product) < 1e-9, "\(key)")
      }
      let alternatives = Dictionary(uniqueKeysWithValues: answer.alternatives.map { ($0.instrumentID, $0.rounded.text) })
      #expect(alternatives["evaluasi-10-20-30-20-20-half-up"] == "3.32")
      #expect(alternatives["evaluasi-10-20-30-30-10-cut"] == "3.25")
      #expect(alternatives["evaluasi-10-20-30-30-10-half-up"] == "3.26")
      #expect(alternatives[Self.cut] == nil)
      #expect(answer.change.difference.text == "0.25")
      #expect(answer.change.caveats.contains { $0.en.contains("instrument of 2021 is inferred") })
    }
  }

  private func power(_ scale: UInt32) -> Double { (0..<scale).reduce(1) { product, _ in product * 10 } }

  @Test func `another version is a supposition and is called one`() async throws {
    try await TestDatabase.with { database in
      let session = try await database.session(.regionViewer, region: "35.71")
      let answer = try await explain(database, session) { $0.underInstrument = "evaluasi-10-20-30-30-10-cut" }
      #expect(answer.explanation.rounded.text == "3.25")
      #expect(!answer.explanation.agrees)
      #expect(answer.notes.contains { $0.en.contains("hypothetical") })
    }
  }

  /// Weights in percent, then the reason of the refusal or the total.
  static let weightCases: [([(String, Int64)], String, String)] = [
    ([("baseline", 10), ("output", 20), ("outcome", 30), ("impact", 30), ("quick_win", 10)], "", "3.25"),
    ([("baseline", 20), ("output", 20), ("outcome", 40), ("impact", 20), ("quick_win", 20)], "WEIGHT_SUM", ""),
    ([("baseline", 100)], "", "3.60"), ([("baseline", 99)], "WEIGHT_SUM", ""), ([("fame", 100)], "UNKNOWN_KEY", ""),
    ([("baseline", 50), ("baseline", 50)], "DUPLICATE_KEY", ""), ([("baseline", 110), ("output", -10)], "NEGATIVE_WEIGHT", ""),
  ]

  @Test(arguments: weightCases)
  func `own weights sum to 100 or are refused`(weights: [(String, Int64)], reason: String, total: String) async throws {
    try await TestDatabase.with { database in
      let session = try await database.session(.ministryAnalyst)
      let ask = {
        try await explain(database, session) { request in
          request.weights = weights.map { key, percent in
            var weight = Seratus_V1_WeightInput()
            weight.key = key
            weight.percent.units = percent
            return weight
          }
        }
      }
      if reason.isEmpty {
        #expect(try await ask().explanation.rounded.text == total)
      } else {
        let error = await refusal(ask)
        #expect(error?.code == .invalidArgument)
        #expect(error?.details.reason == reason)
      }
    }
  }

  @Test func `a score of which only the total is known can't be recomputed, and says so`() async throws {
    try await TestDatabase.with { database in
      let session = try await database.session(.ministryAnalyst)
      let answer = try await explain(database, session, year: 2021)
      #expect(!answer.hasExplanation)
      #expect(answer.score.publishedTotal.text == "3.06")
      #expect(answer.notes.contains { $0.en.contains("only the total was published") })
      #expect(answer.notes.contains { $0.en.contains("inferred") })
      let error = await refusal {
        try await explain(database, session, year: 2021) { $0.underInstrument = "evaluasi-10-20-30-30-10-cut" }
      }
      #expect(error?.details.reason == "PARTS_ABSENT")
    }
  }

  @Test func `another region's unreleased score and an absent one get the same answer to the last byte`() async throws {
    try await TestDatabase.with { database in
      let admin = try await database.session(.regionAdmin, region: "33.75")
      _ = try await put(database, admin, [Self.row("33.75", total: "3.10")])
      let stranger = try await database.session(.regionViewer, region: "35.71")
      let hidden = await refusal { try await explain(database, stranger, region: "33.75", year: 2023) }
      let absent = await refusal { try await explain(database, stranger, region: "33.76", year: 2023) }
      #expect(hidden?.code == .notFound)
      #expect(hidden?.code == absent?.code)
      #expect(hidden?.message == absent?.message)
      #expect(hidden?.details == absent?.details)
      #expect(try await explain(database, admin, region: "33.75", year: 2023).score.publishedTotal.text == "3.10")
    }
  }

  @Test func `a score is written with its computed total beside the published one, and both are kept`() async throws {
    try await TestDatabase.with { database in
      let admin = try await database.session(.regionAdmin, region: "33.75")
      let row = Self.row(
        "33.75", total: "3.99",
        parts: [("baseline", 360), ("output", 321), ("outcome", 323), ("impact", 307), ("quick_win", 365)])
      let answer = try await put(database, admin, [row])
      #expect(answer.results.map(\.outcome) == ["created"])
      #expect(answer.results.map(\.version) == [1])
      #expect(answer.results.first?.computedTotal.text == "3.31")
      let stored = try await explain(database, admin, region: "33.75", year: 2023)
      #expect(stored.score.publishedTotal.text == "3.99")
      #expect(stored.score.computedTotal.text == "3.31")
      #expect(stored.notes.contains { $0.en.contains("published 3.99, computed from its parts 3.31") })
    }
  }

  @Test func `a stale version is refused and names both`() async throws {
    try await TestDatabase.with { database in
      let admin = try await database.session(.regionAdmin, region: "33.75")
      _ = try await put(database, admin, [Self.row("33.75", total: "3.10")])
      var row = Self.row("33.75", total: "3.20")
      row.expectedVersion = 1
      #expect(try await put(database, admin, [row]).results.map(\.version) == [2])
      let error = await refusal { try await put(database, admin, [row]) }
      #expect(error?.code == .aborted)
      #expect(error?.details.reason == "STALE_VERSION")
      #expect(error?.details.parameters == ["expected": "1", "actual": "2"])
      #expect(error?.details.fieldViolations.map(\.field) == ["rows[0].expected_version"])
    }
  }

  @Test func `one bad row of three and nothing is written`() async throws {
    try await TestDatabase.with { database in
      let ministry = try await database.session(.ministryAdmin)
      let good = Self.row("35.78", total: "3.00")
      let bad = Self.row(
        "33.74", total: nil, parts: [("baseline", 360), ("output", 410), ("outcome", 323), ("impact", 307), ("quick_win", 365)])
      let error = await refusal { try await put(database, ministry, [good, bad, Self.row("33.72", total: "3.00")]) }
      #expect(error?.code == .invalidArgument)
      #expect(error?.details.reason == "OUT_OF_SCALE")
      #expect(error?.details.fieldViolations.map(\.field) == ["rows[1].parts[1].value"])
      #expect(error?.message.contains("4.10 lies outside the scale 0.00 to 4.00 of \(Self.cut)") == true)
      let stale = await refusal {
        try await put(database, ministry, [good, Self.row("33.72", total: "3.00", version: 7)])
      }
      #expect(stale?.details.fieldViolations.map(\.field) == ["rows[1].expected_version"])
      let count: Int64 = try await database.value("select count(*) from registry.score where year = 2023")
      #expect(count == 0)
    }
  }

  /// What is wrong, the field that is named, the reason.
  static let faults: [(String, String, String)] = [
    ("no region", "rows[0].region", "VALUE_MISSING"), ("ambiguous region", "rows[0].region", "REGION_AMBIGUOUS"),
    ("unknown region", "rows[0].region", "REGION_UNKNOWN"), ("no year", "rows[0].year", "VALUE_MISSING"),
    ("year 1999", "rows[0].year", "OUT_OF_RANGE"), ("instrument unknown", "rows[0].instrument_id", "INSTRUMENT_UNKNOWN"),
    ("parts without instrument", "rows[0].instrument_id", "INSTRUMENT_NEEDED"),
    ("aspect missing", "rows[0].parts", "MISSING_KEY"),
    ("aspect unknown", "rows[0].parts[4].key", "UNKNOWN_KEY"), ("aspect twice", "rows[0].parts[4].key", "DUPLICATE_KEY"),
    ("value and missing", "rows[0].missing", "VALUE_AND_MISSING"), ("nothing", "rows[0]", "NOTHING_TO_STORE"),
    ("total above the scale", "rows[0].published_total", "OUT_OF_SCALE"),
    ("five decimals", "rows[0].published_total", "TOO_MANY_DIGITS"),
    ("letter number too long", "rows[0].letter_number", "TEXT_TOO_LONG"), ("no such day", "rows[0].letter_date", "BAD_DATE"),
    ("same score twice", "rows[1]", "SAME_ROW_TWICE"), ("negative version", "rows[0].expected_version", "OUT_OF_RANGE"),
  ]

  @Test(arguments: faults)
  func `a row that can't be accepted is named by its field`(fault: String, path: String, reason: String) async throws {
    try await TestDatabase.with { database in
      let ministry = try await database.session(.ministryAdmin)
      let error = await refusal { try await put(database, ministry, Self.rows(fault)) }
      #expect(error?.details.reason == reason)
      #expect(error?.details.fieldViolations.map(\.field) == [path])
      for fault in error?.faults ?? [] {
        let (indonesian, english) = (fault.sentence(.indonesian), fault.sentence(.english))
        #expect(indonesian != english)
        #expect(!indonesian.contains("…") && !english.contains("…"), "a value is missing: \(english)")
      }
    }
  }

  @Test(arguments: [(0, false), (1_000, true), (1_001, false)])
  func `a request has 1 to 1,000 rows`(count: Int, isAccepted: Bool) async throws {
    try await TestDatabase.with { database in
      let ministry = try await database.session(.ministryAdmin)
      let rows = (0..<count).map { Self.row("35.71", year: 2023, total: "3.00", stage: $0.isMultiple(of: 2) ? .first : .second) }
      let error = await refusal { try await put(database, ministry, rows) }
      let tooMany = ["TOO_MANY_ROWS", "EMPTY_LIST"].contains(error?.details.reason)
      #expect(tooMany != isAccepted)
    }
  }

  @Test func `a wrong role is refused before its faults are told`() async throws {
    try await TestDatabase.with { database in
      for session in [
        try await database.session(.regionViewer, region: "35.71"), try await database.session(.ministryAnalyst),
        try await database.session(.export),
      ] {
        for rows in [Self.rows("no year"), [Self.row("35.71", total: "3.00")]] {
          let error = await refusal { try await put(database, session, rows) }
          #expect(error?.code == .permissionDenied, "\(session.role)")
          #expect(error?.details.parameters["role"] == session.role.rawValue)
          #expect(error?.details.parameters["needed"] == "ministry_admin, region_admin")
        }
      }
    }
  }

  @Test func `a region writes its own scores only, and only the ministry releases`() async throws {
    try await TestDatabase.with { database in
      let admin = try await database.session(.regionAdmin, region: "35.71")
      let foreign = await refusal { try await put(database, admin, [Self.row("35.78", total: "3.00")]) }
      #expect(foreign?.code == .notFound)
      var released = Self.row("35.71", total: "3.00")
      released.release = true
      let error = await refusal { try await put(database, admin, [released]) }
      #expect(error?.code == .permissionDenied)
      #expect(error?.details.reason == "NOT_OPEN_TO_ROLE")
      let count: Int64 = try await database.value("select count(*) from registry.score where year = 2023")
      #expect(count == 0)
    }
  }

  @Test func `the same act sent twice is done once`() async throws {
    try await TestDatabase.with { database in
      let admin = try await database.session(.regionAdmin, region: "35.71")
      let key = Array(repeating: UInt8(9), count: 16)
      let rows = [Self.row("35.71", total: "3.00")]
      let first = try await put(database, admin, rows, key: key)
      let second = try await put(database, admin, rows, key: key)
      #expect(first.results == second.results)
      let other = await refusal { try await put(database, admin, [Self.row("35.71", total: "3.50")], key: key) }
      #expect(other?.details.reason == "IDEMPOTENCY_CONFLICT")
    }
  }

  @Test func `a trial says valid and writes nothing`() async throws {
    try await TestDatabase.with { database in
      let admin = try await database.session(.regionAdmin, region: "35.71")
      let answer = try await put(database, admin, [Self.row("35.71", total: "3.00")], validateOnly: true)
      #expect(answer.results.map(\.outcome) == ["valid"])
      let count: Int64 = try await database.value("select count(*) from registry.score where year = 2023")
      #expect(count == 0)
    }
  }

  @Test func `a list holds what the caller may see and says what that is`() async throws {
    try await TestDatabase.with { database in
      let admin = try await database.session(.regionAdmin, region: "33.75")
      _ = try await put(database, admin, [Self.row("33.75", total: "3.10")])
      let service = ScoreService(database.core)
      var seen: [String: Int32] = [:]
      for session in [
        admin, try await database.session(.regionViewer, region: "35.71"), try await database.session(.ministryAnalyst),
      ] {
        var request = Seratus_V1_ListScoresRequest()
        request.region = "33.75"
        request.fromYear = 2023
        let answer = try await service.listScores(
          request, context: TestCall.context("ScoreService/ListScores", token: session.token))
        seen[session.role.rawValue] = answer.total
        #expect(!answer.scope.id.isEmpty && !answer.scope.en.isEmpty)
      }
      #expect(seen == ["region_admin": 1, "region_viewer": 0, "ministry_analyst": 1])
    }
  }
}

extension ScoreServiceTests {
  private func put(
    _ database: TestDatabase, _ session: TestSession, _ rows: [Seratus_V1_ScoreInput], key: [UInt8]? = nil,
    validateOnly: Bool = false
  ) async throws -> Seratus_V1_PutScoresResponse {
    var request = Seratus_V1_PutScoresRequest()
    request.rows = rows
    request.validateOnly = validateOnly
    return try await ScoreService(database.core).putScores(
      request, context: TestCall.context("ScoreService/PutScores", token: session.token, idempotencyKey: key))
  }

  static func decimal(_ hundredths: Int64) -> Seratus_V1_Decimal {
    var decimal = Seratus_V1_Decimal()
    decimal.units = hundredths
    decimal.scale = 2
    return decimal
  }

  static func row(
    _ region: String, year: Int32 = 2023, total: String?, parts: [(String, Int64)] = [], version: Int32 = 0,
    stage: Seratus_V1_Stage = .unspecified
  ) -> Seratus_V1_ScoreInput {
    var row = Seratus_V1_ScoreInput()
    row.region = region
    row.year = year
    row.stage = stage
    row.instrumentID = cut
    row.source = "test"
    row.expectedVersion = version
    if let total { row.publishedTotal = decimal(Int64(total.filter { $0 != "." }) ?? 0) }
    row.parts = parts.map { key, hundredths in
      var part = Seratus_V1_ScorePartInput()
      part.part = "aspect"
      part.key = key
      part.value = decimal(hundredths)
      return part
    }
    return row
  }

  static func rows(_ fault: String) -> [Seratus_V1_ScoreInput] {
    var row = row("35.71", total: "3.00")
    let four: [(String, Int64)] = [("baseline", 300), ("output", 300), ("outcome", 300), ("impact", 300)]
    switch fault {
    case "no region": row.region = ""
    case "ambiguous region": row.region = "Probolinggo"
    case "unknown region": row.region = "Atlantis"
    case "no year": row.year = 0
    case "year 1999": row.year = 1999
    case "instrument unknown": row.instrumentID = "evaluasi-1-2-3"
    case "parts without instrument":
      row = Self.row("35.71", total: nil, parts: four)
      row.instrumentID = ""
    case "aspect missing": row = Self.row("35.71", total: nil, parts: four)
    case "aspect unknown": row = Self.row("35.71", total: nil, parts: four + [("fame", 300)])
    case "aspect twice": row = Self.row("35.71", total: nil, parts: four + [("baseline", 300)])
    case "value and missing": row.missing = .withheld
    case "nothing": row.clearPublishedTotal()
    case "total above the scale": row.publishedTotal = decimal(401)
    case "five decimals":
      row.publishedTotal.units = 300_001
      row.publishedTotal.scale = 5
    case "letter number too long": row.letterNumber = String(repeating: "x", count: 201)
    case "no such day": row.letterDate.iso = "2022-13-01"
    case "same score twice": return [row, row]
    case "negative version": row.expectedVersion = -1
    default: Issue.record("no such fault: \(fault)")
    }
    return [row]
  }
}

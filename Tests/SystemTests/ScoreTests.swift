internal import Testing

/// Writing scores. Each test writes years of its own: they share one registry.
@Suite(.timeLimit(.minutes(10))) struct ScoreTests {
  private static let parts = ["baseline=3.60", "output=3.21", "outcome=3.23", "impact=3.07", "quick_win=3.65"]
  private static let instrument = ["--instrument", "evaluasi-10-20-30-20-20-cut"]

  private static func put(_ year: Int, _ more: [String] = [], region: String = "35.71", parts: [String] = parts) -> [String] {
    ["score", "put", region, "\(year)", "--source", "a test", "-o", "json"] + instrument + parts.flatMap { ["--aspect", $0] }
      + more
  }

  private func version(_ year: Int) async throws -> [String] {
    let outcome = try await Installation.shared().ask(
      "kediri", "score", "list", "35.71", "--from", "\(year)", "--to", "\(year)", "-o", "csv")
    return outcome.table().compactMap { $0["version"] }
  }

  @Test func `a region writes its score, corrects it, and a stale version is refused with both versions`() async throws {
    let installation = try await Installation.shared()
    let created = try await installation.ask("kediri", Self.put(2018))
    #expect(created.status == 0, "\(created.errors)")
    let first = try created.json()["results"][0]
    #expect(first["outcome"].text == "created")
    #expect(first["version"].int == 1)
    #expect(first["computed_total"].text == "3.31")
    let corrected = try await installation.ask(
      "kediri", Self.put(2018, ["--expected-version", "1"], parts: Self.parts.dropLast() + ["quick_win=3.75"]))
    #expect(try corrected.json()["results"][0]["version"].int == 2)
    #expect(try corrected.json()["results"][0]["computed_total"].text == "3.33")
    let stale = try await installation.ask("kediri", Self.put(2018, ["--expected-version", "1"]))
    #expect(stale.status == 7)
    #expect(stale.output.isEmpty)
    let error = try stale.failure()
    #expect(error["reason"].text == "STALE_VERSION")
    #expect(error["parameters"]["expected"].text == "1")
    #expect(error["parameters"]["actual"].text == "2")
    #expect(error["message"].text?.contains("version 2") == true && error["message"].text?.contains("version 1") == true)
    #expect(try await version(2018) == ["2"])
  }

  @Test func `the same put under the same key is done once and answered twice, and the key serves no other`() async throws {
    let installation = try await Installation.shared()
    let key = ["--idempotency-key", "7D9E6F3A-52c1-4b0e-9a83-1f0c2d4e5b6a"]
    let first = try await installation.ask("kediri", Self.put(2016, key))
    #expect(first.status == 0, "\(first.errors)")
    #expect(try first.json()["replayed"].bool == false)
    // Somebody goes on, and still the answer is the first one.
    let later = try await installation.ask("kediri", Self.put(2016, ["--expected-version", "1", "--published", "3.30"]))
    #expect(later.status == 0, "\(later.errors)")
    let again = try await installation.ask("kediri", Self.put(2016, ["--idempotency-key", "7d9e6f3a52c14b0e9a831f0c2d4e5b6a"]))
    #expect(again.status == 0, "\(again.errors)")
    #expect(try again.json()["replayed"].bool == true)
    #expect(try again.json()["written"].bool == false)
    #expect(try again.json()["results"] == first.json()["results"])
    #expect(try await version(2016) == ["2"])
    let table = try await installation.ask("kediri", Array(Self.put(2016, key).filter { !["-o", "json"].contains($0) }))
    #expect(table.output.split(whereSeparator: \.isWhitespace).joined(separator: " ").contains("stored answer (replayed)"))
    let other = try await installation.ask("kediri", Self.put(2016, key + ["--published", "3.20"]))
    #expect(other.status == 7)
    #expect(try other.failure()["reason"].text == "IDEMPOTENCY_CONFLICT")
    let wrong = try await installation.ask("kediri", Self.put(2016, ["--idempotency-key", "7d9e"]))
    #expect(wrong.status == 2)
  }

  @Test func `a put that changes nothing says so, in both languages`() async throws {
    let installation = try await Installation.shared()
    #expect(try await installation.ask("kediri", Self.put(2015)).status == 0)
    let again = ["--expected-version", "1"]
    let json = try await installation.ask("kediri", Self.put(2015, again))
    #expect(try json.json()["results"][0]["outcome"].text == "unchanged")
    #expect(try json.json()["written"].bool == false)
    #expect(try await version(2015) == ["1"])
    let command = Self.put(2015, again).filter { !["-o", "json"].contains($0) }
    #expect(try await installation.ask("kediri", command).output.contains("0 rows written, 1 unchanged"))
    let indonesian = try await installation.ask("kediri", command, language: "id")
    #expect(indonesian.output.contains("0 baris ditulis, 1 tidak berubah"))
  }

  @Test func `a dry run checks and writes nothing`() async throws {
    let outcome = try await Installation.shared().ask("kediri", Self.put(2025, ["--dry-run"]))
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try outcome.json()["written"].bool == false)
    #expect(try await version(2025) == [])
  }

  @Test(arguments: ["4.01", "-0.01", "40"])
  func `a score outside the scale is refused by name, with the scale`(value: String) async throws {
    let outcome = try await Installation.shared().ask(
      "kediri", Self.put(2024, parts: ["baseline=\(value)"] + Self.parts.dropFirst()))
    #expect(outcome.status == 6)
    let error = try outcome.failure()
    #expect(error["reason"].text == "OUT_OF_SCALE")
    #expect(error["message"].text?.contains("\(value) lies outside the scale 0.00 to 4.00") == true)
    #expect(try await version(2024) == [])
  }

  @Test(arguments: ["0.00", "4.00"])
  func `the ends of the scale belong to it`(value: String) async throws {
    let outcome = try await Installation.shared().ask(
      "kediri", Self.put(2024, ["--dry-run"], parts: ["baseline=\(value)"] + Self.parts.dropFirst()))
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  @Test(arguments: [
    ("baseline=10,output=20,outcome=30,impact=30,quick_win=11", "101"),
    ("baseline=10,output=20,outcome=30,impact=30,quick_win=9.99", "99.99"),
  ])
  func `weights that don't sum to 100 are refused with their sum`(weights: String, sum: String) async throws {
    let outcome = try await Installation.shared().ask(
      "analyst", "score", "explain", "35.71", "2022", "--weights", weights, "-o", "json")
    #expect(outcome.status == 6)
    let error = try outcome.failure()
    #expect(error["reason"].text == "WEIGHT_SUM")
    #expect(error["message"].text?.contains(sum) == true)
  }

  @Test func `an ambiguous name is refused in a write`() async throws {
    let outcome = try await Installation.shared().ask("admin", Self.put(2024, region: "Probolinggo"))
    #expect(outcome.status == 9)
    #expect(try outcome.failure()["message"].text?.contains("Kabupaten Probolinggo (35.13)") == true)
  }

  @Test func `a malformed CSV is refused with row, column and reason of each fault, and nothing is sent`() async throws {
    let installation = try await Installation.shared()
    let folder = try TemporaryFolder()
    let path = try folder.write("scores.csv", "region,year,aspect:baseline\n35.71,2023,3.6,9\n35.71,20x3,abc\n")
    let outcome = try await installation.ask("kediri", "score", "put", "--file", path, "-o", "json")
    #expect(outcome.status == 6)
    let faults = try outcome.failure()["faults"].list.map { [$0["row"].text, $0["column"].text, $0["reason"].text] }
    #expect(faults == [["2", nil, "CSV_FIELD_COUNT"], ["3", "year", "BAD_YEAR"], ["3", "aspect:baseline", "BAD_NUMBER"]])
    let text = try await installation.ask("kediri", "score", "put", "--file", path)
    #expect(text.errors.contains("row 3, aspect:baseline: \"abc\" is not a decimal number"))
  }

  @Test(arguments: [
    ("", "EMPTY_LIST"), ("region,year\n", "EMPTY_LIST"), ("region\n35.71\n", "CSV_MISSING_COLUMN"),
    ("region,year,colour\n35.71,2023,red\n", "UNKNOWN_COLUMN"), ("region,year\n\"35.71,2023\n", "CSV_SYNTAX"),
    ("region,year,missing\n35.71,2023,perhaps\n", "UNKNOWN_WORD"),
  ])
  func `a file that is no table of scores is refused for its reason`(text: String, reason: String) async throws {
    let folder = try TemporaryFolder()
    let outcome = try await Installation.shared().ask(
      "kediri", "score", "put", "--file", try folder.write("scores.csv", text), "-o", "json")
    #expect(outcome.status == 6)
    #expect(try outcome.failure()["reason"].text == reason)
  }

  @Test func `a file with one bad row writes none of its rows`() async throws {
    let installation = try await Installation.shared()
    let folder = try TemporaryFolder()
    let header = "region,year,published_total,source,instrument_id\n"
    let good = "35.71,2019,3.1,a test,evaluasi-10-20-30-20-20-cut\n"
    let bad = "35.71,2020,4.5,a test,evaluasi-10-20-30-20-20-cut\n"
    let refused = try await installation.ask(
      "kediri", "score", "put", "--file", try folder.write("a.csv", header + good + bad), "-o", "json")
    #expect(refused.status == 6)
    #expect(try refused.failure()["faults"][0]["row"].int == 3, "the line of the file")
    #expect(try await version(2019) == [])
    let written = try await installation.ask(
      "kediri", "score", "put", "--file", try folder.write("b.csv", header + good), "-o", "json")
    #expect(written.status == 0, "\(written.errors)")
    #expect(try await version(2019) == ["1"])
  }

  @Test func `of two writers at once one wins and the other is told`() async throws {
    let installation = try await Installation.shared()
    let statuses = try await withThrowingTaskGroup(of: Int32.self) { group in
      for _ in 0..<6 { group.addTask { try await installation.ask("kediri", Self.put(2017)).status } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(statuses.sorted() == [0, 7, 7, 7, 7, 7])
    #expect(try await version(2017) == ["1"])
  }
}

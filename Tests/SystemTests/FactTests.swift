internal import Foundation
internal import RegistryTestKit
internal import Testing

/// What the registry must get right, asked as a user asks it.
@Suite(.timeLimit(.minutes(10))) struct FactTests {
  private func rows(_ profile: String, _ arguments: String...) async throws -> [[String: String]] {
    let outcome = try await Installation.shared().ask(profile, arguments + ["-o", "csv"])
    try #require(outcome.status == 0, "\(outcome.errors)")
    return outcome.table()
  }

  private func json(_ profile: String, _ arguments: String...) async throws -> JSON {
    let outcome = try await Installation.shared().ask(profile, arguments + ["-o", "json"])
    try #require(outcome.status == 0, "\(outcome.errors)")
    return try outcome.json()
  }

  private func refusal(_ profile: String, _ arguments: String...) async throws -> (status: Int32, error: JSON) {
    let outcome = try await Installation.shared().ask(profile, arguments + ["-o", "json"])
    #expect(outcome.output.isEmpty)
    return (outcome.status, try outcome.failure())
  }

  // MARK: Regions

  @Test func `a list of regions ends with their number by kind and their people, of exactly what was listed`() async throws {
    let installation = try await Installation.shared()
    let nation = "514 = 416 kabupaten + 98 kota; "
    #expect(try await installation.ask("analyst", "region", "list").output.contains(nation + "population 284,973,643\n"))
    let indonesian = try await installation.ask("analyst", ["region", "list"], language: "id")
    #expect(indonesian.output.contains(nation + "penduduk 284.973.643\n"))
    #expect(try await installation.ask("analyst", "region", "list", "-o", "csv").errors == nation + "population 284,973,643\n")
    let totals = try await installation.ask("analyst", "region", "list", "-o", "json").json()["totals"]
    #expect(totals["kabupaten"].int == 416 && totals["kota"].int == 98 && totals["population"].int == 284_973_643)
    #expect(totals["population_unknown"].int == 0)
    // A part of the nation: what the cards of its regions add up to.
    let part = try await installation.ask("analyst", "region", "list", "--province", "34", "-o", "json").json()
    var people = 0
    for region in part["regions"].list {
      let code = try #require(region["kemendagri_code"].text)
      people += try await installation.ask("analyst", "region", "show", code, "-o", "json").json()["population"].int ?? 0
    }
    #expect(part["totals"]["population"].int == people)
    #expect(part["totals"]["kabupaten"].int == 4 && part["totals"]["kota"].int == 1)
  }

  @Test func `there are 514 regions, 416 kabupaten and 98 kota`() async throws {
    let regions = try await rows("analyst", "region", "list")
    #expect(regions.count == 514)
    #expect(regions.count { $0["kind"] == "kabupaten" } == 416)
    #expect(regions.count { $0["kind"] == "kota" } == 98)
    #expect(Set(regions.map { $0["region_code"] }).count == 514)
    #expect(Set(regions.map { $0["bps_code"] }).count == 514)
    #expect(Set(regions.map { $0["province_code"] }).count == 38)
    #expect(regions.allSatisfy { $0["dataset"] == "official" })
  }

  @Test(arguments: [("kabupaten", 29), ("kota", 9)])
  func `Jawa Timur has 29 kabupaten and 9 kota`(kind: String, count: Int) async throws {
    #expect(try await rows("bogor", "region", "list", "--province", "35", "--kind", kind).count == count)
    #expect(try await rows("bogor", "region", "list", "--province", "Jawa Timur", "--kind", kind).count == count)
  }

  @Test(arguments: ["35.71", "kemendagri:35.71", "bps:3571", "3571", "Kota Kediri", "kota kediri", "KOTA  KEDIRI"])
  func `Kota Kediri is found by each of its codes and by its name`(asked: String) async throws {
    let region = try await rows("analyst", "region", "show", asked).first
    #expect(region?["region_code"] == "35.71")
    #expect(region?["bps_code"] == "3571")
    #expect(region?["region_name"] == "Kota Kediri")
    #expect(region?["province_name"] == "Jawa Timur")
  }

  @Test(arguments: [
    ["region", "show", "9404"], ["region", "report", "9404", "--year", "2022"], ["score", "explain", "9404", "2022"],
  ])
  func `a bare number of two regions is refused and names both`(command: [String]) async throws {
    let outcome = try await Installation.shared().ask("analyst", command + ["-o", "json"])
    #expect(outcome.status == 9)
    let error = try outcome.failure()
    #expect(error["reason"].text == "REGION_AMBIGUOUS")
    #expect(error["message"].text?.contains("Kabupaten Nabire (bps:9404)") == true)
    #expect(error["message"].text?.contains("Kabupaten Mimika (kemendagri:94.04)") == true)
  }

  @Test(arguments: [("kemendagri:94.04", "Kabupaten Mimika"), ("bps:9404", "Kabupaten Nabire"), ("94.04", "Kabupaten Mimika")])
  func `the same number with its system is one region`(asked: String, name: String) async throws {
    #expect(try await rows("analyst", "region", "show", asked).first?["region_name"] == name)
  }

  @Test func `an unknown code is refused with codes and names near it`() async throws {
    let (status, error) = try await refusal("analyst", "region", "show", "35.99")
    #expect(status == 3)
    #expect(error["code"].text == "NOT_FOUND")
    #expect(error["message"].text?.contains("35.99") == true)
    #expect(error["message"].text?.contains("Kota Batu (35.79)") == true)
  }

  @Test(arguments: [("Kota Kedri", "Kota Kediri (35.71)"), ("Kabupaten Bayuwangi", "Kabupaten Banyuwangi (35.10)")])
  func `a misspelt name is refused with the name that was meant`(asked: String, near: String) async throws {
    let (status, error) = try await refusal("analyst", "region", "show", asked)
    #expect(status == 3)
    #expect(error["message"].text?.contains(near) == true, "\(error["message"].text ?? "")")
  }

  @Test func `Probolinggo means two regions, and the search finds both`() async throws {
    let (status, error) = try await refusal("analyst", "region", "show", "Probolinggo")
    #expect(status == 9)
    let message = error["message"].text ?? ""
    #expect(message.contains("Kabupaten Probolinggo (35.13)") && message.contains("Kota Probolinggo (35.74)"))
    let found = try await rows("analyst", "region", "search", "Probolinggo").compactMap { $0["region_code"] }
    #expect(Set(found.prefix(2)) == ["35.13", "35.74"])
  }

  @Test func `Mimika was in Papua in 2017 and is in Papua Tengah today`() async throws {
    let then = try await rows("analyst", "region", "show", "Mimika", "--as-of", "2017-12-31").first
    #expect(then?["province_name"] == "Papua")
    #expect(then?["region_code"] == "91.09")
    #expect(then?["bps_code"] == "9412")
    let today = try await rows("analyst", "region", "show", "Mimika").first
    #expect(today?["province_name"] == "Papua Tengah")
    #expect(today?["region_code"] == "94.04")
    let members = try await json("analyst", "cohort", "show", "2017", "--borders-as-of", "2017-12-31")["members"].list
    let mimika = members.first { $0["region"]["name"].text == "Kabupaten Mimika" }
    #expect(mimika?["region"]["province_name"].text == "Papua")
  }

  // MARK: Cohorts

  /// Year, rule, regions known, regions published by the ministry, incomplete.
  @Test(
    arguments: [
      (2017, "ministry", 25, 25, false), (2018, "ministry", 75, 75, false), (2019, "ministry", 100, 100, false),
      (2019, "finished", 99, nil, false), (2021, "ministry", nil, 141, true), (2022, "ministry", nil, 191, true),
      (2023, "ministry", nil, 241, true), (2024, "ministry", nil, 251, true),
    ] as [(Int, String, Int?, Int?, Bool)])
  func `cohorts are counted by named rules, beside what the ministry published`(
    year: Int, rule: String, known: Int?, published: Int?, incomplete: Bool
  ) async throws {
    let row = try await rows("analyst", "cohort", "list").first { $0["cohort_year"] == "\(year)" && $0["rule"] == rule }
    let found = try #require(row)
    if let known { #expect(found["cumulative_known"] == "\(known)") }
    #expect(found["cumulative_published"] == published.map { "\($0)" } ?? "")
    #expect(found["cumulative_incomplete"] == "\(incomplete)")
    if let known = found["cumulative_known"].flatMap({ Int($0) }), let published, incomplete { #expect(known < published) }
  }

  @Test func `the list says in words by which rule it counts`() async throws {
    let outcome = try await Installation.shared().ask("analyst", "cohort", "list")
    #expect(outcome.output.contains("ministry: those who signed"))
    #expect(outcome.output.contains("finished: those who finished"))
    #expect(outcome.output.contains("incomplete"))
    let indonesian = try await Installation.shared().ask("analyst", ["cohort", "list"], language: "id")
    #expect(indonesian.output.contains("belum lengkap"))
  }

  // MARK: Kota Kediri 2022

  @Test func `Kota Kediri 2022 is 3.31 as cut, 3.32 half up, 3.25 under the other weights, 0.25 more than 2021`() async throws {
    let answer = try await json("analyst", "score", "explain", "35.71", "2022")
    let explanation = answer["explanation"]
    #expect(explanation["exact_sum"].text == "3.315")
    #expect(explanation["rounding"].text == "cut")
    #expect(explanation["rounded"].text == "3.31")
    #expect(explanation["published"].text == "3.31")
    #expect(explanation["agrees"].bool == true)
    let terms = explanation["terms"].list.map {
      [$0["key"].text, $0["value"].text, $0["weight_percent"].text, $0["product"].text]
    }
    #expect(
      terms == [
        ["baseline", "3.60", "10", "0.3600"], ["output", "3.21", "20", "0.6420"], ["outcome", "3.23", "30", "0.9690"],
        ["impact", "3.07", "20", "0.6140"], ["quick_win", "3.65", "20", "0.7300"],
      ])
    let others = Dictionary(
      answer["alternatives"].list.map { ($0["instrument_id"].text ?? "", $0["rounded"].text ?? "") }
    ) { first, _ in first }
    #expect(others["evaluasi-10-20-30-20-20-half-up"] == "3.32")
    #expect(others["evaluasi-10-20-30-30-10-cut"] == "3.25")
    #expect(others["evaluasi-10-20-30-30-10-half-up"] == "3.26")
  }

  @Test func `its explanation reads like a calculation, in both languages`() async throws {
    let english = try await Installation.shared().ask("analyst", "score", "explain", "35.71", "2022").output
    #expect(english.contains("3.31, agrees with the calculation"))
    #expect(english.contains("+0.25 (3.06 → 3.31)"))
    let indonesian = try await Installation.shared().ask("analyst", ["score", "explain", "35.71", "2022"], language: "id").output
    #expect(indonesian.contains("+0,25 (3,06 → 3,31)"))
    #expect(indonesian.contains("sama dengan hitungan"))
  }

  @Test func `own weights recompute it, and say that the result is not the published one`() async throws {
    let outcome = try await Installation.shared().ask(
      "analyst", "score", "explain", "35.71", "2022", "--weights", "baseline=10,output=20,outcome=30,impact=30,quick_win=10")
    #expect(outcome.output.contains("3.25"))
    #expect(outcome.output.contains("DIFFERS"))
  }

  @Test func `the report names the ranks that sources print, and gives none of its own from one value`() async throws {
    let outcome = try await Installation.shared().ask("analyst", "region", "report", "35.71", "--year", "2022")
    #expect(outcome.output.contains("3.31 (published)"))
    #expect(outcome.output.contains("+0.25"))
    #expect(outcome.output.contains("only 1 of 514 regions"))
    let folder = try TemporaryFolder()
    let report = try await Installation.shared().ask(
      "analyst", "region", "report", "35.71", "--year", "2022", "--report", folder.file("kediri.html"))
    #expect(report.status == 0)
    let page = try String(contentsOfFile: folder.file("kediri.html"), encoding: .utf8)
    #expect(page.contains("<svg") && page.contains("3.31") && page.contains("Kota Kediri"))
    #expect(!page.contains("http-equiv") && !page.contains("<script"))
  }

  // MARK: Comparison

  @Test func `a comparison of almost nothing says that nothing can be concluded`() async throws {
    let outcome = try await Installation.shared().ask("analyst", "compare", "cohorts", "--year", "2022")
    #expect(
      outcome.output.split(whereSeparator: \.isWhitespace).joined(separator: " ").contains(
        "There are hardly any values to compare"))
    #expect(
      outcome.output.split(whereSeparator: \.isWhitespace).joined(separator: " ").contains(
        "These data don't show which cohort does better."))
    let indonesian = try await Installation.shared().ask("analyst", ["compare", "cohorts", "--year", "2022"], language: "id")
    #expect(
      indonesian.output.split(whereSeparator: \.isWhitespace).joined(separator: " ").contains(
        "tidak dapat disimpulkan angkatan mana yang lebih baik"))
  }

  @Test func `208 memberships of 199 regions are compared, 1 of them with a value`() async throws {
    let outcome = try await Installation.shared().ask("analyst", "compare", "cohorts", "--year", "2022")
    let all = try #require(outcome.output.split(separator: "\n").first { $0.hasPrefix("All ") })
    // 199 distinct regions: 1 with a value, 30 + 11 that joined in 2023 and 2024, and 157 others.
    #expect(all.split(whereSeparator: \.isWhitespace).prefix(6) == ["All", "208/258", "1", "157", "not", "reported,"])
    #expect(outcome.output.contains("199 distinct regions"))
  }
}

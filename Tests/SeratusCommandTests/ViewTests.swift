import RegistryModel
import RegistryProtocol
import Testing

@testable import seratus

@Suite struct ViewTests {
  @Test func `an explanation shows each term, the exact sum, the rounding and the agreement`() {
    let document = ExplanationView(response: Fixtures.explanation).document(.english)
    #expect(
      lines(document) == [
        "Kota Kediri (35.71), Jawa Timur: 2022, annual, implementation",
        "",
        "Instrument  evaluasi-10-20-30-20-20-cut (weights 10/20/30/20/20, cut)",
        "Scale       0.00–4.00",
        "",
        "Aspect     Value  Weight   Product",
        "─────────  ─────  ──────  ────────",
        "Baseline    3.60  × 10 %  = 0.3600",
        "Output      3.21  × 20 %  = 0.6420",
        "Outcome     3.23  × 30 %  = 0.9690",
        "Impact      3.07  × 20 %  = 0.6140",
        "Quick win   3.65  × 20 %  = 0.7300",
        "─────────  ─────  ──────  ────────",
        "Exact sum                   3.3150",
        "",
        "Cut to 2 decimals  3.31",
        "Published          3.31, agrees with the calculation",
        "Change on 2021     +0.25 (3.06 → 3.31)",
        "",
        "Under other instruments",
        "",
        "Instrument                   Exact sum  Rounded",
        "───────────────────────────  ─────────  ───────",
        "evaluasi-10-20-30-30-10-cut     3.2570     3.25",
        "",
      ])
  }

  @Test func `in Indonesian the same explanation has decimal commas`() {
    let text = lines(ExplanationView(response: Fixtures.explanation).document(.indonesian))
    #expect(text.contains("Kondisi awal    3,60  × 10 %    = 0,3600"))
    #expect(text.contains("Dipotong ke 2 desimal  3,31"))
    #expect(text.contains("Diterbitkan            3,31, sama dengan hitungan"))
    #expect(text.contains("Perubahan atas 2021    +0,25 (3,06 → 3,31)"))
  }

  @Test func `a report gives the five numbers, and the reason where one can't be given`() {
    let view = ReportView(response: Fixtures.report, instrument: Fixtures.instrument)
    #expect(
      lines(view.document(.english), width: 100) == [
        "Kota Kediri (35.71), Jawa Timur: 2022, annual",
        "",
        "Index             3.31 (published)",
        "Change on 2021    +0.25 (3.06 → 3.31)",
        "Rank in province  1, among 1 with a visible score (of 38 regions)",
        "National rank     not given (1 of 514 regions with a visible score): too few scores",
        "Instrument        evaluasi-10-20-30-20-20-cut (verified)",
        "Letter            B-1003/DJAI/AI.01.04/12/2022, 2022-12-05",
        "Source            bangsaonline.com 113379 (verified)",
        "",
        "By aspect",
        "",
        "Aspect     Value  Weight  0–4",
        "─────────  ─────  ──────  ────────────────────",
        "Baseline    3.60    10 %  ██████████████████··",
        "Output      3.21    20 %  ████████████████····",
        "Outcome     3.23    30 %  ████████████████····",
        "Impact      3.07    20 %  ███████████████·····",
        "Quick win   3.65    20 %  ██████████████████··",
        "",
        "By dimension  not published",
        "",
        "As printed in sources",
        "",
        "National rank     22, number of regions not stated (verified)",
        "Rank in province  4, number of regions not stated (verified)",
        "",
        "Notes",
        "",
        "• dimensions were not published",
        "",
      ])
  }

  @Test func `a missing score is a word in both languages`() {
    var response = Fixtures.report
    response.clearScore()
    response.missing = .notReported
    #expect(lines(ReportView(response: response).document(.english)).contains("Index             not reported"))
    #expect(lines(ReportView(response: response).document(.indonesian)).contains("Indeks                 tidak dilaporkan"))
  }

  @Test func `a comparison fits 80 columns and writes missing figures as words`() {
    var response = Fixtures.comparison
    response.values = []
    #expect(lines(ComparisonView(response: response).document(.english)) == expectedTable + expectedFooter)
  }

  private let expectedTable: [String] = [
    "Comparison of cohorts: index, year 2022, annual",
    "",
    "Cohort  Members   n  Missing            Q1  Median      Q3    Mean      SD  Rank",
    "──────  ───────  ──  ─────────────  ──────  ──────  ──────  ──────  ──────  ────",
    "2017      26/25   1  25 not            few     few     few     few     few     –",
    "                     reported",
    "2018      53/50   0  50 not           none    none    none    none    none     –",
    "                     reported, 3",
    "                     withheld",
    "2021      38/48  36  2 not          2.5000  2.9000  3.2000  2.8750  0.5100    1=",
    "                     reported",
    "──────  ───────  ──  ─────────────  ──────  ──────  ──────  ──────  ──────  ────",
    "All         117  37  77 not            few  2.9000     few     few     few     –",
    "                     reported, 3",
    "                     withheld",
    "",
  ]

  private let expectedFooter: [String] = [
    "Remarks", "", "2017  one value only", "", "Verdict", "", "• Too little to conclude from.", "", "Conventions", "",
    "• Members: in the list known here / by the ministry's count. n: members with a",
    "  value. few: too few values. \"=\": tied rank.",
    "• Scale: 0.00–4.00 (i1)", "• Quantiles of type 7.", "• Scope: all scores", "",
  ]

  @Test func `on a wide terminal a comparison is a table with the total below a line`() {
    var response = Fixtures.comparison
    response.values = []
    let text = lines(ComparisonView(response: response).document(.indonesian), width: 120)
    #expect(
      text[2..<9] == [
        "Angkatan  Anggota   n  Tanpa nilai                         Q1  Median      Q3  Rerata      SB  Urut",
        "────────  ───────  ──  ──────────────────────────────  ──────  ──────  ──────  ──────  ──────  ────",
        "2017        26/25   1  25 tidak dilaporkan             kurang  kurang  kurang  kurang  kurang     –",
        "2018        53/50   0  50 tidak dilaporkan, 3 ditahan   nihil   nihil   nihil   nihil   nihil     –",
        "2021        38/48  36  2 tidak dilaporkan              2,5000  2,9000  3,2000  2,8750  0,5100    1=",
        "────────  ───────  ──  ──────────────────────────────  ──────  ──────  ──────  ──────  ──────  ────",
        "Semua         117  37  77 tidak dilaporkan, 3 ditahan  kurang  2,9000  kurang  kurang  kurang     –",
      ])
  }

  @Test(arguments: [Language.indonesian, .english])
  func `a comparison is a table in 80 columns in both languages`(language: Language) {
    let text = lines(ComparisonView(response: Fixtures.comparison).document(language))
    #expect(text.contains { $0.hasPrefix("────────") || $0.hasPrefix("──────  ") })
    #expect(text.allSatisfy { TextWidth.cells($0) <= 80 })
  }

  @Test func `synthetic data are marked in every form`() {
    var response = Fixtures.comparison
    response.dataset = Fixtures.synthetic
    let document = ComparisonView(response: response).document(.english)
    #expect(lines(document).first == "SYNTHETIC DATA (seed 42): these are not facts.")
    #expect(lines(document)[2].hasSuffix("[synthetic data]"))
    #expect(document.text(.csv, width: 80).split(separator: "\n").dropFirst().allSatisfy { $0.hasSuffix(",synthetic:42") })
    #expect(document.text(.ndjson, width: 80).split(separator: "\n").allSatisfy { $0.hasSuffix("\"dataset\":\"synthetic:42\"}") })
    #expect(document.text(.json, width: 80).contains("\"kind\": \"synthetic\""))
    #expect(document.talk.first == "SYNTHETIC DATA (seed 42): these are not facts.")
  }

  @Test func `official data carry no banner`() {
    #expect(lines(CohortListView(response: Fixtures.cohorts).document(.english)).first == "2 cohorts")
  }
}

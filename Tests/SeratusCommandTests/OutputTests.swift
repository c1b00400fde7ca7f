import Foundation
import RegistryModel
import RegistryProtocol
import Testing

@testable import seratus

@Suite struct OutputTests {
  @Test func `comma separated values hold one row for each cohort, with empty cells for what can't be given`() {
    var response = Fixtures.comparison
    response.values = []
    let rows = ComparisonView(response: response).document(.english).text(.csv, width: 80).split(separator: "\n")
    #expect(
      rows == [
        "year,stage,measure,cohort_year,members,members_published,list_complete,repeats,n,missing_not_reported,"
          + "missing_not_applicable,missing_withheld,missing_not_yet_due,missing_not_visible,excluded,minimum,lower_quartile,median,"
          + "mean,upper_quartile,maximum,standard_deviation,rank,tied,scale_min,scale_max,conclusive,dataset",
        "2022,annual,total,2017,26,25,true,0,1,25,0,0,0,0,0,3.31,,,,,3.31,,,,0.00,4.00,false,official",
        "2022,annual,total,2018,53,50,true,0,0,50,0,3,0,0,0,,,,,,,,,,0.00,4.00,false,official",
        "2022,annual,total,2021,38,48,false,0,36,2,0,0,0,0,0,1.20,2.5000,2.9000,2.8750,3.2000,3.90,0.5100,1,1,0.00,4.00,false,official",
        "2022,annual,total,,117,,false,0,37,77,0,3,0,0,0,,,2.9000,,,,,,,0.00,4.00,false,official",
      ])
  }

  @Test func `a newline separated object keeps the decimals as printed`() {
    let text = ExplanationView(response: Fixtures.explanation).document(.indonesian).text(.ndjson, width: 80)
    let rows = text.split(separator: "\n")
    #expect(rows.count == 6)
    #expect(
      rows[0]
        == #"{"region_code":"35.71","region_name":"Kota Kediri","year":2022,"stage":"annual","instrument_id":"evaluasi-10-20-30-20-20-cut","key":"baseline","value":3.60,"weight_percent":10,"product":0.3600,"rounding":null,"rounded":null,"published":null,"agrees":null,"dataset":"official"}"#
    )
  }

  @Test(arguments: [Language.indonesian, .english])
  func `what scripts get does not depend on the language`(language: Language) {
    let document = ReportView(response: Fixtures.report, instrument: Fixtures.instrument).document(language)
    #expect(document.text(.json, width: 80) == ReportView(response: Fixtures.report).document(.english).text(.json, width: 80))
    #expect(
      document.text(.csv, width: 80).split(separator: "\n").last.map(String.init)
        == "35.71,Kota Kediri,3571,kota,35,Jawa Timur,2022,annual,3.31,,0.25,2021,1,1,38,,1,514,4,22,3.60,3.21,3.23,3.07,3.65,,,,,,,"
        + "evaluasi-10-20-30-20-20-cut,official")
  }

  @Test func `json can be read by another parser`() throws {
    let text = ComparisonView(response: Fixtures.comparison).document(.english).text(.json, width: 80)
    let object = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let cohorts = try #require(object["cohorts"] as? [[String: Any]])
    #expect(cohorts.map { $0["n"] as? Int } == [1, 0, 36])
    #expect(cohorts[0]["median"] is NSNull)
    #expect((object["all"] as? [String: Any])?["cohort_year"] is NSNull)
    #expect((object["values"] as? [Any])?.count == 38)
  }

  @Test(arguments: [
    ("plain", #""plain""#), ("a\"b\\c", #""a\"b\\c""#), ("\n\t\r", #""\n\t\r""#), ("\u{1}", "\"\\u0001\""),
    ("\u{85}", "\"\\u0085\""),
    ("é都", "\"é都\""),
  ])
  func `json strings are escaped`(text: String, expected: String) {
    #expect(JSONText.quoted(text) == expected)
  }

  @Test(arguments: [("=1+1", "'=1+1"), ("+62", "'+62"), ("@x", "'@x"), ("-", "'-"), ("a,b", "\"a,b\""), ("Kediri", "Kediri")])
  func `text columns can't be formulas`(text: String, cell: String) {
    var document = Document()
    document.columns = ["name", "code", "change"]
    document.records = [[.text(text), .code("35.71"), .number(FixedDecimal(whole: -1))]]
    #expect(document.text(.csv, width: 80) == "name,code,change\n\(cell),35.71,-1\n")
  }

  @Test func `an empty answer still has its header`() {
    let view = ScoreListView(scores: [], total: 0, scope: Seratus_V1_LocalizedText(), dataset: Fixtures.official)
    #expect(view.document(.english).text(.csv, width: 80).hasPrefix("region_code,region_name,"))
    #expect(view.document(.english).text(.ndjson, width: 80).isEmpty)
  }
}

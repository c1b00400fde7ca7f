import RegistryModel
import RegistryProtocol
import Testing

@testable import seratus

@Suite struct WeightsTests {
  @Test func `weights are exact percentages in the order given`() throws {
    let weights = try Weights(parsing: "baseline=10,output=20,outcome=30,impact=30,quick_win=10")
    #expect(weights.items.map(\.key) == ["baseline", "output", "outcome", "impact", "quick_win"])
    #expect(weights.messages.map(\.percent.units) == [10, 20, 30, 30, 10])
  }

  @Test func `a third of a hundred can be written to the last decimal`() throws {
    #expect(throws: Never.self) { try Weights(parsing: "a=33.333334,b=33.333333,c=33.333333") }
  }

  @Test(arguments: [
    ("baseline=10,output=20,outcome=30,impact=40,quick_win=20", "WEIGHT_SUM"), ("a=99.99", "WEIGHT_SUM"),
    ("a=100.000001", "WEIGHT_SUM"),
    ("", "WEIGHTS_MALFORMED"), ("a", "WEIGHTS_MALFORMED"), ("a=50,", "WEIGHTS_MALFORMED"), ("=100", "WEIGHTS_MALFORMED"),
    ("a=1,5,b=98.5", "WEIGHTS_MALFORMED"), ("a=ten", "WEIGHTS_MALFORMED"), ("a=b=100", "WEIGHTS_MALFORMED"),
    ("a=50,a=50", "DUPLICATE_KEY"), ("a=-10,b=110", "NEGATIVE_WEIGHT"),
  ])
  func `wrong weights are refused before anything is sent`(text: String, reason: String) throws {
    let failure = try #require(throws: Failure.self) { try Weights(parsing: text) }
    #expect(failure.reason == reason)
    #expect(failure.exit == .invalidData)
  }

  @Test func `the error says by how much the sum is wrong`() throws {
    let failure = try #require(throws: Failure.self) { try Weights(parsing: "a=60,b=60") }
    #expect(failure.message.en == "the weights sum to 120, 20 more than 100; give all aspects, summing to 100")
    #expect(failure.message.id == "bobot berjumlah 120, 20 lebih dari 100; beri semua aspek dengan jumlah 100")
  }
}

@Suite struct ScoreFileTests {
  private func failure(_ text: String) throws -> Failure {
    try #require(throws: Failure.self) { try ScoreFile(Array(text.utf8)) }
  }

  @Test func `a file becomes rows with exact values`() throws {
    let file = try ScoreFile(
      Array(
        #"""
        region,year,instrument_id,aspect:baseline,dimension:living,published_total,letter_date,expected_version,release,source
        35.71,2022,evaluasi-10-20-30-20-20-cut,3.60,"3,1",3.31,2022-12-05,1,yes,"a, ""b"""

        35.72,2022,,,,,,,,

        """#.utf8))
    #expect(file.rows.count == 2)
    #expect(file.lines == [2, 4])
    let row = file.rows[0]
    #expect(row.region == "35.71" && row.year == 2022 && row.stage == .annual && row.kind == .implementation)
    #expect(row.parts.map(\.key) == ["baseline", "living"] && row.parts.map(\.part) == ["aspect", "dimension"])
    #expect(row.parts.map(\.value.units) == [360, 31] && row.parts.map(\.value.scale) == [2, 1])
    #expect(row.publishedTotal.units == 331 && row.expectedVersion == 1 && row.release && row.source == "a, \"b\"")
    #expect(!file.rows[1].hasPublishedTotal && file.rows[1].parts.isEmpty)
  }

  @Test func `a spreadsheet's semicolons are understood`() throws {
    let file = try ScoreFile(Array("\u{FEFF}region;year;published_total\r\n35.71;2022;3,31\r\n".utf8))
    #expect(file.rows.first?.publishedTotal.units == 331)
  }

  @Test func `all faults of a file are listed with row and column`() throws {
    let failure = try failure(
      """
      region,year,stage,aspect:output,letter_date,missing
      35.71,22,annual,3.21,2022-12-05,
      ,2022,III,abc,2022-13-05,lost
      35.72,2022,I

      """)
    #expect(failure.exit == .invalidData)
    #expect(failure.message.en == "7 faults in the file; nothing was sent")
    #expect(
      failure.faults.map { "\($0.row ?? 0) \($0.column ?? "-") \($0.reason)" } == [
        "2 year BAD_YEAR", "3 region EMPTY_TEXT", "3 stage UNKNOWN_WORD", "3 aspect:output BAD_NUMBER", "3 letter_date BAD_DATE",
        "3 missing UNKNOWN_WORD", "4 - CSV_FIELD_COUNT",
      ])
  }

  @Test(arguments: [
    ("", "EMPTY_LIST"), ("region,year\n", "EMPTY_LIST"), ("region\n35.71\n", "CSV_MISSING_COLUMN"),
    ("region,year,colour\n35.71,2022,red\n", "UNKNOWN_COLUMN"), ("region,year,year\n35.71,2022,2022\n", "DUPLICATE_COLUMN"),
    ("region,year\n\"35.71,2022\n", "CSV_SYNTAX"), ("region,year\n35\"71,2022\n", "CSV_SYNTAX"),
    ("region,year,aspect:\n35.71,2022,1\n", "UNKNOWN_COLUMN"),
  ])
  func `malformed files are refused`(text: String, reason: String) throws {
    #expect(try failure(text).reason == reason)
  }

  @Test(arguments: [(1_000, true), (1_001, false)])
  func `one act holds a thousand rows and not one more`(count: Int, isAccepted: Bool) {
    let text = "region,year\n" + String(repeating: "35.71,2022\n", count: count)
    #expect(((try? ScoreFile(Array(text.utf8))) != nil) == isAccepted)
  }

  @Test func `of very many faults the first hundred are listed and all are counted`() throws {
    let failure = try failure("region,year\n" + String(repeating: "35.71,x\n", count: 150))
    #expect(failure.faults.count == 100)
    #expect(failure.message.en.hasPrefix("150 faults"))
  }
}

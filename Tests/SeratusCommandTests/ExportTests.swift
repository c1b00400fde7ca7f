import Foundation
import RegistryModel
import RegistryProtocol
import SwiftProtobuf
import Testing

@testable import seratus

@Suite struct ExportTests {
  /// FIPS 180-4 examples, and a million times "a".
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func `the checksum is SHA-256`(text: String, hex: String) {
    var whole = SHA256()
    whole.update(text)
    #expect(whole.hex() == hex)
    var pieces = SHA256()
    for byte in text.utf8 { pieces.update([byte]) }
    #expect(pieces.hex() == hex)
  }

  @Test func `a long stream is summed piece by piece`() {
    var sum = SHA256()
    for _ in 0..<1_000 { sum.update([UInt8](repeating: UInt8(ascii: "a"), count: 1_000)) }
    #expect(sum.hex() == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test func `rows come as text with codes that stay codes`() {
    var writer = ExportWriter(format: .csv, hasParts: true, dataset: Fixtures.official)
    #expect(
      writer.head()
        == "region_code,region_name,bps_code,kind,province_code,province_name,year,stage,score_kind,instrument_id,instrument_certainty,"
        + "published_total,computed_total,missing,aspect:baseline,aspect:output,aspect:outcome,aspect:impact,aspect:quick_win,"
        + "dimension:governance,dimension:branding,dimension:economy,dimension:living,dimension:society,dimension:environment,"
        + "other_parts,letter_number,letter_date,released,version,source,certainty,note,dataset\n")
    #expect(
      writer.text([Fixtures.score])
        == "35.71,Kota Kediri,3571,kota,35,Jawa Timur,2022,annual,implementation,evaluasi-10-20-30-20-20-cut,verified,3.31,3.31,,"
        + "3.60,3.21,3.23,3.07,3.65,,,,,,,,B-1003/DJAI/AI.01.04/12/2022,2022-12-05,true,1,bangsaonline.com 113379,verified,,official\n"
    )
    #expect(writer.rows == 1)
  }

  @Test func `for a spreadsheet in Indonesian codes are text and decimals have commas`() {
    var writer = ExportWriter(format: .csv, hasParts: false, dataset: Fixtures.official, csvFormat: .excelIndonesian)
    #expect(writer.head().hasPrefix("\u{FEFF}region_code;"))
    let row = writer.text([Fixtures.score])
    #expect(row.hasPrefix("\"=\"\"35.71\"\"\";Kota Kediri;"))
    #expect(row.contains(";3,31;") && row.hasSuffix("\r\n"))
  }

  @Test func `json is one object however many chunks there were`() throws {
    var writer = ExportWriter(format: .json, hasParts: false, dataset: Fixtures.official)
    let text =
      writer.head() + writer.text([Fixtures.score]) + writer.text([]) + writer.text([Fixtures.score, Fixtures.score])
      + writer.tail()
    let object = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect((object["scores"] as? [Any])?.count == 3)
    var empty = ExportWriter(format: .json, hasParts: false, dataset: Fixtures.official)
    #expect(
      empty.head() + empty.text([]) + empty.tail() == #"{"dataset":{"kind":"official","seed":null,"label":null},"scores":["#
        + "\n]}\n")
  }

  @Test func `parts of another dimension set are kept`() {
    var score = Fixtures.score
    score.parts = [
      .with {
        $0.part = "dimension"
        $0.key = "people"
        $0.value = Fixtures.decimal("3.10")
      }
    ]
    var writer = ExportWriter(format: .csv, hasParts: true, dataset: Fixtures.official)
    #expect(writer.text([score]).contains(",dimension:people=3.10,B-1003"))
  }

  @Test func `a missing total is a word beside an empty cell`() {
    var score = Fixtures.score
    score.clearPublishedTotal()
    score.clearComputedTotal()
    score.missing = .withheld
    var writer = ExportWriter(format: .csv, hasParts: false, dataset: Fixtures.official)
    #expect(writer.text([score]).contains(",verified,,,withheld,B-1003"))
  }

  @Test(arguments: [
    (Int64(3), 3, "official", true), (3, 2, "official", false), (3, 4, "official", false), (3, 3, "synthetic", false),
  ])
  func `an export that is not what its manifest says is a failure`(rows: Int64, came: Int, kind: String, isWhole: Bool) {
    var manifest = Seratus_V1_ExportManifest()
    manifest.rows = rows
    manifest.dataset = kind == "official" ? Fixtures.official : Fixtures.synthetic
    #expect(((try? ExportScores.check(manifest, rows: came, dataset: Fixtures.official)) != nil) == isWhole)
  }

  @Test func `the manifest describes every column`() throws {
    let text = ExportManifestText(
      request: .with { $0.parts = true }, manifest: .with { $0.rows = 3 }, format: .csv, columns: ScoreRow.columns(parts: true),
      sha256: "00", file: "a.csv")
    let object = try #require(JSONSerialization.jsonObject(with: Data(JSONText.pretty(text.output).utf8)) as? [String: Any])
    let columns = try #require(object["columns"] as? [[String: String]])
    #expect(columns.count == 34)
    #expect(columns.allSatisfy { !($0["description"] ?? "").isEmpty })
    #expect(object["rows"] as? Int == 3 && object["sha256"] as? String == "00")
  }
}

import Testing

@testable import RegistryModel

/// Real regions and codes: the number 9101 is Kabupaten Fakfak for BPS and was Kabupaten Merauke for Kemendagri until 2022.
struct RegionDirectoryTests {
  let directory = try! RegionDirectory(
    entries: [
      entry(1, "Kota Probolinggo", "35.74"), entry(2, "Kabupaten Probolinggo", "35.13"),
      entry(3, "Kota Kediri", "35.71"), entry(4, "Kabupaten Kediri", "35.06"),
      entry(5, "Kabupaten Toba", "12.12", ["Toba Samosir"]), entry(6, "Kabupaten Gunungkidul", "34.03"),
      entry(7, "Kota Baubau", "74.72"), entry(8, "Kabupaten Kotabaru", "63.02"),
      entry(9, "Kabupaten Merauke", "93.01"), entry(10, "Kabupaten Fakfak", "92.03"),
      entry(11, "Kabupaten Administrasi Kepulauan Seribu", "31.01"), entry(12, "Kabupaten Lima Puluh Kota", "13.07", ["50 Kota"]),
      entry(13, "Kabupaten Sleman", "34.04"), entry(14, "Kabupaten Samosir", "12.17"), entry(15, "Kabupaten Banjar", "63.03"),
      entry(16, "Kota Banjar", "32.79"), entry(17, "Kota Banjarbaru", "63.72"),
    ],
    codes: [
      row(.kemendagri, "35.71", 3), row(.bps, "3571", 3), row(.kemendagri, "35.06", 4), row(.bps, "3506", 4),
      row(.kemendagri, "91.01", 9, to: "2022-07-25"), row(.kemendagri, "93.01", 9, from: "2022-07-25"), row(.bps, "9101", 10),
      row(.kemendagri, "92.03", 10), row(.bps, "1206", 5), row(.kemendagri, "12.12", 5),
      // One code, handed on: made up, to see that the day decides.
      row(.kemendagri, "34.99", 6, to: "2020-01-01"), row(.kemendagri, "34.99", 13, from: "2020-01-01"),
    ])

  let today = date("2025-12-31")

  func code(_ text: String) -> RegionCode { try! RegionCode(system: .kemendagri, parsing: text) }

  @Test func `a bare number is accepted if all its readings name one region`() throws {
    #expect(try directory.resolve(.bareNumber("3571"), asOf: today).name == "Kota Kediri")
    #expect(try directory.resolve(.bareNumber("1206"), asOf: today).name == "Kabupaten Toba")
  }

  @Test func `a bare number with two readings is refused and both are named, past codes included`() throws {
    let error = try #require(failure { () throws(ModelError) in try directory.resolve(.bareNumber("9101"), asOf: today) })
    #expect(error.reason == .ambiguousCode)
    #expect(
      error.parameters["candidates"] == "bps:9101 Kabupaten Fakfak, kemendagri:91.01 Kabupaten Merauke (until 2022-07-25)")
  }

  @Test func `a past code still names its region, on any day`() throws {
    for day in ["2017-12-31", "2025-12-31"] {
      #expect(try directory.resolve(code: code("91.01"), asOf: date(day)).name == "Kabupaten Merauke")
      #expect(try directory.resolve(code: code("93.01"), asOf: date(day)).name == "Kabupaten Merauke")
    }
  }

  @Test(arguments: [("2019-12-31", "Kabupaten Gunungkidul"), ("2020-01-01", "Kabupaten Sleman")])
  func `the day decides about a code that was handed on`(day: String, name: String) throws {
    #expect(try directory.resolve(code: code("34.99"), asOf: date(day)).name == name)
  }

  @Test func `an unknown code names what is near`() throws {
    let error = try #require(failure { () throws(ModelError) in try directory.resolve(code: code("35.72"), asOf: today) })
    #expect(error.reason == .unknownCode)
    #expect(error.parameters["near"] == "35.71 Kota Kediri")
  }

  @Test func `a search for a name of two finds both`() {
    let hits = directory.search("probolinggo")
    #expect(hits.map(\.entry.name) == ["Kota Probolinggo", "Kabupaten Probolinggo"])
    #expect(hits.map(\.match) == [.baseName, .baseName])
  }

  @Test func `a written kind ranks its region first and keeps the other`() {
    let hits = directory.search("kab. probolinggo")
    #expect(hits.map(\.entry.name) == ["Kabupaten Probolinggo", "Kota Probolinggo"])
    #expect(hits.map(\.match) == [.fullName, .baseName])
  }

  @Test func `hits are ranked exact, alias, beginning, part, slip`() {
    #expect(directory.search("samosir").map(\.entry.name) == ["Kabupaten Samosir", "Kabupaten Toba"])
    #expect(directory.search("samosir").map(\.match) == [.baseName, .substring])
    #expect(directory.search("toba sam").map(\.match) == [.prefix])
    #expect(directory.search("os").isEmpty)
    #expect(directory.search("Toba Samosir").map(\.entry.name) == ["Kabupaten Toba"])
    #expect(directory.search("Toba Samosir").map(\.match) == [.alias])
    #expect(directory.search("banjar").map(\.entry.name) == ["Kabupaten Banjar", "Kota Banjar", "Kota Banjarbaru"])
    #expect(directory.search("baru").map(\.entry.name) == ["Kabupaten Kotabaru", "Kota Banjarbaru"])
    #expect(directory.search("Slemna").map(\.entry.name) == ["Kabupaten Sleman"])
    #expect(directory.search("Slemna").map(\.distance) == [1])
    #expect(directory.search("  -.- ").isEmpty)
    #expect(directory.search("banjar", limit: 1).count == 1)
    #expect(directory.search("banjar", limit: 0).isEmpty)
  }

  @Test(arguments: [
    ("Kab. Gunung Kidul", "Kabupaten Gunungkidul"), ("kota bau-bau", "Kota Baubau"), ("TOBA SAMOSIR", "Kabupaten Toba"),
    ("Kabupaten Toba Samosir", "Kabupaten Toba"), ("Kota Baru", "Kabupaten Kotabaru"),
    ("KAB. ADM. KEP. SERIBU", "Kabupaten Administrasi Kepulauan Seribu"),
    ("50 Kota", "Kabupaten Lima Puluh Kota"), ("Kota Probolinggo", "Kota Probolinggo"), ("Kota Banjar", "Kota Banjar"),
    ("banjar baru", "Kota Banjarbaru"),
  ])
  func `spellings drift and still name one region`(typed: String, name: String) throws {
    #expect(try directory.resolve(name: typed).name == name)
  }

  @Test func `a write never guesses between kabupaten and kota`() throws {
    let error = try #require(failure { () throws(ModelError) in try directory.resolve(.name("Probolinggo"), asOf: today) })
    #expect(error.reason == .ambiguousName)
    #expect(error.parameters["candidates"] == "Kota Probolinggo (35.74), Kabupaten Probolinggo (35.13)")
  }

  @Test(arguments: [("Kota Sleman", "Kabupaten Sleman (34.04)"), ("Slemna", "Kabupaten Sleman (34.04)"), ("Xyzzyq", "")])
  func `a name of nobody is refused with what is near`(typed: String, near: String) throws {
    let error = try #require(failure { () throws(ModelError) in try directory.resolve(name: typed) })
    #expect(error.reason == .unknownName)
    #expect(error.parameters["near"] == near)
  }

  @Test func `a directory without regions, with one twice, or with a stranger's code is refused`() {
    let one = entry(1, "Kota Kediri", "35.71")
    #expect(failure { () throws(ModelError) in try RegionDirectory(entries: [], codes: []) }?.reason == .emptyList)
    #expect(failure { () throws(ModelError) in try RegionDirectory(entries: [one, one], codes: []) }?.reason == .duplicateKey)
    #expect(
      failure { () throws(ModelError) in try RegionDirectory(entries: [one], codes: [row(.bps, "3571", 2)]) }?.reason
        == .unknownKey)
  }

  @Test(arguments: [
    ("kediri", "kediri", 0), ("kediri", "kedrii", 1), ("kediri", "kdiri", 1), ("kediri", "kedirii", 1), ("kediri", "kadiri", 1),
    ("ca", "abc", 3), ("kitten", "sitting", 3), ("", "abc", 3), ("abc", "", 3),
  ])
  func `slips are counted, a swap of neighbours as one`(left: String, right: String, slips: Int) {
    #expect(EditDistance.between(left, right, bound: 3) == slips)
    #expect(EditDistance.between(left, right, bound: slips) == slips)
    #expect(EditDistance.between(left, right, bound: slips - 1) == nil)
  }
}

private func entry(_ id: Int32, _ name: String, _ code: String, _ aliases: [String] = []) -> RegionEntry {
  let base = name.split(separator: " ").dropFirst().filter { $0 != "Administrasi" }.joined(separator: " ")
  return RegionEntry(
    id: try! RegionID(id), name: name, baseName: base, code: try! RegionCode(system: .kemendagri, parsing: code), aliases: aliases
  )
}

private func row(_ system: CodeSystem, _ code: String, _ id: Int32, from: String? = nil, to: String? = nil) -> CodeRow {
  CodeRow(
    code: try! RegionCode(system: system, parsing: code), region: try! RegionID(id),
    valid: try! DatedRange(from: from.map(date), to: to.map(date)))
}

import Testing

@testable import RegistryModel

struct RegionReferenceTests {
  @Test(arguments: [
    ("35.71", CodeSystem.kemendagri, "35.71", RegionKind.kota), (" 35.71 ", .kemendagri, "35.71", .kota),
    ("kemendagri:35.06", .kemendagri, "35.06", .kabupaten), ("KEMENDAGRI: 11.69", .kemendagri, "11.69", .kabupaten),
    ("bps:3571", .bps, "3571", .kota), ("bps:9499", .bps, "9499", .kota), ("96.01", .kemendagri, "96.01", .kabupaten),
  ])
  func `a code says its system, by name or by its dot`(text: String, system: CodeSystem, code: String, kind: RegionKind) throws {
    guard case .code(let read) = try RegionReference(parsing: text) else { return #expect(Bool(false), "no code") }
    #expect(read.system == system)
    #expect(read.text == code)
    #expect(read.kind == kind)
    #expect(read.qualified == "\(system.rawValue):\(code)")
  }

  @Test func `digits alone are a bare number and words a name`() throws {
    #expect(try RegionReference(parsing: "3571") == .bareNumber("3571"))
    #expect(try RegionReference(parsing: "  Kota Kediri ") == .name("Kota Kediri"))
    #expect(try RegionReference(parsing: "35.71a") == .name("35.71a"))
  }

  @Test(arguments: [
    ("35.70", ModelError.Reason.badCode), ("35.00", .badCode), ("10.01", .badCode), ("3.571", .badCode), ("35.7", .badCode),
    ("35.711", .badCode),
    ("35..71", .badCode), (".", .badCode), ("35", .badCode), ("35710", .badCode), ("3500", .badCode), ("bps:35.71", .badCode),
    ("kemendagri:3571", .badCode), ("bps:", .badCode), ("ISO:3571", .unknownCodeSystem), (":3571", .unknownCodeSystem),
    ("", .emptyText),
    (" \n\t", .emptyText),
  ])
  func `what has the shape of a code but is none is refused, not taken for a name`(text: String, reason: ModelError.Reason) {
    #expect(failure { () throws(ModelError) in try RegionReference(parsing: text) }?.reason == reason)
  }

  @Test(arguments: [(200, true), (201, false)])
  func `a name may have 200 bytes and not one more`(bytes: Int, isFine: Bool) {
    let name = String(repeating: "a", count: bytes)
    #expect(((try? RegionReference(parsing: name)) != nil) == isFine)
  }

  @Test(arguments: [
    ("35", true), ("11", true), ("96", true), ("10", false), ("05", false), ("3", false), ("355", false), ("3a", false),
  ])
  func `a province has two digits from 11`(text: String, isFine: Bool) {
    #expect(((try? ProvinceCode(system: .bps, parsing: text)) != nil) == isFine)
  }

  @Test func `a region whose kind, name and code disagree can't be built`() throws {
    let code = try RegionCode(system: .kemendagri, parsing: "35.71")
    let province = try Province(
      id: try ProvinceID(15), name: "Jawa Timur", code: try ProvinceCode(system: .kemendagri, parsing: "35"))
    func build(_ kind: RegionKind, _ name: String) throws(ModelError) -> Region {
      try Region(
        id: try RegionID(1), asOf: date("2022-12-31"), kind: kind, name: name, baseName: "Kediri", code: code, province: province)
    }
    #expect(try build(.kota, "Kota Kediri").code.text == "35.71")
    #expect(failure { () throws(ModelError) in try build(.kabupaten, "Kabupaten Kediri") }?.reason == .kindMismatch)
    #expect(failure { () throws(ModelError) in try build(.kota, "Kabupaten Kediri") }?.reason == .kindMismatch)
    #expect(failure { () throws(ModelError) in try RegionID(0) }?.reason == .badIdentifier)
  }
}

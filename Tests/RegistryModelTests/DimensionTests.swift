import Testing

@testable import RegistryModel

struct DimensionTests {
  static func set(_ id: String, _ keys: [String]) throws(ModelError) -> DimensionSet {
    var dimensions: [Dimension] = []
    for key in keys { dimensions.append(try Dimension(key: key, name: try Localized(id: key, en: key))) }
    return try DimensionSet(
      id: id, name: try Localized(id: id, en: id), dimensions: dimensions, source: press, certainty: .verified)
  }

  static func row(_ from: String, _ to: String, _ weight: String) -> DimensionMapping.Row {
    DimensionMapping.Row(from: from, to: to, weight: decimal(weight), certainty: .probable)
  }

  let pekalongan = try! set("pekalongan", ["people", "governance", "government", "mobility"])
  let ministry = try! set("ministry", ["governance", "society", "living"])

  @Test func `a mapping reads one set in another and names what has no counterpart`() throws {
    let mapping = try DimensionMapping(
      from: pekalongan, to: ministry,
      rows: [
        Self.row("people", "society", "0.75"), Self.row("people", "living", "0.25"), Self.row("governance", "governance", "1"),
        Self.row("government", "governance", "1.00"),
      ])
    #expect(mapping.unmapped == ["mobility"])
    let read = try mapping.apply(to: ["people": decimal("3.2"), "governance": decimal("3"), "government": decimal("2.5")])
    #expect(read == ["society": decimal("3.2"), "living": decimal("3.2"), "governance": decimal("2.75")])
    #expect(
      try mapping.apply(to: ["people": decimal("3.2"), "governance": decimal("3")]).keys.sorted() == ["living", "society"])
  }

  @Test func `a mean of thirds is rounded to four decimals`() throws {
    let mapping = try DimensionMapping(
      from: pekalongan, to: ministry,
      rows: ["people", "governance", "government"].map { Self.row($0, "living", "1") })
    let read = try mapping.apply(to: ["people": decimal("1"), "governance": decimal("1"), "government": decimal("0")])
    #expect(read["living"] == decimal("0.6667"))
    let negative = try mapping.apply(to: ["people": decimal("-1"), "governance": decimal("-1"), "government": decimal("0")])
    #expect(negative["living"] == decimal("-0.6667"))
  }

  @Test(arguments: [
    ([row("people", "society", "0.75")], ModelError.Reason.weightSum), ([row("people", "society", "0")], .negativeWeight),
    ([row("people", "society", "-1")], .negativeWeight), ([row("people", "luck", "1")], .unknownKey),
    ([row("luck", "society", "1")], .unknownKey),
    ([row("people", "society", "0.5"), row("people", "society", "0.5")], .duplicateKey),
  ])
  func `a wrong mapping can't be built`(rows: [DimensionMapping.Row], reason: ModelError.Reason) {
    let error = failure { () throws(ModelError) in try DimensionMapping(from: pekalongan, to: ministry, rows: rows) }
    #expect(error?.reason == reason)
    if reason == .weightSum { #expect(error?.parameters["sum"] == "0.75") }
  }

  @Test func `a set with a key twice, without dimensions or with a key in capitals or of two words can't be built`() {
    #expect(failure { () throws(ModelError) in try Self.set("x", ["a", "a"]) }?.reason == .duplicateKey)
    #expect(failure { () throws(ModelError) in try Self.set("x", []) }?.reason == .emptyList)
    #expect(failure { () throws(ModelError) in try Self.set("x", ["A"]) }?.reason == .badIdentifier)
    #expect(failure { () throws(ModelError) in try Self.set("set one", ["a"]) }?.reason == .badIdentifier)
  }
}

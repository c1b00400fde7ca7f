/// The code of a kabupaten or kota in one system: two digits for the province, two for the region in it.
///
/// In both systems a kabupaten has 01–69 and a kota 71–99. Kemendagri writes `35.71`, BPS `3571`.
package struct RegionCode: Sendable, Hashable {
  package let system: CodeSystem
  /// Four digits, without the dot.
  package let digits: String

  /// - Parameter text: `35.71` for Kemendagri, `3571` for BPS, in exactly that form.
  /// - Throws: `BAD_CODE`.
  package init(system: CodeSystem, parsing text: some StringProtocol, field: String = "code") throws(ModelError) {
    let bytes = Array(text.utf8)
    let digits: [UInt8]
    switch system {
    case .bps: digits = bytes
    case .kemendagri:
      guard bytes.count == 5, bytes[2] == UInt8(ascii: ".") else { throw Self.bad(String(text), system, field: field) }
      digits = Array(bytes[0..<2] + bytes[3...])
    }
    guard Self.hasShape(digits) else { throw Self.bad(String(text), system, field: field) }
    self.system = system
    self.digits = String(decoding: digits, as: UTF8.self)
  }

  /// As the system writes it: `35.71`, `3571`.
  package var text: String { system == .kemendagri ? "\(digits.prefix(2)).\(digits.suffix(2))" : digits }

  /// With the system before it, which every command accepts: `kemendagri:35.71`.
  package var qualified: String { "\(system.rawValue):\(text)" }

  package var kind: RegionKind { (Int(digits.suffix(2)) ?? 0) > 70 ? .kota : .kabupaten }

  /// The two digits of the province in the same system.
  package var provinceDigits: String { String(digits.prefix(2)) }

  static func hasShape(_ digits: [UInt8]) -> Bool {
    guard digits.count == 4, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return false }
    let numbers = digits.map { Int($0 - UInt8(ascii: "0")) }
    let province = numbers[0] * 10 + numbers[1]
    let region = numbers[2] * 10 + numbers[3]
    return province >= 11 && region >= 1 && region != 70
  }

  static func bad(_ text: String, _ system: CodeSystem, field: String) -> ModelError {
    let shown = String(text.prefix(40))
    let example = system == .kemendagri ? "35.71" : "3571"
    return ModelError(
      .badCode, field: field, message: "\"\(shown)\" is not a \(system.rawValue) code of a kabupaten (01–69) or kota (71–99)",
      remedy: "write it like \(example)", parameters: ["value": shown, "system": system.rawValue, "example": example])
  }
}

/// The code of a province in one system: two digits. They differ too: 91 is Papua for Kemendagri and Papua Barat for BPS.
package struct ProvinceCode: Sendable, Hashable {
  package let system: CodeSystem
  package let digits: String

  package init(system: CodeSystem, parsing text: some StringProtocol, field: String = "code") throws(ModelError) {
    let bytes = Array(text.utf8)
    let zero = UInt8(ascii: "0")
    guard bytes.count == 2, bytes.allSatisfy({ (zero...zero + 9).contains($0) }), bytes[0] > zero, bytes != [zero + 1, zero]
    else {
      let shown = String(text.prefix(40))
      throw ModelError(
        .badCode, field: field, message: "\"\(shown)\" is not a \(system.rawValue) code of a province",
        remedy: "write two digits like 35", parameters: ["value": shown, "system": system.rawValue, "example": "35"])
    }
    self.system = system
    self.digits = String(text)
  }

  package var qualified: String { "\(system.rawValue):\(digits)" }
}

/// What a person typed to mean a region, before anybody looked it up.
package enum RegionReference: Sendable, Hashable {
  /// `35.71`, `kemendagri:35.71`, `bps:3571`.
  case code(RegionCode)
  /// `3571`: a BPS code, or a Kemendagri code without its dot. Names a region only if every reading does.
  case bareNumber(String)
  /// `Kota Kediri`, `kediri`.
  case name(String)

  package static let textBytesMax = 200

  /// - Throws: `EMPTY_TEXT`, `TEXT_TOO_LONG`, `BAD_CODE`, `UNKNOWN_CODE_SYSTEM`.
  package init(parsing text: String, field: String = "region") throws(ModelError) {
    let trimmed = text.trimmed
    guard !trimmed.isEmpty else {
      throw ModelError(.emptyText, field: field, message: "no region is named", remedy: "give a code like 35.71 or a name")
    }
    guard trimmed.utf8.count <= Self.textBytesMax else {
      throw ModelError(
        .textTooLong, field: field, message: "the name of a region has \(trimmed.utf8.count) bytes",
        remedy: "use at most \(Self.textBytesMax)", parameters: ["max": "\(Self.textBytesMax)"])
    }
    if let colon = trimmed.firstIndex(of: ":") {
      let system = try CodeSystem(word: String(trimmed[..<colon]).trimmed.lowercased())
      let code = String(trimmed[trimmed.index(after: colon)...]).trimmed
      self = .code(try RegionCode(system: system, parsing: code, field: field))
      return
    }
    let isDigit = { (byte: UInt8) in (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    if trimmed.utf8.allSatisfy(isDigit) {
      guard RegionCode.hasShape(Array(trimmed.utf8)) else { throw RegionCode.bad(trimmed, .kemendagri, field: field) }
      self = .bareNumber(trimmed)
    } else if trimmed.utf8.allSatisfy({ isDigit($0) || $0 == UInt8(ascii: ".") }) {
      self = .code(try RegionCode(system: .kemendagri, parsing: trimmed, field: field))
    } else {
      self = .name(trimmed)
    }
  }
}

extension String {
  var trimmed: String {
    let blank = { (character: Character) in character.isWhitespace }
    guard let first = firstIndex(where: { !blank($0) }), let last = lastIndex(where: { !blank($0) }) else { return "" }
    return String(self[first...last])
  }
}

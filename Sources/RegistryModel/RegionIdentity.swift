/// Our own stable number of a kabupaten or kota. Codes stand beside it and may change; this never does.
package struct RegionID: Sendable, Hashable, Comparable, CustomStringConvertible {
  package let value: Int32

  package init(_ value: Int32) throws(ModelError) {
    guard value > 0 else {
      throw ModelError(
        .badIdentifier, field: "region_id", message: "a region id is positive, not \(value)", remedy: "use an id of the registry",
        parameters: ["value": "\(value)"])
    }
    self.value = value
  }

  package static func < (left: RegionID, right: RegionID) -> Bool { left.value < right.value }
  package var description: String { "\(value)" }
}

/// Our own stable number of a province.
package struct ProvinceID: Sendable, Hashable, Comparable, CustomStringConvertible {
  package let value: Int32

  package init(_ value: Int32) throws(ModelError) {
    guard value > 0 else {
      throw ModelError(
        .badIdentifier, field: "province_id", message: "a province id is positive, not \(value)",
        remedy: "use an id of the registry",
        parameters: ["value": "\(value)"])
    }
    self.value = value
  }

  package static func < (left: ProvinceID, right: ProvinceID) -> Bool { left.value < right.value }
  package var description: String { "\(value)" }
}

package enum RegionKind: String, Word {
  package static let wordField = "kind"

  case kabupaten, kota

  /// The first word of an official name.
  package var word: String { self == .kota ? "Kota" : "Kabupaten" }
}

/// Who gave a code. The two systems differ for 199 of 514 regions, so a code without its system names nothing.
package enum CodeSystem: String, Sendable, CaseIterable {
  case kemendagri, bps

  package init(word: String) throws(ModelError) {
    guard let system = CodeSystem(rawValue: word) else {
      throw ModelError(
        .unknownCodeSystem, field: "system", message: "\"\(word.prefix(40))\" is not a code system",
        remedy: "use kemendagri or bps", parameters: ["value": String(word.prefix(40)), "among": "kemendagri, bps"])
    }
    self = system
  }
}

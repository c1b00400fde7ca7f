/// A kabupaten or kota as it was on one day: its name, codes and province change, its id doesn't.
package struct Region: Sendable, Hashable {
  package let id: RegionID
  package let asOf: CalendarDate
  package let kind: RegionKind
  /// Official, with its kind: `Kota Kediri`.
  package let name: String
  /// `Kediri`; 26 of them are both a kabupaten and a kota.
  package let baseName: String
  /// Kemendagri code on that day.
  package let code: RegionCode
  package let bpsCode: RegionCode?
  package let province: Province
  package let place: Place

  /// - Throws: `KIND_MISMATCH` if name or code say another kind, `BAD_CODE` if a code stands in the wrong place, `EMPTY_TEXT`.
  package init(
    id: RegionID, asOf: CalendarDate, kind: RegionKind, name: String, baseName: String, code: RegionCode,
    bpsCode: RegionCode? = nil,
    province: Province, place: Place = .unknown
  ) throws(ModelError) {
    guard code.kind == kind, NameKey(name).kind == kind else {
      throw ModelError(
        .kindMismatch, field: "kind", message: "\(name) (\(code.text)) is not a \(kind.rawValue)",
        remedy: "let kind, name and code agree", parameters: ["name": name, "code": code.text, "kind": kind.rawValue])
    }
    guard code.system == .kemendagri else { throw RegionCode.bad(code.text, .kemendagri, field: "code") }
    if let bpsCode, bpsCode.system != .bps { throw RegionCode.bad(bpsCode.text, .bps, field: "bps_code") }
    self.id = id
    self.asOf = asOf
    self.kind = kind
    self.name = try name.checkedText(field: "name")
    self.baseName = try baseName.checkedText(field: "base_name")
    self.code = code
    self.bpsCode = bpsCode
    self.province = province
    self.place = place
  }
}

/// A province as it was on one day.
package struct Province: Sendable, Hashable {
  package let id: ProvinceID
  package let name: String
  package let code: ProvinceCode

  package init(id: ProvinceID, name: String, code: ProvinceCode) throws(ModelError) {
    self.id = id
    self.name = try name.checkedText(field: "province.name")
    self.code = code
  }
}

/// Centroid, people and area, as far as they are known.
package struct Place: Sendable, Hashable {
  /// Degrees, north and east positive.
  package let latitude: FixedDecimal?
  package let longitude: FixedDecimal?
  package let population: Int?
  package let areaKm2: FixedDecimal?

  package static let unknown = Place(unchecked: nil, nil, nil, nil)

  package init(latitude: FixedDecimal?, longitude: FixedDecimal?, population: Int?, areaKm2: FixedDecimal?) throws(ModelError) {
    try Self.check(latitude, within: 90, field: "lat")
    try Self.check(longitude, within: 180, field: "lon")
    if (population ?? 0) < 0 || (areaKm2 ?? .zero).isNegative {
      throw ModelError(
        .negativeCount, field: "population", message: "people and area are not negative", remedy: "correct the row",
        parameters: ["population": "\(population ?? 0)", "area_km2": "\(areaKm2 ?? .zero)"])
    }
    self.init(unchecked: latitude, longitude, population, areaKm2)
  }

  private init(unchecked latitude: FixedDecimal?, _ longitude: FixedDecimal?, _ population: Int?, _ areaKm2: FixedDecimal?) {
    self.latitude = latitude
    self.longitude = longitude
    self.population = population
    self.areaKm2 = areaKm2
  }

  private static func check(_ degrees: FixedDecimal?, within bound: Int32, field: String) throws(ModelError) {
    guard let degrees, degrees > FixedDecimal(whole: bound) || degrees < FixedDecimal(whole: -bound) else { return }
    throw ModelError(
      .outOfScale, field: field, message: "\(degrees) degrees lie outside ±\(bound)", remedy: "give degrees with a dot",
      parameters: ["value": "\(degrees)", "bound": "\(bound)"])
  }
}

internal import PostgresClient
internal import RegistryModel

// Reading rows as values of the model. A value that the model refuses is a fault of the data and becomes `internal`.
extension PostgresRow {
  func optional<Value: PostgresDecodable>(_ column: PostgresColumn, as: Value.Type = Value.self) throws(PostgresError) -> Value? {
    let value: Value? = try self[column]
    return value
  }

  func word<Value: Word>(_ column: PostgresColumn, as: Value.Type = Value.self) throws -> Value {
    try Value(word: try string(column))
  }

  func optionalWord<Value: Word>(_ column: PostgresColumn, as: Value.Type = Value.self) throws -> Value? {
    let text: String? = try self[column]
    return try text.map { try Value(word: $0) }
  }

  func regionID(_ column: PostgresColumn) throws -> RegionID {
    let number: Int32 = try self[column]
    return try RegionID(number)
  }

  func provinceID(_ column: PostgresColumn) throws -> ProvinceID {
    let number: Int32 = try self[column]
    return try ProvinceID(number)
  }

  /// A stored score: ten-thousandths, shown with two decimals at least.
  func score(_ column: PostgresColumn) throws -> FixedDecimal? {
    let stored: Int64? = try self[column]
    return try stored.map { try FixedDecimal(stored: $0) }
  }

  func day(_ column: PostgresColumn) throws -> CalendarDate? {
    let date: PostgresDate? = try self[column]
    return try date.flatMap { try CalendarDate($0) }
  }

  func moment(_ column: PostgresColumn) throws -> Moment {
    Moment(unixMicroseconds: try timestamp(column).unixMicroseconds)
  }

  func validity(_ from: PostgresColumn = "valid_from", _ to: PostgresColumn = "valid_to") throws -> DatedRange {
    try DatedRange(from: try day(from), to: try day(to))
  }

  func provenance(note: PostgresColumn? = nil) throws -> ProvenanceRecord {
    ProvenanceRecord(
      source: try self["source"], certainty: try word("certainty"), note: try note.flatMap { (column) throws in try self[column] }
    )
  }

  func name(_ prefix: String = "name") throws -> Localized {
    try Localized(id: try string(.name("\(prefix)_id")), en: try string(.name("\(prefix)_en")))
  }
}

extension FixedDecimal {
  /// Ten-thousandths as they were written: published scores have two decimals, and zeros after those say nothing.
  init(stored: Int64) throws(ModelError) {
    let short = try FixedDecimal(tenThousandths: stored).normalized
    self = short.scale >= 2 ? short : try FixedDecimal(units: stored / 100, scale: 2)
  }
}

extension CalendarDate {
  /// Nil for the ends of time, which the database writes for an open range.
  init?(_ date: PostgresDate) throws(ModelError) {
    guard date.daysSince2000 != .min, date.daysSince2000 != .max else { return nil }
    let (year, month, day) = date.civil
    try self.init(year: year, month: month, day: day)
  }

  var value: PostgresValue {
    PostgresDate(year: year, month: month, day: day).map { .date($0) } ?? .null
  }
}

extension PostgresValue {
  static func optional(_ text: String?) -> PostgresValue { text.map { .text($0) } ?? .null }
  static func optional(_ number: Int?) -> PostgresValue { number.map { .int8(Int64($0)) } ?? .null }
}

extension Moment {
  /// RFC 3339 in UTC.
  package var text: String { PostgresTimestamp(unixMicroseconds: unixMicroseconds).description }
}

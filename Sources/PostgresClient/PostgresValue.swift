/// A value on its way to the server, NULL included.
///
/// The server infers each parameter's type from the SQL, so numbers and arrays travel as text, which every numeric
/// width accepts; bytes, uuids, dates and instants travel in binary and need a placeholder of just that type.
package enum PostgresValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case int4(Int32)
  case int8(Int64)
  case double(Double)
  /// Any type with a text form. Must not hold the character NUL.
  case text(String)
  case bytea([UInt8])
  /// For json and jsonb.
  case json(String)
  /// 16 bytes in network order.
  case uuid(PostgresUUID)
  case date(PostgresDate)
  /// For timestamptz (or timestamp, read as UTC).
  case timestamp(PostgresTimestamp)
  case boolArray([Bool?])
  case int4Array([Int32?])
  case int8Array([Int64?])
  case doubleArray([Double?])
  case textArray([String?])
  case uuidArray([PostgresUUID?])
  case dateArray([PostgresDate?])

  /// Text on the wire ends at NUL: such a value would arrive cut short.
  var holdsNul: Bool {
    switch self {
    case .text(let text), .json(let text): text.utf8.contains(0)
    case .textArray(let texts): texts.contains { $0?.utf8.contains(0) ?? false }
    default: false
    }
  }
}

/// The 16 bytes of a uuid in network order.
package struct PostgresUUID: Sendable, Hashable, CustomStringConvertible {
  package let high: UInt64
  package let low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Nil unless there are just 16 bytes.
  package init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 16 else { return nil }
    high = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    low = bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  package var bytes: [UInt8] {
    [high, low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } }
  }

  /// 8-4-4-4-12 lower-case hexadecimal digits.
  package var description: String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for (index, byte) in bytes.enumerated() {
      if [4, 6, 8, 10].contains(index) { text.append(UInt8(ascii: "-")) }
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}

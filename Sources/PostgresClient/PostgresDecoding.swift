internal import CPostgres

/// A type that can be read from a cell.
package protocol PostgresDecodable {
  static func decode(_ cell: PostgresCell) throws(PostgresError) -> Self
}

/// The bytes of one cell while a row is read; never kept.
package struct PostgresCell {
  /// Nil for NULL.
  let bytes: UnsafeRawBufferPointer?
  /// The type's number in pg_type.
  let type: UInt32
  /// Results of scripts are text, all others binary.
  let isText: Bool
  let column: Int

  func present(as wanted: Any.Type) throws(PostgresError) -> UnsafeRawBufferPointer {
    guard let bytes else { throw .misuse("Column \(column) is NULL; read it as \(wanted)?.") }
    return bytes
  }

  func mismatch(_ wanted: Any.Type) -> PostgresError {
    .misuse("Column \(column) of type \(type)\(isText ? " in text form" : "") cannot be read as \(wanted).")
  }

  /// The text of a cell in text form.
  func text(as wanted: Any.Type) throws(PostgresError) -> String {
    String(decoding: try present(as: wanted), as: UTF8.self)
  }
}

/// Numbers of types in pg_type, fixed for all time.
enum TypeNumber {
  static let bool: UInt32 = 16
  static let bytea: UInt32 = 17
  static let int8: UInt32 = 20
  static let int2: UInt32 = 21
  static let int4: UInt32 = 23
  static let oid: UInt32 = 26
  static let float4: UInt32 = 700
  static let float8: UInt32 = 701
  static let date: UInt32 = 1082
  static let timestamp: UInt32 = 1114
  static let timestamptz: UInt32 = 1184
  static let uuid: UInt32 = 2950
  static let jsonb: UInt32 = 3802
  /// char, name, text, json, xml, unknown, bpchar, varchar and cstring look the same in both forms; enums, whose
  /// numbers are not fixed, do too.
  static let plainText: Set<UInt32> = [18, 19, 25, 114, 142, 705, 1042, 1043, 2275]
  /// From here on types are the database's own.
  static let firstUserDefined: UInt32 = 16_384
}

extension UnsafeRawBufferPointer {
  /// A big-endian number at a place; the caller knows that it is there.
  func bigEndian<Word: FixedWidthInteger>(_ offset: Int = 0, as word: Word.Type = Word.self) -> Word {
    Word(bigEndian: loadUnaligned(fromByteOffset: offset, as: Word.self))
  }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
  package static func decode(_ cell: PostgresCell) throws(PostgresError) -> Wrapped? {
    cell.bytes == nil ? nil : try Wrapped.decode(cell)
  }
}

extension Int64: PostgresDecodable {
  package static func decode(_ cell: PostgresCell) throws(PostgresError) -> Int64 {
    let bytes = try cell.present(as: Self.self)
    if cell.isText {
      guard let value = Int64(try cell.text(as: Self.self)) else { throw cell.mismatch(Self.self) }
      return value
    }
    switch (cell.type, bytes.count) {
    case (TypeNumber.int8, 8): return bytes.bigEndian()
    case (TypeNumber.int4, 4): return Int64(bytes.bigEndian(as: Int32.self))
    case (TypeNumber.int2, 2): return Int64(bytes.bigEndian(as: Int16.self))
    case (TypeNumber.oid, 4): return Int64(bytes.bigEndian(as: UInt32.self))
    default: throw cell.mismatch(Self.self)
    }
  }
}

extension Int: PostgresDecodable {
  package static func decode(_ cell: PostgresCell) throws(PostgresError) -> Int {
    Int(try Int64.decode(cell))
  }
}

extension Int32: PostgresDecodable {
  package static func decode(_ cell: PostgresCell) throws(PostgresError) -> Int32 {
    guard let value = Int32(exactly: try Int64.decode(cell)) else { throw cell.mismatch(Self.self) }
    return value
  }
}

extension Double: PostgresDecodable {
  package static func decode(_ cell: PostgresCell) throws(PostgresError) -> Double {
    let bytes = try cell.present(as: Self.self)
    if cell.isText {
      guard let value = Double(try cell.text(as: Self.self)) else { throw cell.mismatch(Self.self) }
      return value
    }
    switch (cell.type, bytes.count) {
    case (TypeNumber.float8, 8): return Double(bitPattern: bytes.bigEndian())
    case (TypeNumber.float4, 4): return Double(Float(bitPattern: bytes.bigEndian()))
    default: throw cell.mismatch(Self.self)
    }
  }
}

extension Bool: PostgresDecodable {
  package static func decode(_ cell: PostgresCell) throws(PostgresError) -> Bool {
    let bytes = try cell.present(as: Self.self)
    guard cell.type == TypeNumber.bool, bytes.count == 1 else { throw cell.mismatch(Self.self) }
    return cell.isText ? bytes[0] == UInt8(ascii: "t") : bytes[0] != 0
  }
}

extension String: PostgresDecodable {
  package static func decode(_ cell: PostgresCell) throws(PostgresError) -> String {
    let bytes = try cell.present(as: Self.self)
    if cell.isText || TypeNumber.plainText.contains(cell.type) { return String(decoding: bytes, as: UTF8.self) }
    switch cell.type {
    // One byte says which binary form of jsonb follows; 1 is the only one.
    case TypeNumber.jsonb where bytes.first == 1: return String(decoding: bytes.dropFirst(), as: UTF8.self)
    case TypeNumber.date: return try PostgresDate.decode(cell).description
    case TypeNumber.timestamptz, TypeNumber.timestamp: return try PostgresTimestamp.decode(cell).description
    case TypeNumber.uuid: return try PostgresUUID.decode(cell).description
    case TypeNumber.firstUserDefined...: return String(decoding: bytes, as: UTF8.self)
    default: throw cell.mismatch(Self.self)
    }
  }
}

extension PostgresDate: PostgresDecodable {
  package static func decode(_ cell: PostgresCell) throws(PostgresError) -> PostgresDate {
    let bytes = try cell.present(as: Self.self)
    guard cell.type == TypeNumber.date, !cell.isText, bytes.count == 4 else { throw cell.mismatch(Self.self) }
    return PostgresDate(daysSince2000: bytes.bigEndian())
  }
}

extension PostgresTimestamp: PostgresDecodable {
  package static func decode(_ cell: PostgresCell) throws(PostgresError) -> PostgresTimestamp {
    let bytes = try cell.present(as: Self.self)
    let isInstant = cell.type == TypeNumber.timestamptz || cell.type == TypeNumber.timestamp
    guard isInstant, !cell.isText, bytes.count == 8 else { throw cell.mismatch(Self.self) }
    return PostgresTimestamp(microsecondsSince2000: bytes.bigEndian())
  }
}

extension PostgresUUID: PostgresDecodable {
  package static func decode(_ cell: PostgresCell) throws(PostgresError) -> PostgresUUID {
    let bytes = try cell.present(as: Self.self)
    guard cell.type == TypeNumber.uuid, !cell.isText, bytes.count == 16 else { throw cell.mismatch(Self.self) }
    return PostgresUUID(high: bytes.bigEndian(), low: bytes.bigEndian(8))
  }
}

/// bytea gives its bytes, every other type its elements from a one-dimensional array.
extension Array: PostgresDecodable where Element: PostgresDecodable {
  package static func decode(_ cell: PostgresCell) throws(PostgresError) -> [Element] {
    let bytes = try cell.present(as: Self.self)
    guard !cell.isText else { throw cell.mismatch(Self.self) }
    if cell.type == TypeNumber.bytea {
      guard let content = [UInt8](bytes) as? [Element] else { throw cell.mismatch(Self.self) }
      return content
    }
    return try arrayElements(bytes, cell)
  }

  // The binary form of arrays (array_send): dimensions, has-NULLs flag, element type, then per dimension length and
  // lower bound, then per element its length (-1 for NULL) and bytes.
  private static func arrayElements(_ bytes: UnsafeRawBufferPointer, _ cell: PostgresCell) throws(PostgresError) -> [Element] {
    guard bytes.count >= 12 else { throw cell.mismatch(Self.self) }
    let dimensions: Int32 = bytes.bigEndian()
    if dimensions == 0 { return [] }
    guard dimensions == 1, bytes.count >= 20 else { throw cell.mismatch(Self.self) }
    let elementType: UInt32 = bytes.bigEndian(8)
    let count = Int(bytes.bigEndian(12, as: Int32.self))
    var elements: [Element] = []
    // Each element has at least its length: a count that lies reserves no more than the bytes that came.
    elements.reserveCapacity(Swift.max(0, Swift.min(count, bytes.count / 4)))
    var offset = 20
    for _ in 0..<count {
      guard offset + 4 <= bytes.count else { throw cell.mismatch(Self.self) }
      let length = Int(bytes.bigEndian(offset, as: Int32.self))
      offset += 4
      guard offset + Swift.max(length, 0) <= bytes.count else { throw cell.mismatch(Self.self) }
      let content = length < 0 ? nil : UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length])
      elements.append(try Element.decode(PostgresCell(bytes: content, type: elementType, isText: false, column: cell.column)))
      offset += Swift.max(length, 0)
    }
    return elements
  }
}

/// Elements of bytea only.
extension UInt8: PostgresDecodable {
  package static func decode(_ cell: PostgresCell) throws(PostgresError) -> UInt8 {
    throw cell.mismatch(Self.self)
  }
}

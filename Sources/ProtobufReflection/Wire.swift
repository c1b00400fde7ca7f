/// A value of protobuf's wire form.
enum WireValue: Sendable, Equatable {
  case varint(UInt64)
  case fixed64(UInt64)
  case fixed32(UInt32)
  case bytes(ArraySlice<UInt8>)

  /// The lowest three bits of a tag.
  var type: UInt8 {
    switch self {
    case .varint: 0
    case .fixed64: 1
    case .bytes: 2
    case .fixed32: 5
    }
  }
}

/// Writes protobuf's wire form.
struct WireWriter {
  private(set) var bytes: [UInt8] = []

  mutating func write(_ number: Int32, _ value: WireValue) {
    writeVarint(UInt64(number) << 3 | UInt64(value.type))
    writeUntagged(value)
  }

  mutating func write(_ number: Int32, _ content: [UInt8]) {
    write(number, .bytes(content[...]))
  }

  mutating func writeUntagged(_ value: WireValue) {
    switch value {
    case .varint(let number): writeVarint(number)
    case .fixed64(let number): withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    case .fixed32(let number): withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    case .bytes(let content):
      writeVarint(UInt64(content.count))
      bytes += content
    }
  }

  private mutating func writeVarint(_ number: UInt64) {
    var rest = number
    while rest > 127 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}

/// Reads protobuf's wire form.
struct WireReader {
  private var bytes: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
  }

  var isAtEnd: Bool { bytes.isEmpty }

  /// The next field; groups are skipped. nil: the end.
  mutating func next() throws(CodecFault) -> (number: Int32, value: WireValue)? {
    while !bytes.isEmpty {
      let (number, type) = try tag()
      if type == 3 {
        try skipGroup(number, depth: 1)
      } else {
        return (number, try value(type))
      }
    }
    return nil
  }

  private mutating func tag() throws(CodecFault) -> (Int32, UInt8) {
    let tag = try varint()
    guard tag <= UInt64(UInt32.max), tag >> 3 > 0 else { throw Self.fault("a field number out of range") }
    return (Int32(tag >> 3), UInt8(tag & 7))
  }

  private mutating func skipGroup(_ number: Int32, depth: Int) throws(CodecFault) {
    guard depth <= JSONCodec.depthMax else { throw CodecFault(.tooDeep, ["max": "\(JSONCodec.depthMax)"]) }
    while true {
      let (inner, type) = try tag()
      switch type {
      case 3: try skipGroup(inner, depth: depth + 1)
      case 4:
        guard inner == number else { throw Self.fault("a group that ends as another") }
        return
      default: _ = try value(type)
      }
    }
  }

  /// - Parameter type: the lowest three bits of the tag.
  mutating func value(_ type: UInt8) throws(CodecFault) -> WireValue {
    switch type {
    case 0: return .varint(try varint())
    case 1: return .fixed64(try take(8).reversed().reduce(0) { $0 << 8 | UInt64($1) })
    case 2:
      let length = try varint()
      guard length <= UInt64(bytes.count) else { throw Self.fault("a field that is cut short") }
      return .bytes(try take(Int(length)))
    case 5: return .fixed32(try take(4).reversed().reduce(0) { $0 << 8 | UInt32($1) })
    default: throw Self.fault("a wire type that does not exist here")
    }
  }

  private mutating func take(_ count: Int) throws(CodecFault) -> ArraySlice<UInt8> {
    guard bytes.count >= count else { throw Self.fault("a field that is cut short") }
    defer { bytes = bytes.dropFirst(count) }
    return bytes.prefix(count)
  }

  private mutating func varint() throws(CodecFault) -> UInt64 {
    var number: UInt64 = 0
    for shift in stride(from: UInt64(0), through: 63, by: 7) {
      guard let byte = bytes.popFirst() else { throw Self.fault("a field that is cut short") }
      guard shift < 63 || byte <= 1 else { break }
      number |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return number }
    }
    throw Self.fault("a number of more than 64 bits")
  }

  private static func fault(_ what: String) -> CodecFault { CodecFault(.messageMalformed, ["what": what]) }
}

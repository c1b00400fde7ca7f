internal import LontarWire
internal import NIOCore

/// The bytes of a frame log, as `proto/OBSERVING.md` says. All numbers are big endian.
enum FrameLogFormat {
  static let magic: [UInt8] = Array("LONTARFL".utf8)
  static let version: UInt8 = 1
  /// Magic, version, flags, two zeros, u64 nanoseconds since 1970.
  static let headBytes = 20
  /// u8 kind, u32 length of the body, u32 CRC-32 of kind and body.
  static let recordHeadBytes = 9
  /// A frame's record has less: 64 KiB of payload, 12 of header, an id of at most 255, 12 before it.
  static let bodyBytesMax = 128 * 1024
  /// What is kept of a payload, where payloads are kept.
  static let payloadKeptMax = 64 * 1024
  /// More than the control part of any frame.
  static let controlKeptMax = 16 * 1024

  enum Kind: UInt8 {
    case opened = 1
    case frame = 2
    case closed = 3
    case dropped = 4
    case unreadable = 5
  }

  /// How much of a frame's payload a record has.
  enum Keeping: UInt8 {
    /// The control part, secrets as zeros.
    case control = 0
    /// The payload, up to `payloadKeptMax`.
    case payload = 1
    /// Nothing: the control part could not be told from the rest.
    case nothing = 2
  }

  static func head(keepsPayloads: Bool, now: UInt64) -> ByteBuffer {
    var buffer = ByteBuffer(bytes: magic)
    buffer.writeMultipleIntegers(version, UInt8(keepsPayloads ? 1 : 0), UInt16(0), now)
    return buffer
  }

  static func write(_ kind: Kind, to buffer: inout ByteBuffer, _ body: (inout ByteBuffer) -> Void) {
    let start = buffer.writerIndex
    buffer.writeMultipleIntegers(kind.rawValue, UInt32(0), UInt32(0))
    body(&buffer)
    let length = buffer.writerIndex - start - recordHeadBytes
    buffer.setInteger(UInt32(length), at: start + 1)
    let bytes = buffer.viewBytes(at: start + recordHeadBytes, length: length)!
    buffer.setInteger(CRC32.checksum(kind.rawValue, bytes), at: start + 5)
  }
}

/// CRC-32 as in IEEE 802.3 and zlib (polynomial 0xEDB88320 reflected).
enum CRC32 {
  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
  }

  /// Of a byte and those that follow it.
  static func checksum(_ first: UInt8, _ rest: ByteBufferView) -> UInt32 {
    func step(_ sum: UInt32, _ byte: UInt8) -> UInt32 {
      table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] ^ (sum >> 8)
    }
    return ~rest.reduce(step(0xFFFF_FFFF, first), step)
  }
}

package import NIOCore

/// The kind of a frame: byte 3 of its header.
package enum FrameType: UInt8, Sendable, CaseIterable {
  case hello = 0x01
  case open = 0x02
  case head = 0x03
  case message = 0x04
  case status = 0x05
  case reset = 0x06
  case credit = 0x07
  case maxCalls = 0x08
  case ping = 0x09
  case goAway = 0x0A
  case blocked = 0x0B
  case hint = 0x0C
}

/// Byte 8 of the header. Bits not named here must be zero.
package struct FrameFlags: OptionSet, Sendable, Hashable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The sender half-closes its side of the stream.
  package static let end = FrameFlags(rawValue: 0x01)
  /// The message continues in the next MSG frame of this stream.
  package static let more = FrameFlags(rawValue: 0x02)
  /// A whole message follows the control part of OPEN or STATUS.
  package static let inline = FrameFlags(rawValue: 0x04)
  /// This PING answers one.
  package static let ack = FrameFlags(rawValue: 0x08)
  /// The sender of RESET did nothing for this call: sending it again is safe.
  package static let notProcessed = FrameFlags(rawValue: 0x10)
  /// A receiver that does not know the type skips the frame instead of ending the connection.
  package static let ignorable = FrameFlags(rawValue: 0x80)

  static let known: FrameFlags = [.end, .more, .inline, .ack, .notProcessed, .ignorable]
}

/// The 12 bytes before each payload, big endian: length 24, type 8, reserved 1, stream 31, flags 8, codec 8, zero 16.
package struct FrameHeader: Sendable, Equatable {
  package static let bytes = 12

  package var payloadBytes: Int
  package var rawType: UInt8
  package var stream: UInt32
  package var flags: FrameFlags
  package var codec: UInt8

  package init(payloadBytes: Int, type: FrameType, stream: UInt32, flags: FrameFlags = [], codec: UInt8 = 0) {
    self.payloadBytes = payloadBytes
    self.rawType = type.rawValue
    self.stream = stream
    self.flags = flags
    self.codec = codec
  }

  /// Takes the header apart. Nothing is consumed; bits that must be zero are checked.
  init(first: UInt64, last: UInt32) throws(WireError) {
    payloadBytes = Int(first >> 40)
    rawType = UInt8(truncatingIfNeeded: first >> 32)
    let stream = UInt32(truncatingIfNeeded: first)
    guard stream & 0x8000_0000 == 0 else { throw WireError(.protocolError, "the reserved bit of a frame's stream number is set") }
    self.stream = stream
    flags = FrameFlags(rawValue: UInt8(truncatingIfNeeded: last >> 24))
    codec = UInt8(truncatingIfNeeded: last >> 16)
    guard last & 0xFFFF == 0 else { throw WireError(.protocolError, "bytes 10 and 11 of a frame header are not zero") }
    guard flags.subtracting(.known).isEmpty else { throw WireError(.protocolError, "a frame has unknown flags") }
  }

  var packed: (first: UInt64, last: UInt32) {
    let first = UInt64(payloadBytes) << 40 | UInt64(rawType) << 32 | UInt64(stream)
    let last = UInt32(flags.rawValue) << 24 | UInt32(codec) << 16
    return (first, last)
  }
}

extension ByteBuffer {
  /// Writes a frame header.
  package mutating func writeFrameHeader(_ header: FrameHeader) {
    let packed = header.packed
    writeMultipleIntegers(packed.first, packed.last)
  }
}

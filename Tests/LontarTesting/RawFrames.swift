internal import LontarWire

/// What a raw client says, right or wrong.
package enum RawFrames {
  /// A header with any values, and no payload.
  package static func header(_ bytes: Int, _ type: UInt8, _ stream: UInt32, flags: UInt8 = 0, codec: UInt8 = 0) -> [UInt8] {
    [
      UInt8(bytes >> 16), UInt8(bytes >> 8 & 0xFF), UInt8(bytes & 0xFF), type, UInt8(stream >> 24), UInt8(stream >> 16 & 0xFF),
      UInt8(stream >> 8 & 0xFF), UInt8(stream & 0xFF), flags, codec, 0, 0,
    ]
  }

  package static func frame(_ type: UInt8, _ stream: UInt32, flags: UInt8 = 0, codec: UInt8 = 0, _ payload: [UInt8]) -> [UInt8] {
    header(payload.count, type, stream, flags: flags, codec: codec) + payload
  }

  /// Preface and HELLO of a client that takes any environment.
  /// - Parameter streamCredit: what the server may send on each stream; nil: the default.
  package static func greeting(streamCredit: UInt64? = nil) -> [UInt8] {
    let credit = streamCredit.map { [0, 7, 0, 8] + number($0) } ?? []
    return FrameDecoder.preface + frame(0x01, 0, [0, 1, 0, 4, 0, 1, 0, 1] + credit)
  }

  /// OPEN, with the first message inline if there is one.
  package static func open(
    _ stream: UInt32, _ method: String, nanoseconds: UInt64? = nil, message: [UInt8]? = nil, end: Bool = true, codec: UInt8 = 0
  ) -> [UInt8] {
    let start: [UInt8] = [nanoseconds == nil ? 0 : 1, 1, 0, UInt8(method.utf8.count)] + Array(method.utf8)
    let payload = start + (nanoseconds.map(number) ?? []) + (message ?? [])
    return frame(0x02, stream, flags: (end ? 1 : 0) | (message == nil ? 0 : 4), codec: codec, payload)
  }

  /// MSG with a whole message.
  package static func message(_ stream: UInt32, _ bytes: [UInt8], end: Bool = false) -> [UInt8] {
    let count = [UInt8](number(UInt64(bytes.count)).suffix(4))
    return frame(0x04, stream, flags: end ? 1 : 0, count + count + bytes)
  }

  /// Eight bytes, big endian.
  package static func number(_ value: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) }
  }
}

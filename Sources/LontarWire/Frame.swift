package import NIOCore

/// A decoded frame. Payload bytes are slices of what was read; nothing is copied.
package enum Frame: Sendable, Equatable {
  case hello(Hello)
  /// `message` is the inline message; `codec` its compression.
  case open(stream: UInt32, OpenFrame, message: ByteBuffer?, codec: UInt8, end: Bool)
  case head(stream: UInt32, MetadataBlock)
  /// `bytes` still starts with the two lengths if this is a first fragment: only the stream knows.
  case message(stream: UInt32, bytes: ByteBuffer, codec: UInt8, more: Bool, end: Bool)
  case status(stream: UInt32, StatusFrame, message: ByteBuffer?, codec: UInt8)
  case reset(stream: UInt32, code: UInt32, reason: String, notProcessed: Bool)
  /// Stream 0: the connection.
  case credit(stream: UInt32, offset: UInt64)
  case maxCalls(UInt64)
  case ping(UInt64, ack: Bool)
  case goAway(lastStream: UInt32, code: UInt32, reason: String, final: Bool)
  case blocked(BlockedNotice)
  case hint(OverloadHint)
  /// Unknown types that say they may be skipped, and notices of a kind that this version does not know.
  case ignorable(type: UInt8)
}

extension Frame {
  /// Makes a frame of a checked header and its whole payload.
  init(_ header: FrameHeader, type: FrameType, payload: ByteBuffer, limits: WireLimits) throws(WireError) {
    var payload = payload
    let flags = header.flags
    switch type {
    case .hello:
      self = .hello(try Hello.read(from: payload))
    case .open:
      let open = try OpenFrame.read(from: &payload, limits: limits)
      let message = try Self.inlineMessage(payload, flags, header.codec, "OPEN")
      self = .open(stream: header.stream, open, message: message, codec: header.codec, end: flags.contains(.end))
    case .head:
      let metadata = try MetadataBlock.read(from: &payload, limits: limits)
      try Self.requireEmpty(payload, "HEAD")
      self = .head(stream: header.stream, metadata)
    case .message:
      self = .message(
        stream: header.stream, bytes: payload, codec: header.codec, more: flags.contains(.more), end: flags.contains(.end))
    case .status:
      let status = try StatusFrame.read(from: &payload, limits: limits)
      let message = try Self.inlineMessage(payload, flags, header.codec, "STATUS")
      self = .status(stream: header.stream, status, message: message, codec: header.codec)
    case .reset:
      guard let code = payload.readInteger(as: UInt32.self) else { throw WireError(.protocolError, "RESET is cut short") }
      self = .reset(stream: header.stream, code: code, reason: payload.takeText(), notProcessed: flags.contains(.notProcessed))
    case .credit:
      self = .credit(stream: header.stream, offset: try Self.word(&payload, "CREDIT"))
    case .maxCalls:
      self = .maxCalls(try Self.word(&payload, "MAX_CALLS"))
    case .ping:
      self = .ping(try Self.word(&payload, "PING"), ack: flags.contains(.ack))
    case .goAway:
      guard let (last, code, final, zero) = payload.readMultipleIntegers(as: (UInt32, UInt32, UInt8, UInt8).self), final <= 1,
        zero == 0, last & 0x8000_0000 == 0
      else { throw WireError(.protocolError, "GOAWAY is cut short or has bits set that must be zero") }
      self = .goAway(lastStream: last, code: code, reason: payload.takeText(), final: final == 1)
    case .blocked:
      self = BlockedNotice.read(from: payload, stream: header.stream).map { .blocked($0) } ?? .ignorable(type: header.rawType)
    case .hint:
      self = OverloadHint.read(from: payload).map { .hint($0) } ?? .ignorable(type: header.rawType)
    }
  }

  private static func word(_ payload: inout ByteBuffer, _ name: String) throws(WireError) -> UInt64 {
    guard let value = payload.readInteger(as: UInt64.self), payload.readableBytes == 0 else {
      throw WireError(.protocolError, "\(name) must have 8 bytes")
    }
    return value
  }

  private static func inlineMessage(
    _ rest: ByteBuffer, _ flags: FrameFlags, _ codec: UInt8, _ name: String
  ) throws(WireError) -> ByteBuffer? {
    if flags.contains(.inline) { return rest }
    try requireEmpty(rest, name)
    guard codec == 0 else { throw WireError(.protocolError, "\(name) names a codec but has no message") }
    return nil
  }

  private static func requireEmpty(_ rest: ByteBuffer, _ name: String) throws(WireError) {
    guard rest.readableBytes == 0 else { throw WireError(.protocolError, "\(name) has bytes behind its end") }
  }
}

extension ByteBuffer {
  /// The rest as text; bytes that are not UTF-8 are repaired.
  fileprivate mutating func takeText() -> String {
    String(decoding: readableBytesView, as: UTF8.self)
  }
}

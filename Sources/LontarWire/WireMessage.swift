package import NIOCore

/// A message as it travels: its bytes, and what they become without their codec.
package struct WireMessage: Sendable, Equatable {
  package var bytes: ByteBuffer
  /// What the message has when it is not compressed.
  package var plainBytes: UInt32
  /// 0: as it is.
  package var codec: UInt8

  /// A message that is not compressed.
  package init(_ bytes: ByteBuffer) {
    self.bytes = bytes
    plainBytes = UInt32(clamping: bytes.readableBytes)
    codec = 0
  }

  package init(_ bytes: ByteBuffer, codec: UInt8, plainBytes: Int) {
    self.bytes = bytes
    self.codec = codec
    self.plainBytes = UInt32(clamping: plainBytes)
  }

  package var readableBytes: Int { bytes.readableBytes }

  /// What it has inside OPEN or STATUS: a compressed one states its plain length first.
  var inlineBytes: Int { codec == 0 ? bytes.readableBytes : 4 + bytes.readableBytes }

  func writeInline(to buffer: inout ByteBuffer) {
    if codec != 0 { buffer.writeInteger(plainBytes) }
    buffer.writeInPieces(bytes, count: bytes.readableBytes)
  }

  /// Takes what came inside OPEN or STATUS.
  static func readInline(_ payload: ByteBuffer, codec: UInt8, limits: WireLimits) throws(StreamFault) -> WireMessage {
    var payload = payload
    guard codec != 0 else {
      let message = WireMessage(payload)
      try message.check(limits)
      return message
    }
    try limits.requireCodec(codec)
    guard let plainBytes = payload.readInteger(as: UInt32.self) else {
      throw StreamFault(.malformed, "a compressed message lacks its length")
    }
    let message = WireMessage(payload, codec: codec, plainBytes: Int(plainBytes))
    try message.check(limits)
    return message
  }

  private func check(_ limits: WireLimits) throws(StreamFault) {
    try limits.check(bytes: bytes.readableBytes, plainBytes: Int(plainBytes), codec: codec)
  }
}

extension WireLimits {
  func requireCodec(_ codec: UInt8) throws(StreamFault) {
    guard codec < 32, codecs >> codec & 1 == 1 else {
      throw StreamFault(.codecUnsupported, "message codec \(codec) is not supported")
    }
  }

  /// What a message's lengths say, checked before anything is allocated for it.
  func check(bytes: Int, plainBytes: Int, codec: UInt8) throws(StreamFault) {
    guard codec != 0 || bytes == plainBytes else {
      throw StreamFault(.malformed, "an uncompressed message states two different lengths")
    }
    guard max(bytes, plainBytes) <= messageBytesMax else {
      throw StreamFault(
        .messageTooLarge, "the message has \(max(bytes, plainBytes)) bytes; at most \(messageBytesMax) are allowed")
    }
    guard plainBytes <= bytes * inflationMax else {
      throw StreamFault(
        .messageTooLarge, "the message would grow from \(bytes) to \(plainBytes) bytes, more than \(inflationMax) times")
    }
  }
}

/// Every bound of the wire in one place. Both sides say theirs in HELLO where the other must know it.
package struct WireLimits: Sendable, Equatable {
  /// Largest payload of one frame with message bytes: with its header it fills one TLS record of 16,384 bytes.
  package var framePayloadBytesMax = 16_372
  /// Largest message, compressed or not; gRPC's default.
  package var messageBytesMax = 4 * 1024 * 1024
  /// Bit n: messages of codec n are taken. Identity alone, unless the upper layer has the others.
  package var codecs: UInt32 = 1
  /// A compressed message may become so many times as long, and no longer than `messageBytesMax`.
  package var inflationMax = 100
  /// All entries of one metadata block as encoded; gRPC's suggestion.
  package var metadataBytesMax = 8 * 1024
  /// Entries in one metadata block: a small map, not a data channel.
  package var metadataEntriesMax = 64
  /// `package.Service/Method`.
  package var methodBytesMax = 255
  /// A status message is for people: two screens.
  package var statusMessageBytesMax = 2 * 1024
  /// google.rpc.Status with its details.
  package var statusDetailsBytesMax = 8 * 1024
  /// A text in RESET or GOAWAY is one line for a log.
  package var reasonBytesMax = 512
  /// HELLO is small and comes before anything else is known.
  package var helloBytesMax = 1024
  /// Message bytes that the peer may send on one stream before we take them.
  package var streamWindowBytes: UInt64 = 256 * 1024
  /// What a stream's window may grow to when the round trips show that it holds the sender back; 0: it keeps its size.
  package var streamWindowBytesMax: UInt64 = 0
  /// What the streams of one connection may grow by in all.
  package var windowGrowthBytesMax: UInt64 = 16 * 1024 * 1024
  /// What messages longer than their stream's window may hold beyond it before they are whole, for all streams of a connection together.
  package var assemblyBytesMax: UInt64 = 16 * 1024 * 1024
  /// Calls that run at once on one connection; a call counts until its handler has finished.
  package var callsMax: UInt64 = 100
  /// Bytes encoded and waiting for the socket before streams have to wait: three full TLS records, whose ciphertext fits 64 KiB.
  package var outboundBytesHigh = 48 * 1024
  /// Control frames that a peer can make us queue while it does not read.
  package var outboundControlFramesMax = 1_000
  /// Message bytes that one stream may hold unsent before its writer has to wait.
  package var streamSendBytesHigh = 64 * 1024
  /// Resets, stream errors and control frames that cost us more than the peer, in `glitchWindowNanoseconds`.
  package var glitchesMax = 200
  package var glitchWindowNanoseconds: UInt64 = 30_000_000_000
  /// What a client sends of those in 30 s; it holds RESETs back beyond that. A server counts in windows of its own and pings count, too.
  package var costlyFramesMax = 150
  /// The last number that a client gives to a stream.
  package var streamNumberMax: UInt32 = 0x7FFF_FFFF
  /// PINGs of a client in a row that come sooner after one another than this, with nothing of a call sent between them.
  package var pingStrikesMax = 2
  package var pingIntervalNanoseconds: UInt64 = 10_000_000_000
  /// Frames of unknown type that say they may be skipped.
  package var unknownFramesMax = 100

  package init() {}

  /// The connection's window: every running call can hold its whole stream window, so a stalled stream blocks no other.
  package var connectionWindowBytes: UInt64 { streamWindowBytes * callsMax }

  /// What OPEN, HEAD and STATUS may always have, however small the frames for message bytes are: one TLS record. The control part of
  /// OPEN has at most 8,502 bytes and HEAD 8,194; a STATUS is cut to this size by its sender.
  static let controlPayloadBytesMax = 16_372

  /// The longest payload that a frame may have; checked before the payload is waited for.
  func payloadBytesMax(of type: FrameType, _ flags: FrameFlags) -> Int {
    switch type {
    case .message: framePayloadBytesMax
    case .open, .status: flags.contains(.inline) ? framePayloadBytesMax : max(framePayloadBytesMax, Self.controlPayloadBytesMax)
    case .head: max(framePayloadBytesMax, Self.controlPayloadBytesMax)
    case .hello: helloBytesMax
    case .reset: 4 + reasonBytesMax
    case .goAway: 10 + reasonBytesMax
    case .credit, .maxCalls, .ping: 8
    case .blocked, .hint: 64
    }
  }
}

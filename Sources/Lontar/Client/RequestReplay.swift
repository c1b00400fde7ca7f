internal import DequeModule
internal import NIOCore

/// The requests of a stream that its call may have to send again: a value without limits of its own.
struct RequestReplay {
  private(set) var messages: Deque<ByteBuffer> = []
  /// Of all messages, as `bytes` counts them.
  private(set) var bytes = 0
  /// False: the call can't be repeated; messages that are still here wait for its first stream.
  private(set) var isKept = true

  /// Nothing that was written is missing.
  var isWhole: Bool { isKept || !messages.isEmpty }

  /// What keeping a message costs: its bytes and its place.
  static func bytes(_ message: ByteBuffer) -> Int { message.readableBytes + 64 }

  mutating func append(_ message: ByteBuffer) {
    messages.append(message)
    if isKept { bytes += Self.bytes(message) }
  }

  /// The call is not repeated any more. Returns the bytes that are no longer counted.
  /// - Parameter isSent: false: they wait for the call's stream.
  mutating func settle(isSent: Bool) -> Int {
    isKept = false
    if isSent { messages = [] }
    defer { bytes = 0 }
    return bytes
  }

  mutating func drop() -> Int { settle(isSent: true) }

  mutating func clear() { messages = [] }
}

internal import DequeModule

/// The requests of a stream that its call may have to send again: a value without limits of its own.
struct RequestReplay {
  private(set) var messages: Deque<OutgoingMessage> = []
  /// Of all messages, as `bytes` counts them.
  private(set) var bytes = 0
  /// False: the call can't be repeated; messages that are still here wait for its first stream.
  private(set) var isKept = true

  /// Nothing that was written is missing.
  var isWhole: Bool { isKept || !messages.isEmpty }

  /// What keeping a message costs: its bytes and its place.
  static func bytes(_ message: OutgoingMessage) -> Int { message.bytes + 64 }

  mutating func append(_ message: OutgoingMessage) {
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

internal import DequeModule
internal import LontarWire
internal import NIOCore

/// The messages of one direction of a call that nobody has taken yet, and who waits for them. Confined to an event loop.
///
/// The continuation is an unsafe one, for a checked one costs an allocation a message: each path that parks a reader ends in `receive`
/// or `finish`, and `finish` is called for every call, at the latest when its handler ends or its connection is lost.
struct Inbox {
  /// All messages there are; nil: the stream has ended well.
  typealias Delivery = Deque<WireMessage>?

  private var messages: Deque<WireMessage> = []
  private var reader: UnsafeContinuation<Delivery, any Error>?
  private var outcome: Result<Void, RPCError>?
  /// So many of the messages have been looked at by `compact`.
  private var settled = 0

  var isEmpty: Bool { messages.isEmpty }
  var hasFinished: Bool { outcome != nil }

  /// What became of a message.
  enum Receipt {
    /// A reader has it.
    case taken
    /// It waits, as the first since `compact` or `take`.
    case first
    case further
  }

  @discardableResult
  mutating func receive(_ message: WireMessage) -> Receipt {
    messages.append(message)
    guard reader == nil else {
      wake()
      return .taken
    }
    return messages.count == settled + 1 ? .first : .further
  }

  /// No more will come; a second end is ignored. What is there can still be taken, and then the error comes.
  mutating func finish(_ end: Result<Void, RPCError>) {
    guard outcome == nil else { return }
    outcome = end
    wake()
  }

  /// Nil: there is nothing yet; park.
  mutating func take() throws(RPCError) -> Delivery? {
    if !messages.isEmpty {
      defer {
        messages = []
        settled = 0
      }
      return .some(messages)
    }
    switch outcome {
    case nil: return nil
    case .success: return .some(nil)
    case .failure(let error): throw error
    }
  }

  /// Waits for the next delivery. Two readers of one stream are a fault of the program, told to the second.
  mutating func park(_ continuation: UnsafeContinuation<Delivery, any Error>) {
    guard reader == nil else {
      continuation.resume(throwing: RPCError(.internalError, "two tasks read one stream at the same time"))
      return
    }
    reader = continuation
    wake()
  }

  /// Has the reader look again, with an empty delivery: its task may have been cancelled.
  mutating func nudge() {
    guard let waiting = reader else { return }
    reader = nil
    waiting.resume(returning: .some([]))
  }

  private mutating func wake() {
    guard let waiting = reader else { return }
    do throws(RPCError) {
      guard let delivery = try take() else { return }
      reader = nil
      waiting.resume(returning: delivery)
    } catch {
      reader = nil
      waiting.resume(throwing: error)
    }
  }

  /// Messages that stay must not keep the reads alive that brought them, where those are more than four times as large. Called at the
  /// end of each read, so that what came in one goes into one copy.
  mutating func compact() {
    defer { settled = messages.count }
    let fresh = settled..<messages.count
    let bytes = fresh.reduce(0) { $0 + messages[$1].readableBytes }
    let storage = fresh.reduce(0) { max($0, messages[$1].bytes.storageCapacity) }
    guard storage > max(1_024, 4 * bytes) else { return }
    var copy = ByteBufferAllocator().buffer(capacity: bytes)
    for index in fresh { copy.writeImmutableBuffer(messages[index].bytes) }
    for index in fresh { messages[index].bytes = copy.readSlice(length: messages[index].readableBytes)! }
  }
}

extension WireMessage {
  /// The same message, in storage of its own if it is a small part of a large read.
  func detached() -> WireMessage {
    guard bytes.storageCapacity > max(1_024, 4 * bytes.readableBytes) else { return self }
    var copy = self
    copy.bytes = ByteBuffer(bytes: bytes.readableBytesView)
    return copy
  }
}

/// Those who wait for room in a call's outbound direction; several tasks may write. Confined to an event loop.
struct WaitingWriters {
  private var waiting: [UnsafeContinuation<Void, any Error>] = []

  mutating func park(_ continuation: UnsafeContinuation<Void, any Error>) {
    waiting.append(continuation)
  }

  mutating func wake(throwing error: RPCError? = nil) {
    guard !waiting.isEmpty else { return }
    let all = waiting
    waiting = []
    for writer in all {
      if let error { writer.resume(throwing: error) } else { writer.resume() }
    }
  }
}

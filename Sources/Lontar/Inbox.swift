internal import DequeModule
internal import NIOCore

/// The messages of one direction of a call that nobody has taken yet, and who waits for them. Confined to an event loop.
///
/// The continuation is an unsafe one, for a checked one costs an allocation a message: each path that parks a reader ends in `receive`
/// or `finish`, and `finish` is called for every call, at the latest when its connection is lost.
struct Inbox {
  /// All messages there are; nil: the stream has ended well.
  typealias Delivery = Deque<ByteBuffer>?

  private var messages: Deque<ByteBuffer> = []
  private var reader: UnsafeContinuation<Delivery, any Error>?
  private var outcome: Result<Void, RPCError>?

  var isEmpty: Bool { messages.isEmpty }
  var hasFinished: Bool { outcome != nil }

  mutating func receive(_ message: ByteBuffer) {
    messages.append(message)
    wake()
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
      defer { messages = [] }
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

  /// Small messages that stay longer must not keep the large reads alive that brought them.
  mutating func compact() {
    guard let first = messages.first, first.storageCapacity > 4_096 else { return }
    let bytes = messages.reduce(0) { $0 + $1.readableBytes }
    guard first.storageCapacity > 4 * bytes else { return }
    var copy = ByteBufferAllocator().buffer(capacity: bytes)
    for message in messages { copy.writeImmutableBuffer(message) }
    for index in messages.indices { messages[index] = copy.readSlice(length: messages[index].readableBytes)! }
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

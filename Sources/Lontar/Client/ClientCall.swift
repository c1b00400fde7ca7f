internal import DequeModule
internal import LontarWire
internal import NIOCore

/// One call on the client. Confined to the client's event loop once it is started.
///
/// Unchecked because it is made on one task and then handed over whole.
final class ClientCall: @unchecked Sendable {
  let frame: OpenFrame
  let message: ByteBuffer
  let isStream: Bool
  let deadline: NIODeadline?
  let waitForReady: Bool
  /// The stream it runs on; nil: it waits, or is over.
  var stream: UInt32?
  /// The connection of that stream: after a drain two connections may number their streams alike.
  weak var connection: ClientChannelHandler?
  /// A server may refuse a call unprocessed (it is shutting down); then it is sent again, once.
  var wasResent = false
  var isOver = false

  /// Unary: who waits for the answer.
  var answer: CheckedContinuation<Result<ByteBuffer, RPCError>, Never>?
  /// Streams: messages that nobody has taken yet, and who waits for them.
  var messages: Deque<ByteBuffer> = []
  var reader: CheckedContinuation<Result<Deque<ByteBuffer>, RPCError>, Never>?
  var outcome: Result<Void, RPCError>?

  init(frame: OpenFrame, message: ByteBuffer, isStream: Bool, deadline: NIODeadline?, waitForReady: Bool) {
    self.frame = frame
    self.message = message
    self.isStream = isStream
    self.deadline = deadline
    self.waitForReady = waitForReady
  }

  /// The OPEN frame with what is left of the deadline by now.
  func openFrame() -> OpenFrame {
    var frame = frame
    frame.timeoutNanoseconds = deadline.map { max(1, $0.remainingNanoseconds) }
    if wasResent { frame.attempt = 2 }
    return frame
  }

  func receive(_ message: ByteBuffer) {
    messages.append(message)
    guard let waiting = reader, isStream else { return }
    reader = nil
    waiting.resume(returning: .success(takeMessages()))
  }

  func takeMessages() -> Deque<ByteBuffer> {
    defer { messages = [] }
    return messages
  }

  /// Ends the call; the second and later ends of a race are ignored.
  func end(_ status: StatusFrame, _ inline: ByteBuffer?) {
    if let inline { messages.append(inline) }
    guard status.code == 0 else { return fail(RPCError(status)) }
    guard !isStream else { return end(.success(())) }
    guard messages.count == 1 else {
      return fail(RPCError(.unimplemented, "the server sent \(messages.count) answers to a call that has one"))
    }
    guard !isOver else { return }
    isOver = true
    answer?.resume(returning: .success(messages[0]))
    answer = nil
  }

  func fail(_ error: RPCError) {
    guard !isOver else { return }
    if isStream { return end(.failure(error)) }
    isOver = true
    answer?.resume(returning: .failure(error))
    answer = nil
  }

  private func end(_ outcome: Result<Void, RPCError>) {
    guard !isOver else { return }
    isOver = true
    self.outcome = outcome
    guard let waiting = reader else { return }
    reader = nil
    switch outcome {
    case .success: waiting.resume(returning: .success(takeMessages()))
    case .failure(let error): waiting.resume(returning: messages.isEmpty ? .failure(error) : .success(takeMessages()))
    }
  }
}

extension RPCError {
  init(_ status: StatusFrame) {
    self.init(
      StatusCode(rawValue: status.code) ?? .unknown, status.message,
      details: status.details.map { ErrorDetails(decoding: $0) } ?? ErrorDetails(), metadata: Metadata(status.metadata),
      pushbackMilliseconds: status.pushbackMilliseconds)
  }

  init(_ fault: StreamFault) {
    self.init(StatusCode(fault), "the server broke the protocol: \(fault.reason)")
  }
}

internal import DequeModule
internal import LontarWire
internal import NIOCore
internal import Synchronization

/// One call on the client. Confined to the client's event loop once it is started.
///
/// Unchecked because it is made on one task and then handed over whole.
final class ClientCall: @unchecked Sendable {
  private let frame: OpenFrame
  let kind: MethodKind
  /// The one request of a unary or server-streaming call.
  let message: OutgoingMessage?
  let deadline: NIODeadline?
  let waitForReady: Bool
  /// The stream it runs on; nil: it waits, or is over.
  var stream: UInt32?
  /// The connection of that stream: after a drain two connections may number their streams alike.
  var link: ClientLink?
  /// Nil: nobody measures or traces.
  var telemetry: CallTelemetry?
  /// Of a call with streams, the outermost first.
  var observers: [any CallObserver] = []
  /// Its place in the client's list of live calls.
  var index = -1
  let plan: MethodPlan?
  /// When its policy no longer repeats it.
  let retryEnd: NIODeadline?
  /// Attempts that its policy counts.
  var attempts = 1
  /// A server may refuse a call unprocessed (it is shutting down); then it is sent again at once, once. This connection did.
  var refusedBy: ObjectIdentifier?
  /// Set once: nothing that comes later counts.
  private(set) var isOver = false
  private(set) var initialMetadata = MetadataBlock.empty
  private(set) var trailingMetadata = MetadataBlock.empty
  /// The caller may look at the trailing metadata: it will not change any more.
  let endIsKnown = Atomic<Bool>(false)
  /// Messages came or HEAD did: initial metadata will not change any more.
  private var headIsKnown = false
  private var headReaders = WaitingWriters()

  /// Unary: who waits for the answer. Unsafe, because a checked one costs an allocation a call: each call that is started ends in
  /// `end` or `fail`, at the latest when its connection is lost or its client shut down.
  private var answer: UnsafeContinuation<Result<WireMessage, RPCError>, Never>?
  /// The messages of the other kinds; of unary calls what came before the status.
  var inbox = Inbox()
  var writers = WaitingWriters()
  /// Requests of a stream that came before the call had one, or may have to be sent again.
  private(set) var requests = RequestReplay()
  private(set) var hasHalfClosed: Bool
  private var ending: RPCError?

  init(
    frame: OpenFrame, kind: MethodKind, message: OutgoingMessage?, deadline: NIODeadline?, waitForReady: Bool,
    plan: MethodPlan? = nil
  ) {
    self.frame = frame
    self.plan = plan
    retryEnd = plan?.retry?.lastsMax.map { NIODeadline.after(nanoseconds: $0.clampedNanoseconds) }
    self.kind = kind
    self.message = message
    self.deadline = deadline
    self.waitForReady = waitForReady
    hasHalfClosed = kind.takesOneRequest
  }

  /// The OPEN frame with what is left of the deadline by now.
  func openFrame() -> OpenFrame {
    var frame = frame
    frame.timeoutNanoseconds = deadline.map { max(1, $0.remainingNanoseconds) }
    let repetitions = attempts - 1 + (refusedBy == nil ? 0 : 1)
    if repetitions > 0 { frame.attempt = UInt8(clamping: Int(frame.attempt) + repetitions) }
    return frame
  }

  /// Of those that are to be sent as soon as it has a stream.
  var longestRequestBytes: Int? {
    kind.takesOneRequest ? message?.plain.readableBytes : requests.messages.lazy.map(\.plain.readableBytes).max()
  }

  func wait(_ continuation: UnsafeContinuation<Result<WireMessage, RPCError>, Never>) {
    // Its task was cancelled before it came here.
    if let ending { return continuation.resume(returning: .failure(ending)) }
    answer = continuation
  }

  // MARK: From the server

  func receiveHead(_ metadata: MetadataBlock) {
    initialMetadata = metadata
    knowHead()
  }

  @discardableResult
  func receive(_ message: WireMessage) -> Inbox.Receipt {
    knowHead()
    telemetry?.traffic.received += message.readableBytes
    for observer in observers { observer.answerReceived(bytes: message.readableBytes) }
    return inbox.receive(message)
  }

  private func tellEnd(_ error: RPCError?) {
    telemetry?.ended(error)
    for observer in observers.reversed() { observer.ended(error) }
    observers = []
  }

  private func knowHead() {
    guard !headIsKnown else { return }
    headIsKnown = true
    headReaders.wake()
    // From here on it is not repeated.
    if !kind.takesOneRequest, let core = link?.owner { dropRequests(core) }
  }

  /// What was sent need not be sent again.
  func dropRequests(_ core: ClientCore) {
    if !kind.takesOneRequest { core.replayBytes -= requests.drop() }
  }

  /// Ends the call; the second and later ends of a race are ignored.
  func end(_ status: StatusFrame, _ inline: WireMessage?) {
    guard !isOver else { return }
    trailingMetadata = status.metadata
    guard status.code == 0 else { return fail(RPCError(status), trailing: status.metadata) }
    if kind == .unary, inbox.isEmpty, let inline {
      isOver = true
      telemetry?.traffic.received += inline.readableBytes
      tellEnd(nil)
      answer?.resume(returning: .success(inline))
      answer = nil
      knowHead()
      return
    }
    if let inline { receive(inline) }
    isOver = true
    endIsKnown.store(true, ordering: .releasing)
    knowHead()
    writers.wake(throwing: Self.answeredError)
    inbox.finish(.success(()))
    let result = kind == .unary ? Result { () throws(RPCError) in try takeOnlyMessage() } : nil
    if case .failure(let error) = result { tellEnd(error) } else { tellEnd(nil) }
    guard let result, let answer else { return }
    self.answer = nil
    answer.resume(returning: result)
  }

  func fail(_ error: RPCError, trailing: MetadataBlock = .empty) {
    guard !isOver else { return }
    isOver = true
    ending = error
    tellEnd(error)
    trailingMetadata = trailing
    endIsKnown.store(true, ordering: .releasing)
    knowHead()
    writers.wake(throwing: error)
    inbox.finish(.failure(error))
    answer?.resume(returning: .failure(error))
    answer = nil
  }

  private func takeOnlyMessage() throws(RPCError) -> WireMessage {
    let messages = (try inbox.take() ?? nil) ?? Deque()
    guard messages.count == 1 else { throw Self.cardinality(messages.count) }
    return messages[0]
  }

  static func cardinality(_ count: Int) -> RPCError {
    RPCError(.unimplemented, "the server sent \(count) answers to a call that has one")
  }

  static let answeredError = RPCError(.cancelled, "the server has answered already and takes no more requests")

  // MARK: From the caller

  /// Waits for HEAD, the first message or the end.
  func parkForHead(_ continuation: UnsafeContinuation<Void, any Error>) {
    headIsKnown ? continuation.resume() : headReaders.park(continuation)
  }

  /// Waits for room. The call may have ended while its writer was on the way here.
  func parkWriter(_ continuation: UnsafeContinuation<Void, any Error>) {
    isOver ? continuation.resume(throwing: ending ?? Self.answeredError) : writers.park(continuation)
  }

  /// Queues a request. True: enough is under way; wait with `parkWriter`.
  func send(_ message: OutgoingMessage, _ core: ClientCore) throws(RPCError) -> Bool {
    if isOver { throw ending ?? Self.answeredError }
    guard !hasHalfClosed else { throw RPCError(.internalError, "a request was written behind the end of the requests") }
    for observer in observers { observer.requestWritten(bytes: message.plain.readableBytes) }
    if requests.isKept { keep(message, core) }
    guard let link, stream != nil else {
      if !requests.isKept { requests.append(message) }
      return true
    }
    guard message.plain.readableBytes <= link.messageBytesMax else {
      throw .requestTooLarge(message.plain.readableBytes, serverLimit: link.messageBytesMax)
    }
    return link.send(self, message)
  }

  private func keep(_ message: OutgoingMessage, _ core: ClientCore) {
    let bytes = RequestReplay.bytes(message)
    let limits = core.configuration
    let fits = requests.bytes + bytes <= limits.replayBytesPerCallMax && core.replayBytes + bytes <= limits.replayBytesMax
    guard fits, !headIsKnown else {
      core.replayBytes -= requests.settle(isSent: stream != nil)
      return
    }
    core.replayBytes += bytes
    requests.append(message)
  }

  func halfClose() {
    guard !hasHalfClosed, !isOver else { return }
    hasHalfClosed = true
    if stream != nil { link?.halfClose(self) }
  }

  /// The call has its stream: what was written before goes out.
  func opened() {
    guard !kind.takesOneRequest else { return }
    var mustWait = false
    for message in requests.messages { mustWait = link?.send(self, message) ?? false }
    if !requests.isKept { requests.clear() }
    if hasHalfClosed { link?.halfClose(self) }
    if !mustWait { writers.wake() }
  }

  /// Nothing of an answer has come, and all that was sent is still here.
  var canBeRepeated: Bool { !isOver && !headIsKnown && (kind.takesOneRequest || requests.isWhole) }
}

extension RPCError {
  init(_ status: StatusFrame) {
    self.init(
      StatusCode(rawValue: status.code) ?? .unknown, status.message,
      details: status.details.map { ErrorDetails(decoding: $0) } ?? ErrorDetails(), metadata: Metadata(status.metadata),
      pushbackMilliseconds: status.pushbackMilliseconds)
  }

  /// A fault of the server's: UNIMPLEMENTED for a codec is what a server says, here it is the server that used one we never named.
  init(_ fault: StreamFault) {
    self.init(
      fault.code == .codecUnsupported ? .internalError : StatusCode(fault), "the server broke the protocol: \(fault.reason)")
  }

  init(resetCode: UInt32, _ reason: String) {
    let code: StatusCode =
      switch ResetCode(rawValue: resetCode) {
      case .cancelled: .cancelled
      case .deadlineExceeded: .deadlineExceeded
      case .refused: .unavailable
      case .messageTooLarge: .resourceExhausted
      case .codecUnsupported: .unimplemented
      case .malformed, .flowControl, .internalError, nil: .internalError
      }
    self.init(code, reason)
  }
}

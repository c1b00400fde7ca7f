internal import DequeModule
internal import LontarWire
internal import NIOCore

/// One call on the server: its facts, its state, and its messages for the adapters of the four kinds.
///
/// Unchecked because the state is confined to the event loop of its link; whoever comes from elsewhere hops first.
final class ServerCall: CallFacts, CallChannel, @unchecked Sendable {
  let link: ServerLink
  let registered: RegisteredMethod
  let started: NIODeadline
  var task: Task<Void, Never>?
  /// Its place in the link's list of running calls.
  var index = -1
  /// The one request of a unary or server-streaming call, once it is whole.
  var message: WireMessage?
  /// What that holds while its call has not begun although it is whole.
  var unstartedBytes = 0
  /// Requests of the other two kinds.
  var inbox = Inbox()
  var writers = WaitingWriters()
  /// The handler runs or has run.
  var isRunning = false
  /// A status was sent, or nobody wants one any more.
  var isOver = false
  /// The first message has been queued: initial metadata has gone or comes too late.
  var headIsDue = true
  var traffic = CallTraffic()
  /// Why the handler was told to stop: the deadline or the client.
  var ending: RPCError?

  init(
    link: ServerLink, stream: UInt32, registered: RegisteredMethod, open: OpenFrame, codecs: UInt32, deadline: NIODeadline,
    started: NIODeadline
  ) {
    self.link = link
    self.registered = registered
    self.started = started
    super.init(
      method: registered.name, connection: link.id, stream: stream, open: open, codecs: codecs, peer: link.peer,
      deadline: deadline)
  }

  /// The handler from its start to its end; on the link's event loop but for what the handler itself does elsewhere.
  func run(_ request: WireMessage?) async {
    link.shared.handlerBegins()
    defer { link.shared.handlerEnds() }
    do {
      link.handlerReturned(self, try await registered.answer(request, CallContext(self), self))
    } catch {
      link.handlerThrew(self, error)
    }
  }

  // MARK: Messages

  func sendNow(_ message: WireMessage) throws -> SendResult {
    guard link.isOnLoop else { return .elsewhere }
    return try link.queue(self, message) ? .full : .queued
  }

  /// - Throws: also `CancellationError`, if the task is cancelled although the call goes on.
  func waitForRoom() async throws {
    if isOver { throw ending ?? RPCError(.cancelled, "the call is over") }
    try await withTaskCancellationHandler {
      try await withUnsafeThrowingContinuation { continuation in
        writers.park(continuation)
        if Task.isCancelled { writers.wake() }
      }
    } onCancel: {
      // All writers look: those that are not cancelled write one message more than there is room for.
      link.onLoop { self.writers.wake() }
    }
    try Task.checkCancellation()
  }

  func send(_ message: WireMessage) async throws {
    guard link.isOnLoop else { return try await sendFromElsewhere(message) }
    if try link.queue(self, message) { try await waitForRoom() }
  }

  /// Leaves the caller's actor, if it is on one, for the link's event loop.
  @concurrent private func sendFromElsewhere(_ message: WireMessage) async throws {
    try await withTaskExecutorPreference(link.executor) { try await sendOnLoop(message) }
  }

  @concurrent private func sendOnLoop(_ message: WireMessage) async throws {
    link.requireLoop()
    try await send(message)
  }

  func takeRequests() async throws -> Deque<WireMessage>? {
    guard link.isOnLoop else { return try await takeRequestsFromElsewhere() }
    let delivery = try inbox.take()
    link.requestsTaken(self)
    if let delivery { return delivery }
    try Task.checkCancellation()
    return try await withTaskCancellationHandler {
      try await withUnsafeThrowingContinuation { continuation in
        inbox.park(continuation)
        if Task.isCancelled { inbox.nudge() }
      }
    } onCancel: {
      link.onLoop { self.inbox.nudge() }
    }
  }

  @concurrent private func takeRequestsFromElsewhere() async throws -> Deque<WireMessage>? {
    try await withTaskExecutorPreference(link.executor) { try await takeRequestsOnLoop() }
  }

  @concurrent private func takeRequestsOnLoop() async throws -> Deque<WireMessage>? {
    link.requireLoop()
    return try await takeRequests()
  }

  /// Nobody reads or writes here any more. A unary call has neither readers nor writers.
  func close(_ error: @autoclosure () -> RPCError) {
    guard registered.kind != .unary else { return }
    let error = error()
    inbox.finish(.failure(error))
    writers.wake(throwing: error)
  }
}

internal import LontarTLS
internal import LontarWire
internal import NIOCore
internal import Synchronization

/// Performs what `ServerConnection` decides: reads plaintext, starts handlers, writes frames.
///
/// Unchecked because all its state is confined to the event loop of its channel; tasks of its calls run on that loop as well.
final class ServerChannelHandler: ChannelInboundHandler, @unchecked Sendable {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  let shared: ServerShared
  let id: String
  var machine: ServerConnection
  var channelContext: ChannelHandlerContext?
  private(set) var executor: EventLoopTaskExecutor?
  private var peer: TLSPeer?
  private var sweep = DeadlineSweep()
  private var running: [UInt32: ServerCall] = [:]
  private var isReading = false
  private var flushIsScheduled = false
  /// A fault has ended the connection: what is queued goes out, then it closes.
  private var isFailed = false
  private var watch: RepeatedTask?
  private var partialSince: NIODeadline?
  private var quietSince = NIODeadline.now()
  /// The end of the TLS handshake, which has a clock of its own.
  private var secureSince: NIODeadline?

  init(shared: ServerShared) {
    self.shared = shared
    id = ConnectionID.next()
    machine = ServerConnection(hello: shared.hello, limits: shared.limits)
  }

  // MARK: Channel

  func handlerAdded(context: ChannelHandlerContext) {
    channelContext = context
    executor = EventLoopTaskExecutor(context.eventLoop)
  }

  func channelActive(context: ChannelHandlerContext) {
    shared.connections.add(self)
    watch = context.eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { [weak self] _ in
      self?.checkClocks()
    }
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    watch?.cancel()
    watch = nil
    sweep.reset()
    isFailed = true
    for call in running.values { stop(call, RPCError(.cancelled, "the connection was lost")) }
    shared.connections.remove(self)
    channelContext = nil
    context.fireChannelInactive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let completed = event as? TLSHandshakeCompleted {
      peer = completed.peer
      secureSince = .now()
    }
    context.fireUserInboundEventTriggered(event)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isFailed else { return }
    isReading = true
    machine.feed(unwrapInboundIn(data))
    do throws(WireError) {
      while let event = try machine.next(now: NIODeadline.now().uptimeNanoseconds) { handle(event) }
    } catch {
      fail(error)
    }
    partialSince = machine.holdsPartialFrame ? partialSince ?? .now() : nil
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    isReading = false
    flush()
    context.fireChannelReadComplete()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { flush() }
    context.fireChannelWritabilityChanged()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    shared.onConnectionError(id, error)
    isFailed = true
    context.close(promise: nil)
  }

  // MARK: Events

  private func handle(_ event: ServerConnection.Event) {
    switch event {
    case .open(let stream, let open, let message, let end):
      openCall(stream, open, message, end: end)
    case .message(let stream, let call, let message, let end):
      guard let call = call as? ServerCall else { return }
      receive(call, stream, message, end: end)
    case .halfClosed(_, let call):
      guard let call = call as? ServerCall, !call.isRunning else { return }
      start(call)
    case .cancelled(let call, let code):
      guard let call = call as? ServerCall else { return }
      let isDeadline = code == ResetCode.deadlineExceeded.rawValue
      stop(call, RPCError(isDeadline ? .deadlineExceeded : .cancelled, "the client gave the call up"))
    case .failed(let stream, let call, let fault):
      let error = RPCError(StatusCode(fault), fault.reason)
      if let call = call as? ServerCall {
        end(call, error)
      } else {
        machine.sendStatus(stream, status(error))
      }
    case .pong, .clientLeaves:
      break
    }
  }

  private func openCall(_ stream: UInt32, _ open: OpenFrame, _ message: ByteBuffer?, end: Bool) {
    quietSince = .now()
    let name = String(buffer: open.method)
    let limit = UInt64(shared.configuration.callTimeoutSecondsMax) * 1_000_000_000
    let deadline = NIODeadline.after(nanoseconds: min(open.timeoutNanoseconds ?? limit, limit))
    let context = CallContext(
      method: name, metadata: Metadata(open.metadata), requestID: "\(id)-\(stream)",
      idempotencyKey: open.idempotencyKey.map { Array($0.readableBytesView) }, attempt: Int(open.attempt), peer: peer,
      deadline: deadline)
    guard let handler = shared.router.methods[name] else {
      let call = ServerCall(stream: stream, handler: UnknownMethod(), context: context)
      finish(call, .failure(RPCError(.unimplemented, "this server has no method \(name)")))
      machine.handlerFinished()
      return
    }
    let call = ServerCall(stream: stream, handler: handler, context: context)
    machine.attach(call, to: stream)
    running[stream] = call
    call.message = message
    if message != nil { machine.messagesTaken(stream) }
    sweep.watch(deadline, on: channelContext!.eventLoop) { [weak self] in self?.sweepDeadlines() }
    if end { start(call) }
  }

  private func receive(_ call: ServerCall, _ stream: UInt32, _ message: ByteBuffer, end isEnd: Bool) {
    guard call.message == nil, !call.isRunning else {
      end(call, RPCError(.unimplemented, "\(call.context.method) takes one request; the client sent more"))
      return
    }
    call.message = message
    machine.messagesTaken(stream)
    if isEnd { start(call) }
  }

  private func start(_ call: ServerCall) {
    guard let message = call.message else {
      end(call, RPCError(.unimplemented, "\(call.context.method) takes one request; the client sent none"))
      return
    }
    call.isRunning = true
    call.message = nil
    let sink = StreamSink(connection: self, call: UncheckedCall(call))
    let (handler, context, unchecked) = (call.handler, call.context, UncheckedCall(call))
    // The handler starts at once on this thread and comes back to it: a call that need not wait costs no hop.
    call.task = Task.immediate(executorPreference: executor!) {
      let outcome: Result<ByteBuffer?, any Error>
      do {
        outcome = .success(try await handler.answer(message, context, sink))
      } catch {
        outcome = .failure(error)
      }
      self.handlerReturned(unchecked.call, outcome)
    }
  }

  private func handlerReturned(_ call: ServerCall, _ outcome: Result<ByteBuffer?, any Error>) {
    channelContext?.eventLoop.preconditionInEventLoop()
    running[call.stream] = nil
    machine.handlerFinished()
    if !call.isOver {
      switch outcome {
      case .success(let message): finish(call, .success(message))
      case .failure(let error): finish(call, .failure(call.ending ?? RPCError(thrown: error)))
      }
    }
    scheduleFlush()
  }

  /// Answers a call before its handler has returned, or instead of running it.
  private func end(_ call: ServerCall, _ error: RPCError) {
    guard !call.isOver else { return }
    finish(call, .failure(error))
    if call.isRunning {
      call.task?.cancel()
      call.wakeWriters(throwing: error)
    } else {
      running[call.stream] = nil
      machine.handlerFinished()
    }
  }

  /// Stops a call whose client no longer listens.
  private func stop(_ call: ServerCall, _ error: RPCError) {
    guard !call.isOver else { return }
    call.isOver = true
    record(call, error)
    call.wakeWriters(throwing: error)
    if call.isRunning {
      call.task?.cancel()
    } else {
      running[call.stream] = nil
      machine.handlerFinished()
    }
  }

  private func finish(_ call: ServerCall, _ outcome: Result<ByteBuffer?, RPCError>) {
    call.isOver = true
    var outcome = outcome
    let limit = shared.limits.messageBytesMax
    if case .success(let message?) = outcome, message.readableBytes > limit {
      outcome = .failure(
        RPCError(.resourceExhausted, "the answer has \(message.readableBytes) bytes; at most \(limit) are allowed"))
    }
    switch outcome {
    case .success(let message):
      var status = StatusFrame(code: 0)
      if let trailer = call.context.trailer.metadata.withLock({ $0 }) {
        status.metadata = (try? trailer.block(shared.limits)) ?? .empty
      }
      machine.sendStatus(call.stream, status, message: message)
      record(call, nil)
    case .failure(var error):
      if !error.details.isEmpty { error.details.requestID = call.context.requestID }
      machine.sendStatus(call.stream, status(error))
      record(call, error)
    }
  }

  private func status(_ error: RPCError) -> StatusFrame {
    StatusFrame(
      code: error.code.rawValue, message: error.message, details: error.details.encoded(error.code, error.message),
      pushbackMilliseconds: error.pushbackMilliseconds, metadata: (try? error.metadata.block(shared.limits)) ?? .empty)
  }

  private func record(_ call: ServerCall, _ error: RPCError?) {
    guard let onCall = shared.onCall else { return }
    onCall(
      CallRecord(
        requestID: call.context.requestID, method: call.context.method, code: error?.code ?? .ok, message: error?.message ?? "",
        reason: error?.details.reason ?? "", duration: .nanoseconds((NIODeadline.now() - call.started).nanoseconds),
        clientSoftware: machine.clientSoftware, cause: error?.cause.map { String(reflecting: $0) }))
  }

  // MARK: Streams

  /// Queues a stream's message; waits while the stream holds enough.
  func send(_ call: ServerCall, _ message: ByteBuffer) async throws {
    if call.isOver || isFailed { throw call.ending ?? RPCError(.cancelled, "the call is over") }
    guard message.readableBytes <= shared.limits.messageBytesMax else {
      throw RPCError(.resourceExhausted, "a message of the stream has \(message.readableBytes) bytes, more than allowed")
    }
    let mustWait = machine.sendMessage(call.stream, message)
    scheduleFlush()
    guard mustWait else { return }
    try await withCheckedThrowingContinuation { call.writers.append($0) }
  }

  // MARK: Time

  private func sweepDeadlines() {
    sweep.reset()
    let now = NIODeadline.now()
    var earliest = NIODeadline.distantFuture
    for call in running.values {
      guard let deadline = call.context.deadline, !call.isOver else { continue }
      if deadline <= now {
        let error = RPCError(.deadlineExceeded, "the deadline of the call has passed")
        call.ending = error
        end(call, error)
      } else {
        earliest = min(earliest, deadline)
      }
    }
    if earliest < .distantFuture {
      sweep.watch(earliest, on: channelContext!.eventLoop) { [weak self] in self?.sweepDeadlines() }
    }
    scheduleFlush()
  }

  private func checkClocks() {
    let now = NIODeadline.now()
    let settings = shared.configuration
    if machine.awaitsHello {
      if let secureSince, now - secureSince > .seconds(Int64(settings.helloTimeoutSeconds)) {
        fail(WireError(.timeout, "no HELLO came in time"))
      }
    } else if let partialSince, now - partialSince > .seconds(Int64(settings.frameTimeoutSeconds)) {
      fail(WireError(.timeout, "a frame was not whole in time"))
    } else if !running.isEmpty {
      quietSince = now
    } else if now - quietSince > .seconds(Int64(settings.idleTimeoutSeconds)) {
      fail(WireError(.none, "no call came for \(settings.idleTimeoutSeconds) seconds"))
    }
    flush()
  }

  // MARK: Drain

  func drain() {
    machine.drain("the server is shutting down")
    scheduleFlush()
  }

  func finishDrain() {
    machine.finishDrain("the server is shutting down")
    scheduleFlush()
  }

  // MARK: Bytes out

  private func fail(_ error: WireError) {
    guard !isFailed else { return }
    isFailed = true
    machine.fail(error)
    if error.code != .none { shared.onConnectionError(id, error) }
    for call in running.values { stop(call, RPCError(.cancelled, "the connection broke the protocol")) }
    scheduleFlush()
  }

  private func scheduleFlush() {
    guard !isReading, !flushIsScheduled, let context = channelContext else { return }
    flushIsScheduled = true
    context.eventLoop.execute {
      self.flushIsScheduled = false
      self.flush()
    }
  }

  private func flush() {
    guard let context = channelContext else { return }
    var wrote = false
    while context.channel.isWritable || isFailed, let bytes = machine.takeOutbound() {
      context.write(wrapOutboundOut(bytes), promise: nil)
      wrote = true
    }
    if wrote { context.flush() }
    for stream in machine.takeWritable() {
      (machine.call(of: stream) as? ServerCall)?.wakeWriters()
    }
    if isFailed || (machine.isDrained && running.isEmpty) { context.close(promise: nil) }
  }
}

/// Carries a call into its own task. Safe because both live on the connection's event loop.
struct UncheckedCall: @unchecked Sendable {
  let call: ServerCall

  init(_ call: ServerCall) {
    self.call = call
  }
}

/// The stream of one call, as its `ResponseWriter` sees it.
private struct StreamSink: ResponseSink {
  let connection: ServerChannelHandler
  let call: UncheckedCall

  func send(_ message: ByteBuffer) async throws {
    guard let executor = connection.executor else { throw RPCError(.cancelled, "the connection was lost") }
    if executor.eventLoop.inEventLoop {
      try await connection.send(call.call, message)
    } else {
      try await withTaskExecutorPreference(executor) { try await connection.send(call.call, message) }
    }
  }
}

private struct UnknownMethod: MethodHandler {
  func answer(_ message: ByteBuffer, _ context: CallContext, _ sink: any ResponseSink) async throws -> ByteBuffer? { nil }
}

extension RPCError {
  /// What a handler threw, as the caller may see it: an unknown error keeps its words to itself.
  init(thrown error: any Error) {
    switch error {
    case let error as RPCError: self = error
    case is CancellationError: self.init(.cancelled, "the call was cancelled")
    default: self.init(.unknown, "the server failed in a way it does not explain", cause: error)
    }
  }
}

extension StatusCode {
  init(_ fault: StreamFault) {
    self =
      switch fault.code {
      case .messageTooLarge: .resourceExhausted
      case .codecUnsupported: .unimplemented
      case .cancelled: .cancelled
      case .deadlineExceeded: .deadlineExceeded
      case .refused: .unavailable
      case .malformed, .flowControl, .internalError: .internalError
      }
  }
}

internal import LontarWire
internal import NIOCore
internal import Synchronization

/// The calls of a connection, from OPEN to STATUS.
extension ServerLink {
  func handle(_ event: ServerConnection.Event, _ now: NIODeadline) {
    switch event {
    case .open(let stream, let open, let message, let end):
      openCall(stream, open, message, end: end, now)
    case .message(_, let call, let message, let end):
      if let call = call as? ServerCall { receive(call, message, end: end) }
    case .halfClosed(_, let call):
      if let call = call as? ServerCall { halfClosed(call) }
    case .cancelled(let call, let code):
      guard let call = call as? ServerCall else { return }
      tally.resetsReceived += 1
      let isDeadline = code == ResetCode.deadlineExceeded.rawValue
      stop(call, RPCError(isDeadline ? .deadlineExceeded : .cancelled, "the client gave the call up"))
    case .failed(let stream, let call, let fault):
      let error = RPCError(StatusCode(fault), fault.reason)
      if let call = call as? ServerCall {
        end(call, error)
      } else {
        machine.sendStatus(stream, status(error))
      }
    case .pong(let value):
      ponged(value)
    case .clientLeaves:
      break
    }
  }

  // MARK: Requests

  private func openCall(_ stream: UInt32, _ open: OpenFrame, _ message: WireMessage?, end: Bool, _ now: NIODeadline) {
    clocks.quietSince = now
    let deadline = now.adding(nanoseconds: min(open.timeoutNanoseconds ?? .max, shared.callNanosecondsMax))
    guard let registered = shared.methods[open.method] else {
      let name = String(buffer: open.method)
      return refuse(stream, open, name, RPCError(.unimplemented, "this server has no method \(name)"), deadline, now)
    }
    guard deadline > now else {
      return refuse(
        stream, open, registered.name, RPCError(.deadlineExceeded, "the deadline of the call has passed"), deadline, now)
    }
    let call = ServerCall(
      link: self, stream: stream, registered: registered, open: open, codecs: machine.peerCodecs, deadline: deadline, started: now
    )
    machine.attach(call, to: stream)
    call.index = running.count
    running.append(call)
    if clocks.sweep.isLate(for: deadline) {
      clocks.sweep.watch(deadline, on: executor.eventLoop) { [weak self] in self?.sweepDeadlines() }
    }
    shared.counters.callStarted()
    registered.metrics?.started()
    call.traffic.received += message?.readableBytes ?? 0
    if registered.kind.takesOneRequest {
      guard let message else { return end ? start(call) : () }
      keep(message, for: call, end: end)
    } else {
      if let message { call.inbox.receive(message) }
      if end { call.inbox.finish(.success(())) }
      start(call)
    }
  }

  /// Answers a call for which no handler runs.
  private func refuse(
    _ stream: UInt32, _ open: OpenFrame, _ name: String, _ error: RPCError, _ deadline: NIODeadline, _ now: NIODeadline
  ) {
    let metrics = shared.methods[open.method].map(\.metrics) ?? shared.metrics?.unknownMethod
    let none = RegisteredMethod(name: name, kind: .unary, handler: UnknownMethod(), interceptors: [], metrics: metrics)
    let call = ServerCall(
      link: self, stream: stream, registered: none, open: open, codecs: 1, deadline: deadline, started: now)
    shared.counters.callStarted()
    metrics?.started()
    finish(call, failure: error)
    machine.handlerFinished()
  }

  private func receive(_ call: ServerCall, _ message: WireMessage, end isEnd: Bool) {
    guard !call.isOver else { return }
    call.traffic.received += message.readableBytes
    guard call.registered.kind.takesOneRequest else {
      if call.inbox.receive(message) == .taken { machine.messagesTaken(call.stream) }
      if isEnd { call.inbox.finish(.success(())) }
      return
    }
    guard call.message == nil, !call.isRunning else {
      return end(call, RPCError(.unimplemented, "\(call.method) takes one request; the client sent more"))
    }
    keep(message, for: call, end: isEnd)
  }

  /// The one request of a call. Without END it waits: calls whose only request is whole and which do not begin hold at most as much as
  /// long messages that are not whole. A stream's handler may run for long, and must not keep the read alive that brought its request.
  private func keep(_ message: WireMessage, for call: ServerCall, end isEnd: Bool) {
    call.message = isEnd && call.registered.kind == .unary ? message : message.detached()
    if isEnd { return start(call) }
    machine.messagesTaken(call.stream)
    call.unstartedBytes = message.readableBytes
    unstartedBytes += message.readableBytes
    guard unstartedBytes > Int(clamping: shared.limits.assemblyBytesMax) else { return }
    end(call, RPCError(.resourceExhausted, "too many requests are whole and their calls do not begin; end them with END"))
  }

  private func halfClosed(_ call: ServerCall) {
    guard !call.isOver else { return }
    if call.registered.kind.takesOneRequest {
      if !call.isRunning { start(call) }
    } else {
      call.inbox.finish(.success(()))
    }
  }

  /// The handler has all requests there were: their credit goes back.
  func requestsTaken(_ call: ServerCall) {
    guard !call.isOver else { return }
    machine.messagesTaken(call.stream)
    scheduleFlush()
  }

  // MARK: Handlers

  private func start(_ call: ServerCall) {
    let message = call.message
    if call.registered.kind.takesOneRequest, message == nil {
      return end(call, RPCError(.unimplemented, "\(call.method) takes one request; the client sent none"))
    }
    call.isRunning = true
    dropMessage(call)
    // The handler starts at once on this thread and comes back to it: a call that need not wait costs no hop.
    call.task = InheritedDeadline.$current.withValue(call.deadline) {
      Task.immediate(executorPreference: executor) { await call.run(message) }
    }
  }

  private func dropMessage(_ call: ServerCall) {
    call.message = nil
    unstartedBytes -= call.unstartedBytes
    call.unstartedBytes = 0
  }

  func handlerReturned(_ call: ServerCall, _ answer: WireMessage?) {
    requireLoop()
    retire(call)
    if !call.isOver { finish(call, success: answer) }
    scheduleFlush()
  }

  func handlerThrew(_ call: ServerCall, _ error: any Error) {
    requireLoop()
    retire(call)
    if !call.isOver { finish(call, failure: call.ending ?? RPCError(thrown: error)) }
    scheduleFlush()
  }

  private static let handlerEnded = RPCError(.cancelled, "the handler of the call has come to its end")

  /// The handler has come to its end, or will never begin. Tasks that outlive it must not wait for the call.
  private func retire(_ call: ServerCall) {
    guard call.index >= 0 else { return }
    call.close(Self.handlerEnded)
    let last = running.count - 1
    if call.index != last {
      running[call.index] = running[last]
      running[call.index].index = call.index
    }
    running.removeLast()
    call.index = -1
    machine.handlerFinished()
  }

  /// Answers a call before its handler has returned, or instead of running it.
  func end(_ call: ServerCall, _ error: RPCError) {
    guard !call.isOver else { return }
    call.ending = error
    finish(call, failure: error)
    cancelHandler(call, error)
  }

  /// Stops a call whose client no longer listens.
  func stop(_ call: ServerCall, _ error: RPCError) {
    guard !call.isOver else { return }
    call.isOver = true
    call.ending = error
    record(call, error)
    cancelHandler(call, error)
  }

  private func cancelHandler(_ call: ServerCall, _ error: RPCError) {
    call.close(error)
    dropMessage(call)
    if call.isRunning {
      call.task?.cancel()
    } else {
      retire(call)
    }
  }

  // MARK: Answers

  /// Queues a stream's message. True: the stream holds enough; its writer has to wait.
  func queue(_ call: ServerCall, _ message: WireMessage) throws(RPCError) -> Bool {
    if call.isOver || isFailed { throw call.ending ?? RPCError(.cancelled, "the call is over") }
    guard message.plainBytes <= messageBytesMax else {
      throw RPCError(.resourceExhausted, "a message of the stream has \(message.plainBytes) bytes, more than allowed")
    }
    if call.headIsDue { sendHead(call) }
    call.traffic.sent += message.readableBytes
    let mustWait = machine.sendMessage(call.stream, message)
    scheduleFlush()
    return mustWait
  }

  /// What both sides take.
  private var messageBytesMax: Int { min(shared.limits.messageBytesMax, machine.peerMessageBytesMax) }

  private func sendHead(_ call: ServerCall) {
    call.headIsDue = false
    guard let initial = call.reply.withLock({ $0.initial }), let block = try? initial.block(shared.limits) else { return }
    machine.sendHead(call.stream, block)
  }

  private func finish(_ call: ServerCall, success message: WireMessage?) {
    let limit = messageBytesMax
    if let message, message.plainBytes > limit {
      return finish(
        call,
        failure: RPCError(.resourceExhausted, "the answer has \(message.plainBytes) bytes; at most \(limit) are allowed"))
    }
    call.isOver = true
    call.traffic.sent += message?.readableBytes ?? 0
    if call.headIsDue { sendHead(call) }
    if let trailing = call.reply.withLock({ $0.trailing }), let block = try? trailing.block(shared.limits) {
      machine.sendStatus(call.stream, StatusFrame(code: 0, metadata: block), message: message)
    } else {
      machine.sendAnswer(call.stream, message)
    }
    record(call, nil)
  }

  private func finish(_ call: ServerCall, failure: RPCError) {
    var error = failure
    call.isOver = true
    if call.headIsDue { sendHead(call) }
    if !error.details.isEmpty { error.details.requestID = call.requestID }
    if error.metadata.isEmpty, let trailing = call.reply.withLock({ $0.trailing }) { error.metadata = trailing }
    machine.sendStatus(call.stream, status(error))
    record(call, error)
  }

  private func status(_ error: RPCError) -> StatusFrame {
    StatusFrame(
      code: error.code.rawValue, message: error.message, details: error.details.encoded(error.code, error.message),
      pushbackMilliseconds: error.pushbackMilliseconds, metadata: (try? error.metadata.block(shared.limits)) ?? .empty)
  }

  private func record(_ call: ServerCall, _ error: RPCError?) {
    shared.counters.callEnded(error?.code ?? .ok)
    call.registered.metrics?.ended(error?.code ?? .ok, since: call.started, call.traffic)
    guard let onCall = shared.onCall else { return }
    let record = CallRecord(
      requestID: call.requestID, method: call.method, code: error?.code ?? .ok, message: error?.message ?? "",
      reason: error?.details.reason ?? "", duration: .nanoseconds((NIODeadline.now() - call.started).nanoseconds),
      clientSoftware: machine.clientSoftware, traceID: call.traceID, cause: error?.cause.map { String(reflecting: $0) })
    // We may be in the handler's task: what is done about a call that is over is not bound by its deadline.
    InheritedDeadline.$current.withValue(nil) { onCall(record) }
  }
}

private struct UnknownMethod: MethodHandler {
  func answer(_ message: WireMessage?, _ context: CallContext, _ channel: any CallChannel) async throws -> WireMessage? { nil }
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

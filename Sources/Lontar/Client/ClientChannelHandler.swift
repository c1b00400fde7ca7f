internal import LontarTLS
internal import LontarWire
internal import NIOCore

/// Performs what `ClientConnection` decides for one connection. Unchecked because all its state is confined to the event loop.
final class ClientChannelHandler: ChannelInboundHandler, @unchecked Sendable {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let owner: ClientCore
  private var machine: ClientConnection
  private var channelContext: ChannelHandlerContext?
  private var isReading = false
  private var flushIsScheduled = false
  private var isOver = false
  /// No more calls are opened here; it closes when the last has ended.
  private(set) var isLeaving = false

  init(owner: ClientCore, hello: Hello, limits: WireLimits) {
    self.owner = owner
    machine = ClientConnection(hello: hello, limits: limits)
  }

  var canOpen: Bool { !isOver && !isLeaving && machine.canOpen }

  // MARK: Channel

  func handlerAdded(context: ChannelHandlerContext) {
    channelContext = context
    // The attempt was given up before the channel came to be.
    if isOver { context.close(promise: nil) }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    channelContext = nil
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is TLSHandshakeCompleted { flush() }
    context.fireUserInboundEventTriggered(event)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isOver else { return }
    isReading = true
    machine.feed(unwrapInboundIn(data))
    do throws(WireError) {
      while let event = try machine.next() { handle(event) }
    } catch {
      machine.fail(error)
      flush()
      lose(RPCError(.unavailable, "the connection ended: \(error.reason)", cause: error))
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    isReading = false
    flush()
    closeIfDone()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { flush() }
  }

  func channelInactive(context: ChannelHandlerContext) {
    lose(RPCError(.unavailable, "the connection to the server was lost"))
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    lose(RPCError(.unavailable, "the connection to the server failed: \(error)", cause: error))
  }

  // MARK: Events

  private func handle(_ event: ClientConnection.Event) {
    switch event {
    case .ready: owner.connectionIsReady(self)
    case .head, .pong: break
    case .message(let stream, let call, let message):
      guard let call = call as? ClientCall else { return }
      call.receive(message)
      if call.messages.isEmpty { machine.messagesTaken(stream) }
    case .status(let call, let status, let message):
      guard let call = call as? ClientCall else { return }
      call.stream = nil
      // gRPC's rule: a cancellation by the server after our own deadline is that deadline.
      call.end(status, message)
    case .reset(let call, let code, let reason, let notProcessed):
      guard let call = call as? ClientCall else { return }
      call.stream = nil
      notProcessed ? owner.resend(call, reason) : call.fail(RPCError(resetCode: code, reason))
    case .failed(let call, let fault):
      (call as? ClientCall)?.fail(RPCError(fault))
    case .moreCalls: owner.moreCalls()
    case .goAway(_, let reason, _, let refused):
      isLeaving = true
      for case let call as ClientCall in refused {
        call.stream = nil
        owner.resend(call, reason)
      }
      owner.connectionLeaves(self)
    }
  }

  // MARK: Calls

  func open(_ call: ClientCall) {
    call.stream = machine.open(call, call.openFrame(), message: call.message, end: true)
    call.connection = self
    scheduleFlush()
  }

  func cancel(_ call: ClientCall, _ code: ResetCode, _ reason: String) {
    guard let stream = call.stream else { return }
    call.stream = nil
    try? machine.cancel(stream, code, reason)
    scheduleFlush()
  }

  func messagesTaken(_ call: ClientCall) {
    guard let stream = call.stream else { return }
    machine.messagesTaken(stream)
    scheduleFlush()
  }

  func leave() {
    isLeaving = true
    machine.leave("the client is done")
    flush()
    closeIfDone()
  }

  private func closeIfDone() {
    if isLeaving, machine.isIdle, !isOver { channelContext?.close(promise: nil) }
  }

  /// The connection is over: its calls fail, the owner hears of it once.
  func lose(_ error: RPCError) {
    guard !isOver else { return }
    isOver = true
    let calls = machine.abandon()
    owner.connectionIsLost(self, error)
    for case let call as ClientCall in calls {
      call.stream = nil
      call.fail(error)
    }
    channelContext?.close(promise: nil)
  }

  // MARK: Bytes out

  private func scheduleFlush() {
    guard !isReading, !flushIsScheduled, let context = channelContext else { return }
    flushIsScheduled = true
    context.eventLoop.execute {
      self.flushIsScheduled = false
      self.flush()
      self.closeIfDone()
    }
  }

  private func flush() {
    guard let context = channelContext, context.channel.isActive else { return }
    var wrote = false
    while context.channel.isWritable, let bytes = machine.takeOutbound() {
      context.write(wrapOutboundOut(bytes), promise: nil)
      wrote = true
    }
    if wrote { context.flush() }
  }
}

extension RPCError {
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

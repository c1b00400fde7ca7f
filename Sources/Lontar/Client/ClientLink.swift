internal import LontarTLS
internal import LontarWire
internal import NIOCore

/// Performs what `ClientConnection` decides for one connection. Unchecked because all its state is confined to the event loop.
final class ClientLink: Link, @unchecked Sendable {
  private let owner: ClientCore
  @exclusivity(unchecked) private var machine: ClientConnection
  private var pipe: (any BytePipe)?
  private var tap: FrameTap?
  private let frameLog: FrameLog?
  private var isReading = false
  private var flushIsScheduled = false
  private var isOver = false
  /// No more calls are opened here; it closes when the last has ended.
  private(set) var isLeaving = false
  /// Calls with messages that nobody took while they came.
  private var unread: [ClientCall] = []
  private var heardSince = NIODeadline.now()
  private var pingSince: NIODeadline?

  init(owner: ClientCore, hello: Hello, limits: WireLimits, frameLog: FrameLog?) {
    self.owner = owner
    self.frameLog = frameLog
    machine = ClientConnection(hello: hello, limits: limits)
  }

  var canOpen: Bool { !isOver && !isLeaving && machine.canOpen }

  // MARK: The pipe

  func attach(_ pipe: any BytePipe) {
    self.pipe = pipe
    // The attempt was given up before the pipe came to be.
    if isOver { pipe.close() }
  }

  func pipeIsActive() {
    tap = frameLog.map { FrameTap($0, connection: ConnectionID.next(), side: .client) }
  }

  func pipeIsOpen(peer: TLSPeer?) {
    flush()
  }

  func receive(_ bytes: ByteBuffer) {
    guard !isOver else { return }
    isReading = true
    tap?.received(bytes)
    machine.feed(bytes)
    do throws(WireError) {
      while let event = try machine.next() { handle(event) }
    } catch {
      machine.fail(error)
      flush()
      lose(RPCError(error))
    }
  }

  func receiveComplete() {
    if pingSince == nil, !machine.isIdle { heardSince = .now() }
    owner.executor.runReady()
    isReading = false
    for call in unread { call.inbox.compact() }
    unread.removeAll(keepingCapacity: true)
    flush()
    closeIfDone()
  }

  func pipeIsWritable() {
    flush()
  }

  func pipeFailed(_ error: any Error) {
    lose(RPCError(.unavailable, "the connection to the server failed: \(error)", cause: error))
  }

  func pipeClosed() {
    tap?.closed()
    lose(RPCError(.unavailable, "the connection to the server was lost"))
    pipe = nil
  }

  // MARK: Events

  private func handle(_ event: ClientConnection.Event) {
    switch event {
    case .ready: owner.connectionIsReady(self)
    case .head(let call, let metadata): (call as? ClientCall)?.receiveHead(metadata)
    case .hint:
      break
    case .pong:
      pingSince = nil
      heardSince = .now()
    case .message(let stream, let call, let message):
      guard let call = call as? ClientCall else { return }
      call.receive(message)
      if call.inbox.isEmpty {
        machine.messagesTaken(stream)
      } else if call !== unread.last {
        unread.append(call)
      }
    case .status(let call, let status, let message):
      guard let call = call as? ClientCall else { return }
      call.stream = nil
      call.end(status, message)
      owner.ended(call)
    case .reset(let call, let code, let reason, let notProcessed):
      guard let call = call as? ClientCall else { return }
      call.stream = nil
      notProcessed ? owner.resend(call, reason) : owner.fail(call, RPCError(resetCode: code, reason))
    case .failed(let call, let fault):
      guard let call = call as? ClientCall else { return }
      call.stream = nil
      owner.fail(call, RPCError(fault))
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
    call.link = self
    let message = call.message?.on(machine.peerCodecs)
    call.telemetry?.traffic.sent = message?.readableBytes ?? 0
    call.stream = machine.open(call, call.openFrame(), message: message, end: call.kind.takesOneRequest)
    call.opened()
    if machine.outboundBytes >= Self.earlyFlushBytes, isReading { flush() }
    scheduleFlush()
  }

  /// True: enough is under way.
  func send(_ call: ClientCall, _ message: OutgoingMessage) -> Bool {
    guard let stream = call.stream else { return false }
    scheduleFlush()
    let message = message.on(machine.peerCodecs)
    call.telemetry?.traffic.sent += message.readableBytes
    return machine.sendMessage(stream, message)
  }

  func halfClose(_ call: ClientCall) {
    guard let stream = call.stream else { return }
    machine.halfClose(stream)
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

  var messageBytesMax: Int { machine.peerMessageBytesMax }

  // MARK: Ends

  func leave() {
    isLeaving = true
    machine.leave("the client is done")
    flush()
    closeIfDone()
  }

  private func closeIfDone() {
    if isLeaving, machine.isIdle, !isOver { pipe?.close() }
  }

  /// The connection is over: its calls fail, the owner hears of it once.
  func lose(_ error: RPCError) {
    guard !isOver else { return }
    isOver = true
    let calls = machine.abandon()
    owner.connectionIsLost(self, error)
    for case let call as ClientCall in calls {
      call.stream = nil
      owner.fail(call, error)
    }
    pipe?.close()
  }

  /// Once a second.
  func tick(now: NIODeadline, silenceSeconds: Int, timeoutSeconds: Int) {
    guard !isOver, machine.isReady else { return }
    machine.reportBlocked(callsWait: owner.hasWaitingCalls)
    keepAlive(now: now, silenceSeconds: silenceSeconds, timeoutSeconds: timeoutSeconds)
    flush()
  }

  /// Asks a server that is silent although it has calls whether it is still there.
  private func keepAlive(now: NIODeadline, silenceSeconds: Int, timeoutSeconds: Int) {
    if let pingSince {
      guard now - pingSince > .seconds(Int64(timeoutSeconds)) else { return }
      return lose(RPCError(.unavailable, "the server has not answered a PING for \(timeoutSeconds) s"))
    }
    guard !machine.isIdle else {
      heardSince = now
      return
    }
    guard now - heardSince > .seconds(Int64(silenceSeconds)) else { return }
    pingSince = now
    try? machine.ping(now.uptimeNanoseconds)
  }

  // MARK: Bytes out

  /// Half a full TLS record: the server works on these calls while we make the next.
  private static let earlyFlushBytes = 8 * 1024

  private func scheduleFlush() {
    guard !isReading, !flushIsScheduled, let pipe else { return }
    flushIsScheduled = true
    pipe.eventLoop.execute {
      self.flushIsScheduled = false
      self.flush()
      self.closeIfDone()
    }
  }

  private static let fullBatchBytes = 32 * 1024

  private func flush() {
    guard let pipe else { return }
    var wrote = false
    while pipe.isWritable, let bytes = machine.takeOutbound() {
      tap?.sent(bytes)
      pipe.write(bytes)
      // A full batch leaves at once, so that its storage and its ciphertext's serve the next one, still warm.
      wrote = bytes.readableBytes < Self.fullBatchBytes
      if !wrote { pipe.flush() }
    }
    if wrote { pipe.flush() }
    for stream in machine.takeWritable() {
      (machine.call(of: stream) as? ClientCall)?.writers.wake()
    }
  }
}

extension RPCError {
  /// A connection that ended by a fault. What another attempt can't mend is no UNAVAILABLE, which invites one.
  init(_ error: WireError) {
    switch error.code {
    case .environmentMismatch, .versionUnsupported: self.init(.failedPrecondition, error.reason, cause: error)
    default: self.init(.unavailable, "the connection ended: \(error.reason)", cause: error)
    }
  }
}

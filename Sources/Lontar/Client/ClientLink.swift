internal import LontarTLS
internal import LontarWire
internal import NIOCore

/// Performs what `ClientConnection` decides for one connection. Unchecked because all its state is confined to the event loop.
final class ClientLink: Link, @unchecked Sendable {
  let owner: ClientCore
  private let subchannel: Subchannel
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
  private var readySince = NIODeadline.now()
  private var watch: HealthWatch?
  /// The server has said that clients with another server should prefer that.
  private(set) var isBusy = false
  /// The end of the time for which the server has asked for no new calls.
  private var hold: Scheduled<Void>?
  private var lastOpened: UInt32 = 0
  /// Calls above it have not left this process.
  private var sentThrough: UInt32 = 0

  init(owner: ClientCore, subchannel: Subchannel, hello: Hello) {
    self.owner = owner
    self.subchannel = subchannel
    frameLog = owner.configuration.telemetry.frameLog
    machine = ClientConnection(hello: hello, limits: owner.wireLimits)
  }

  var canOpen: Bool { takesCalls && hold == nil }
  private var takesCalls: Bool { !isOver && !isLeaving && machine.canOpen }
  /// Since the server's HELLO.
  var age: TimeAmount { .now() - readySince }

  // MARK: The pipe

  func attach(_ pipe: any BytePipe) {
    // The attempt was given up before the pipe came to be.
    guard !isOver else { return pipe.close() }
    self.pipe = pipe
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
    owner.executor.collect()
    handleFrames(bytes)
    if pingSince == nil, !machine.isIdle { heardSince = .now() }
    owner.executor.runReady()
    isReading = false
    for call in unread { call.inbox.compact() }
    unread.removeAll(keepingCapacity: true)
    flush()
    closeIfDone()
  }

  private func handleFrames(_ bytes: ByteBuffer) {
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

  func pipeIsWritable() {
    flush()
  }

  func pipeFailed(_ error: any Error) {
    lose(.connectionFailed(error))
  }

  func pipeClosed() {
    tap?.closed()
    lose(.connectionLost)
  }

  // MARK: Events

  private func handle(_ event: ClientConnection.Event) {
    switch event {
    case .ready:
      readySince = .now()
      subchannel.connectionIsReady(self)
    case .head(let call, let metadata): (call as? ClientCall)?.receiveHead(metadata)
    case .hint(let hint): obey(hint)
    case .pong:
      pingSince = nil
      heardSince = .now()
    case .message(let stream, let call, let message):
      guard let call = call as? ClientCall else { return watchHeard(call, message) }
      switch call.receive(message) {
      case .taken: machine.messagesTaken(stream)
      case .first: unread.append(call)
      case .further: break
      }
    case .status(let call, let status, let message):
      guard let call = call as? ClientCall else { return watchEnded(call, RPCError(status)) }
      call.stream = nil
      guard status.code == 0 else { return owner.attemptFailed(call, RPCError(status), trailing: status.metadata) }
      call.end(status, message)
      call.plan?.throttle?.succeeded()
      owner.ended(call)
    case .reset(let call, let code, let reason, let notProcessed):
      guard let call = call as? ClientCall else { return watchEnded(call, RPCError(resetCode: code, reason)) }
      call.stream = nil
      if notProcessed {
        // It goes elsewhere, and so does what comes next.
        leaveToOthers()
        owner.resend(call, refusedBy: self, .callRefused(reason))
      } else {
        owner.attemptFailed(call, RPCError(resetCode: code, reason))
      }
    case .failed(let call, let fault):
      guard let call = call as? ClientCall else { return watchEnded(call, RPCError(fault)) }
      call.stream = nil
      owner.attemptFailed(call, RPCError(fault))
    case .moreCalls:
      openWatch()
      owner.moreCalls()
    case .goAway(let code, let reason, _, let refused):
      leaveToOthers()
      for case let call as ClientCall in refused {
        call.stream = nil
        owner.resend(call, refusedBy: self, .callRefused(reason))
      }
      // The server closes behind it: what the callers hear is why.
      if code != 0 { lose(.endedByServer(reason)) }
    }
  }

  /// No more calls are opened here: the server said so, or did so.
  private func leaveToOthers() {
    guard !isLeaving else { return }
    isLeaving = true
    endWatch()
    subchannel.connectionLeaves(self)
  }

  /// The server says how it is. Calls that it holds back wait, at most until their deadlines; what runs goes on.
  private func obey(_ hint: OverloadHint) {
    isBusy = hint.level != .none
    hold?.cancel()
    hold = nil
    if hint.level == .overloaded {
      // Clients that were told the same must not all come back at once.
      let pause = Double(hint.retryAfterMilliseconds) * Double.random(in: 1...1.5)
      hold = owner.eventLoop.scheduleTask(in: .milliseconds(Int64(pause))) { [weak self] in
        self?.hold = nil
        self?.owner.moreCalls()
      }
    }
    // This connection may take what waits, or others what waited for it.
    owner.moreCalls()
  }

  // MARK: Health

  /// Asks the server whether it serves, once it takes calls; what it says comes to the subchannel.
  func watchHealth(of service: String) {
    guard watch == nil, !isOver, !isLeaving else { return }
    watch = HealthWatch(service: service)
    openWatch()
  }

  private func openWatch() {
    guard let watch, watch.stream == 0, takesCalls else { return }
    watch.stream = machine.open(watch, watch.frame, message: watch.request, end: true)
    lastOpened = watch.stream
    scheduleFlush()
  }

  private func watchHeard(_ call: AnyObject?, _ message: WireMessage) {
    guard let watch, watch === call else { return }
    watch.hasAnswered = true
    machine.messagesTaken(watch.stream)
    subchannel.healthIs(HealthWatch.health(message), of: self)
  }

  private func watchEnded(_ call: AnyObject?, _ end: RPCError) {
    guard let watch, watch === call else { return }
    self.watch = nil
    subchannel.healthIs(watch.health(end), of: self)
  }

  private func endWatch() {
    guard let watch else { return }
    self.watch = nil
    if watch.stream != 0 { try? machine.cancel(watch.stream, .cancelled, "the connection is given up") }
    scheduleFlush()
  }

  // MARK: Calls

  func open(_ call: ClientCall) {
    call.link = self
    let message = call.message?.on(machine.peerCodecs)
    call.telemetry?.traffic.sent = message?.readableBytes ?? 0
    call.stream = machine.open(call, call.openFrame(), message: message, end: call.kind.takesOneRequest)
    lastOpened = call.stream ?? lastOpened
    call.opened()
    if machine.streamsAreUsedUp { giveUp() }
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

  /// There is no number left for another call.
  private func giveUp() {
    guard !isLeaving else { return }
    leave()
    subchannel.connectionLeaves(self)
  }

  func leave() {
    isLeaving = true
    endWatch()
    machine.leave("the client is done")
    flush()
    closeIfDone()
  }

  private func closeIfDone() {
    if isLeaving, machine.isIdle, !isOver { pipe?.close() }
  }

  /// The connection is over: its calls fail, the owner hears of it once. Calls that never left are sent elsewhere.
  func lose(_ error: RPCError) {
    guard !isOver else { return }
    isOver = true
    hold?.cancel()
    let calls = machine.abandon()
    // A pipe that was never active says nothing of its end, and holds this link: it has to be let go of here.
    let pipe = pipe.take()
    defer { pipe?.close() }
    subchannel.connectionIsLost(self, error)
    for case let call as ClientCall in calls {
      let wasSent = (call.stream ?? 0) <= sentThrough
      call.stream = nil
      wasSent ? owner.attemptFailed(call, error) : owner.resend(call, refusedBy: self, error)
    }
  }

  /// Once a second.
  func tick(now: NIODeadline, silenceSeconds: Int, timeoutSeconds: Int) {
    guard !isOver, !machine.awaitsHello else { return }
    // A server that does not read what we have to say is found out by its silence.
    try? machine.secondPassed()
    machine.reportBlocked(callsWait: owner.hasWaitingCalls)
    keepAlive(now: now, silenceSeconds: silenceSeconds, timeoutSeconds: timeoutSeconds)
    flush()
  }

  /// Asks a server that is silent although it has calls whether it is still there.
  private func keepAlive(now: NIODeadline, silenceSeconds: Int, timeoutSeconds: Int) {
    if let pingSince {
      guard now - pingSince > .seconds(Int64(timeoutSeconds)) else { return }
      return lose(.pingUnanswered(seconds: timeoutSeconds))
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
    if machine.outboundBytes == 0 { sentThrough = lastOpened }
    if wrote { pipe.flush() }
    for stream in machine.takeWritable() {
      (machine.call(of: stream) as? ClientCall)?.writers.wake()
    }
  }
}

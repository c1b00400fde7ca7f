internal import DequeModule
internal import LontarTLS
internal import LontarWire
internal import NIOCore
internal import NIOPosix

/// The client's state on its event loop: which connection, which calls wait, when to try again.
///
/// Unchecked because everything but the constants is confined to the event loop.
final class ClientCore: @unchecked Sendable {
  private enum State {
    case idle
    case connecting(ClientChannelHandler)
    case ready(ClientChannelHandler)
    /// The last attempt failed; calls that don't wait fail with this error until the next one.
    case backingOff(RPCError)
    case shutDown
  }

  let eventLoop: any EventLoop
  private let configuration: ClientConfiguration
  private let tls: TLSContext
  private let limits: WireLimits
  var wireLimits: WireLimits { limits }
  private var state = State.idle
  private var waiting: Deque<ClientCall> = []
  private var running: [ObjectIdentifier: ClientCall] = [:]
  private var failures = 0
  private var sweep = DeadlineSweep()
  /// Connections that take no new calls but still run some.
  private var leaving: [ObjectIdentifier: ClientChannelHandler] = [:]
  private var current: ClientChannelHandler?

  init(configuration: ClientConfiguration, eventLoop: any EventLoop) throws(TLSError) {
    var configuration = configuration
    configuration.tls.applicationProtocols = [LontarServer.applicationProtocol]
    self.configuration = configuration
    self.eventLoop = eventLoop
    tls = try TLSContext(client: configuration.tls)
    limits = configuration.wireLimits
  }

  // MARK: Calls

  func start(_ call: ClientCall) {
    // Its task was cancelled before it came here.
    if call.isOver { return call.answer?.resume(returning: .failure(Self.cancelledError)) ?? () }
    if let deadline = call.deadline {
      guard deadline > .now() else { return call.fail(Self.deadlineError) }
      sweep.watch(deadline, on: eventLoop) { [weak self] in self?.sweepDeadlines() }
    }
    running[ObjectIdentifier(call)] = call
    dispatch(call)
    if call.isOver { running[ObjectIdentifier(call)] = nil }
  }

  private func dispatch(_ call: ClientCall) {
    switch state {
    case .ready(let connection) where connection.canOpen && waiting.isEmpty:
      connection.open(call)
    case .ready, .connecting:
      enqueue(call)
    case .idle:
      enqueue(call)
      connect()
    case .backingOff(let error):
      call.waitForReady ? enqueue(call) : call.fail(error)
    case .shutDown:
      call.fail(RPCError(.unavailable, "this client has been shut down"))
    }
  }

  private func enqueue(_ call: ClientCall) {
    guard waiting.count < configuration.waitingCallsMax else {
      return call.fail(RPCError(.resourceExhausted, "\(waiting.count) calls wait already"))
    }
    waiting.append(call)
  }

  /// The caller no longer wants the call, or its deadline has passed.
  func cancel(_ call: ClientCall, _ error: RPCError) {
    guard !call.isOver else { return }
    let code: ResetCode = error.code == .deadlineExceeded ? .deadlineExceeded : .cancelled
    if call.stream != nil {
      call.connection?.cancel(call, code, error.message)
    } else {
      waiting.removeAll { $0 === call }
    }
    call.fail(error)
    ended(call)
  }

  func ended(_ call: ClientCall) {
    running[ObjectIdentifier(call)] = nil
    if running.isEmpty { sweep.reset() }
  }

  func messagesTaken(_ call: ClientCall) {
    call.connection?.messagesTaken(call)
  }

  /// The server did nothing for this call: it is sent again, once.
  func resend(_ call: ClientCall, _ reason: String) {
    guard !call.wasResent, !call.isOver else {
      return call.fail(RPCError(.unavailable, "the server refused the call: \(reason)"))
    }
    call.wasResent = true
    if case .ready(let connection) = state, connection.isLeaving { state = .idle }
    dispatch(call)
  }

  private static let cancelledError = RPCError(.cancelled, "the caller cancelled the call")
  private static let deadlineError = RPCError(.deadlineExceeded, "the deadline of the call has passed")

  private func sweepDeadlines() {
    sweep.reset()
    let now = NIODeadline.now()
    var earliest = NIODeadline.distantFuture
    for call in running.values {
      guard let deadline = call.deadline, !call.isOver else { continue }
      if deadline <= now { cancel(call, Self.deadlineError) } else { earliest = min(earliest, deadline) }
    }
    if earliest < .distantFuture { sweep.watch(earliest, on: eventLoop) { [weak self] in self?.sweepDeadlines() } }
  }

  // MARK: Connection

  private func connect() {
    var hello = Hello()
    hello.software = configuration.software
    if let environment = configuration.environment { hello.environment = environment }
    let handler = ClientChannelHandler(owner: self, hello: hello, limits: limits)
    state = .connecting(handler)
    let tls = tls
    let timeout = TimeAmount.seconds(Int64(configuration.connectTimeoutSeconds))
    let giveUp = eventLoop.scheduleTask(in: timeout) { [weak self] in
      guard let self, case .connecting(let attempt) = self.state, attempt === handler else { return }
      handler.lose(RPCError(.unavailable, "\(self.place) did not answer within \(self.configuration.connectTimeoutSeconds) s"))
    }
    ClientBootstrap(group: eventLoop)
      .connectTimeout(timeout)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelOption(.writeBufferWaterMark, value: .init(low: 64 * 1024, high: 256 * 1024))
      .channelOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 2_048, initial: 16_384, maximum: 131_072))
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandlers(TLSHandler(context: tls), handler)
        }
      }
      .connect(host: configuration.host, port: configuration.port)
      .whenComplete { [weak self] result in
        guard let self else { return }
        switch result {
        case .success(let channel): channel.closeFuture.whenComplete { _ in giveUp.cancel() }
        case .failure(let error):
          giveUp.cancel()
          handler.lose(RPCError(.unavailable, "can't reach \(self.place): \(Self.words(error))", cause: error))
        }
      }
  }

  private var place: String { "\(configuration.host):\(configuration.port)" }

  private static func words(_ error: any Error) -> String {
    if let error = error as? NIOConnectionError {
      return error.connectionErrors.first.map { words($0.error) } ?? "no address answers"
    }
    if let error = error as? IOError { return error.errnoCode == ECONNREFUSED ? "nothing listens there" : error.description }
    return String(describing: error)
  }

  func connectionIsReady(_ connection: ClientChannelHandler) {
    if case .shutDown = state { return connection.leave() }
    failures = 0
    current = connection
    state = .ready(connection)
    moreCalls()
  }

  func moreCalls() {
    guard case .ready(let connection) = state else { return }
    while connection.canOpen, let call = waiting.popFirst() {
      if !call.isOver { connection.open(call) }
    }
  }

  func connectionLeaves(_ connection: ClientChannelHandler) {
    leaving[ObjectIdentifier(connection)] = connection
    if case .ready(let ready) = state, ready === connection {
      state = .idle
      current = nil
    }
    if case .idle = state, !waiting.isEmpty { connect() }
  }

  func connectionIsLost(_ connection: ClientChannelHandler, _ error: RPCError) {
    leaving[ObjectIdentifier(connection)] = nil
    switch state {
    case .ready(let ready) where ready === connection:
      current = nil
      state = .idle
      if !waiting.isEmpty { connect() }
    case .connecting(let attempt) where attempt === connection:
      backOff(error)
    default: break
    }
  }

  private func backOff(_ error: RPCError) {
    failures += 1
    state = .backingOff(error)
    let failing = waiting.filter { !$0.waitForReady }
    waiting.removeAll { !$0.waitForReady }
    for call in failing { call.fail(error) }
    var delay = Double(configuration.backoffFirstMilliseconds)
    for _ in 1..<min(failures, 20) { delay *= 1.6 }
    delay = min(delay, Double(configuration.backoffMaxMilliseconds)) * Double.random(in: 0.8...1.2)
    eventLoop.scheduleTask(in: .milliseconds(Int64(delay))) { [weak self] in
      guard let self, case .backingOff = self.state else { return }
      self.state = .idle
      if !self.waiting.isEmpty { self.connect() }
    }
  }

  func shutDown() {
    let last = current
    state = .shutDown
    current = nil
    let error = RPCError(.cancelled, "the client was shut down")
    for call in waiting { call.fail(error) }
    waiting = []
    last?.leave()
  }
}

internal import DequeModule
internal import LontarWire
internal import NIOCore

/// Makes connections for a client.
protocol Connector: Sendable {
  /// Where it connects, for people.
  var place: String { get }
  /// The same as a label of metrics, `lontar:HOST:PORT`.
  var target: String { get }
  /// Attaches `link` to a pipe that runs on `eventLoop`, or calls `failed` there.
  func connect(_ link: ClientLink, on eventLoop: any EventLoop, failed: @escaping @Sendable (RPCError) -> Void)
}

extension Connector {
  var target: String { "lontar:\(place)" }
}

/// The client's state on its event loop: which connection, which calls wait, when to try again.
///
/// Unchecked because everything but the constants is confined to the event loop.
final class ClientCore: @unchecked Sendable {
  private enum State {
    case idle
    case connecting(ClientLink)
    case ready(ClientLink)
    /// The last attempt failed; calls that don't wait fail with this error until the next one.
    case backingOff(RPCError)
    case shutDown
  }

  let eventLoop: any EventLoop
  let executor: EventLoopTaskExecutor
  let wireLimits: WireLimits
  /// Nil: nobody measures or traces.
  let telemetry: ClientTelemetry?
  private let configuration: ClientOptions
  private let connector: any Connector
  private var state = State.idle
  private var waiting: Deque<ClientCall> = []
  private var live: [ClientCall] = []
  private var failures = 0
  private var sweep = DeadlineSweep()
  /// Connections that take no new calls but still run some.
  private var leaving: [ObjectIdentifier: ClientLink] = [:]
  private var current: ClientLink?
  private var keepAlive: RepeatedTask?

  init(options: ClientOptions, connector: any Connector, eventLoop: any EventLoop) {
    configuration = options
    self.connector = connector
    self.eventLoop = eventLoop
    executor = EventLoopTaskExecutor(eventLoop)
    wireLimits = options.wireLimits
    telemetry = ClientTelemetry(options.telemetry, target: connector.target)
  }

  // MARK: Calls

  func start(_ call: ClientCall) {
    // Its task was cancelled before it came here.
    guard !call.isOver else { return }
    if let deadline = call.deadline, sweep.isLate(for: deadline) {
      sweep.watch(deadline, on: eventLoop) { [weak self] in self?.sweepDeadlines() }
    }
    call.index = live.count
    live.append(call)
    dispatch(call)
  }

  private func dispatch(_ call: ClientCall) {
    switch state {
    case .ready(let connection) where connection.canOpen && waiting.isEmpty:
      open(call, on: connection)
    case .ready, .connecting:
      enqueue(call)
    case .idle:
      enqueue(call)
      if !call.isOver { connect() }
    case .backingOff(let error):
      call.waitForReady ? enqueue(call) : fail(call, error)
    case .shutDown:
      fail(call, RPCError(.unavailable, "this client has been shut down"))
    }
  }

  private func open(_ call: ClientCall, on connection: ClientLink) {
    if let deadline = call.deadline, deadline.remainingNanoseconds == 0 { return fail(call, Self.deadlineError) }
    if let bytes = call.message?.plain.readableBytes, bytes > connection.messageBytesMax {
      return fail(
        call,
        RPCError(.resourceExhausted, "the request has \(bytes) bytes; the server takes at most \(connection.messageBytesMax)"))
    }
    connection.open(call)
  }

  private func enqueue(_ call: ClientCall) {
    guard waiting.count < configuration.waitingCallsMax else {
      return fail(call, RPCError(.resourceExhausted, "\(waiting.count) calls wait already"))
    }
    waiting.append(call)
  }

  /// The caller no longer wants the call, or its deadline has passed.
  func cancel(_ call: ClientCall, _ error: RPCError) {
    guard !call.isOver else { return }
    let code: ResetCode = error.code == .deadlineExceeded ? .deadlineExceeded : .cancelled
    if call.stream != nil {
      call.link?.cancel(call, code, error.message)
    } else {
      waiting.removeAll { $0 === call }
    }
    fail(call, error)
  }

  func cancel(_ call: ClientCall) {
    cancel(call, Self.cancelledError)
  }

  func fail(_ call: ClientCall, _ error: RPCError) {
    call.fail(error)
    ended(call)
  }

  /// Takes an ended call from the list of live ones.
  func ended(_ call: ClientCall) {
    call.link = nil
    guard call.index >= 0 else { return }
    let last = live.count - 1
    if call.index != last {
      live[call.index] = live[last]
      live[call.index].index = call.index
    }
    live.removeLast()
    call.index = -1
    if live.isEmpty { sweep.reset() }
  }

  /// The server did nothing for this call: it is sent again, once.
  func resend(_ call: ClientCall, _ reason: String) {
    guard !call.isOver else { return }
    guard call.canBeResent else {
      return fail(call, RPCError(.unavailable, "the server refused the call: \(reason)"))
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
    for call in live where !call.isOver {
      guard let deadline = call.deadline else { continue }
      if deadline <= now { cancel(call, Self.deadlineError) } else { earliest = min(earliest, deadline) }
    }
    if earliest < .distantFuture { sweep.watch(earliest, on: eventLoop) { [weak self] in self?.sweepDeadlines() } }
  }

  var hasWaitingCalls: Bool { !waiting.isEmpty }

  // MARK: Connection

  private func connect() {
    var hello = Hello()
    hello.software = configuration.software
    if let environment = configuration.environment { hello.environment = environment }
    let link = ClientLink(owner: self, hello: hello, limits: wireLimits, frameLog: configuration.telemetry.frameLog)
    state = .connecting(link)
    let seconds = configuration.connectTimeoutSeconds
    eventLoop.scheduleTask(in: .seconds(Int64(seconds))) { [weak self] in
      guard let self, case .connecting(let attempt) = self.state, attempt === link else { return }
      link.lose(RPCError(.unavailable, "\(self.connector.place) did not answer within \(seconds) s"))
    }
    connector.connect(link, on: eventLoop) { link.lose($0) }
    startKeepAlive()
  }

  private func startKeepAlive() {
    guard keepAlive == nil else { return }
    keepAlive = eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { [weak self] task in
      guard let self else { return task.cancel() }
      let now = NIODeadline.now()
      for link in [self.current].compactMap({ $0 }) + self.leaving.values {
        link.tick(
          now: now, silenceSeconds: self.configuration.keepaliveSeconds,
          timeoutSeconds: self.configuration.keepaliveTimeoutSeconds)
      }
    }
  }

  func connectionIsReady(_ connection: ClientLink) {
    if case .shutDown = state { return connection.leave() }
    failures = 0
    current = connection
    state = .ready(connection)
    moreCalls()
  }

  func moreCalls() {
    guard case .ready(let connection) = state else { return }
    while connection.canOpen, let call = waiting.popFirst() {
      if !call.isOver { open(call, on: connection) }
    }
  }

  func connectionLeaves(_ connection: ClientLink) {
    leaving[ObjectIdentifier(connection)] = connection
    if case .ready(let ready) = state, ready === connection {
      state = .idle
      current = nil
    }
    if case .idle = state, !waiting.isEmpty { connect() }
  }

  func connectionIsLost(_ connection: ClientLink, _ error: RPCError) {
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
    for call in failing { fail(call, error) }
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
    let unopened = waiting
    waiting = []
    for call in unopened { fail(call, error) }
    keepAlive?.cancel()
    keepAlive = nil
    last?.leave()
  }
}

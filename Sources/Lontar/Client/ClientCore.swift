internal import DequeModule
internal import LontarWire
internal import NIOCore

/// The client's state on its event loop: which calls live, which wait, and which connections can take one.
///
/// Unchecked because everything but the constants is confined to the event loop.
final class ClientCore: @unchecked Sendable {
  let eventLoop: any EventLoop
  let executor: EventLoopTaskExecutor
  let wireLimits: WireLimits
  /// Nil: nobody measures or traces.
  let telemetry: ClientTelemetry?
  let configuration: ClientOptions
  let connector: any Connector
  let plans: MethodPlans

  // MARK: Calls

  private var waiting: Deque<ClientCall> = []
  private var live: [ClientCall] = []
  private var sweep = DeadlineSweep()
  /// Of all calls that keep requests to send them again.
  var replayBytes = 0

  // MARK: Connections

  /// One for all addresses (pick-first), or one for each (round-robin).
  var subchannels: [Subchannel] = []
  /// Connections that take calls, in the order of their subchannels.
  var ready: [ClientLink] = []
  private var nextReady = 0
  /// Connections that take no new calls but still run some.
  var leaving: [ObjectIdentifier: ClientLink] = [:]
  var connectivity = ConnectivityState.idle
  /// Why every address failed; nil: not all have.
  var failure: RPCError?
  var isResolving = false
  var isShutDown = false
  var watchers: [Int: AsyncStream<ConnectivityState>.Continuation] = [:]
  var nextWatcher = 0
  var keepAlive: RepeatedTask?

  init(options: ClientOptions, connector: any Connector, eventLoop: any EventLoop) {
    configuration = options
    self.connector = connector
    self.eventLoop = eventLoop
    plans = MethodPlans(options.service)
    executor = EventLoopTaskExecutor(eventLoop)
    wireLimits = options.wireLimits
    telemetry = ClientTelemetry(options.telemetry, target: connector.target)
    if case .pickFirst = options.balancing { subchannels = [Subchannel(self, fixed: nil)] }
  }

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

  /// Gives a call to a connection, or has it wait for one.
  func dispatch(_ call: ClientCall) {
    if waiting.isEmpty, let link = pick(for: call) { open(call, on: link) } else { postpone(call) }
  }

  /// The connection whose turn it is, first among those whose servers are not busy; nil: none can take a call now.
  /// - Parameter call: another connection than the one that refused it, if there is one.
  private func pick(for call: ClientCall?) -> ClientLink? {
    if ready.count == 1 { return ready[0].canOpen ? ready[0] : nil }
    var spare: Int?
    for step in 0..<ready.count {
      let index = (nextReady + step) % ready.count
      let link = ready[index]
      guard link.canOpen else { continue }
      guard !link.isBusy, call?.refusedBy != ObjectIdentifier(link) else {
        if !link.isBusy || spare == nil { spare = index }
        continue
      }
      nextReady = index + 1
      return link
    }
    guard let spare else { return nil }
    nextReady = spare + 1
    return ready[spare]
  }

  private func postpone(_ call: ClientCall) {
    if isShutDown { return fail(call, .clientShutDown) }
    if ready.isEmpty, let failure, !call.waitForReady || failure.isHopeless { return attemptFailed(call, failure) }
    guard waiting.count < configuration.waitingCallsMax else { return fail(call, .tooManyWaiting(waiting.count)) }
    waiting.append(call)
    if connectivity == .idle { connect() }
  }

  private func open(_ call: ClientCall, on connection: ClientLink) {
    if let deadline = call.deadline, deadline.remainingNanoseconds == 0 { return fail(call, .deadlinePassed) }
    if let bytes = call.longestRequestBytes, bytes > connection.messageBytesMax {
      return fail(call, .requestTooLarge(bytes, serverLimit: connection.messageBytesMax))
    }
    connection.open(call)
  }

  /// Connections, or credit for calls, have come.
  func moreCalls() {
    while !waiting.isEmpty, let link = pick(for: waiting.first) {
      let call = waiting.removeFirst()
      if !call.isOver { open(call, on: link) }
    }
  }

  var hasWaitingCalls: Bool { !waiting.isEmpty }

  /// Every address has failed: only calls that wait for ready go on waiting, and not even those if it is hopeless.
  func failWaiting(_ error: RPCError) {
    let failing = waiting.filter { !$0.waitForReady || error.isHopeless }
    guard !failing.isEmpty else { return }
    waiting.removeAll { !$0.waitForReady || error.isHopeless }
    for call in failing { attemptFailed(call, error) }
  }

  // MARK: Ends

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
    cancel(call, .cancelledByCaller)
  }

  /// For good.
  func fail(_ call: ClientCall, _ error: RPCError, trailing: MetadataBlock = .empty) {
    call.fail(error, trailing: trailing)
    ended(call)
  }

  /// Takes an ended call from the list of live ones.
  func ended(_ call: ClientCall) {
    call.dropRequests(self)
    call.link = nil
    guard call.index >= 0 else { return }
    let last = live.count - 1
    if call.index != last {
      live[call.index] = live[last]
      live[call.index].index = call.index
    }
    live.removeLast()
    call.index = -1
    endSweep()
  }

  /// Between calls the timer stays as it is, for the next call's deadline is mostly a later one. After a shutdown there is no next.
  func endSweep() {
    if isShutDown, live.isEmpty { sweep.reset() }
  }

  /// Fails every call that has no stream: those that wait for a connection and those that wait to be tried again.
  func failUnopened(_ error: RPCError) {
    waiting = []
    for call in live where call.stream == nil { fail(call, error) }
  }

  private func sweepDeadlines() {
    sweep.reset()
    let now = NIODeadline.now()
    var earliest = NIODeadline.distantFuture
    for call in live where !call.isOver {
      guard let deadline = call.deadline else { continue }
      if deadline <= now { cancel(call, .deadlinePassed) } else { earliest = min(earliest, deadline) }
    }
    if earliest < .distantFuture { sweep.watch(earliest, on: eventLoop) { [weak self] in self?.sweepDeadlines() } }
  }
}

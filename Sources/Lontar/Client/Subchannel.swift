internal import LontarWire
internal import NIOCore

/// One connection at a time to one of some addresses, with its own backoff: all addresses of the client (pick-first), or one
/// (round-robin, where it connects by itself for as long as the client lives).
///
/// Unchecked because it is confined to the client's event loop.
final class Subchannel: @unchecked Sendable {
  private enum State {
    case idle
    /// Nil: the addresses are being asked for.
    case connecting(ClientLink?)
    /// HELLO has come; whether the server serves is not known yet.
    case settling(ClientLink)
    case ready(ClientLink)
    /// The server says that it does not serve.
    case unhealthy(ClientLink, RPCError)
    case backingOff(RPCError)
    /// Its connections end as soon as they are made.
    case pausing
    case closed
  }

  /// The one address of round-robin.
  let fixed: Destination?
  private unowned let owner: ClientCore
  private var state = State.idle
  private var destinations: [Destination] = []
  private var next = 0
  /// The attempts of this search, by endpoint.
  private var failed: [(place: String, error: RPCError)] = []
  /// Searches in a row that failed.
  private var failures = 0
  private var watchFailures = 0
  /// Of the last search; round-robin forgets it when the server serves.
  private var lastError: RPCError?

  init(_ owner: ClientCore, fixed: Destination?) {
    self.owner = owner
    self.fixed = fixed
  }

  private var isEager: Bool { fixed != nil }

  var readyLink: ClientLink? {
    if case .ready(let link) = state { link } else { nil }
  }

  /// The connection, whatever it is good for.
  var link: ClientLink? {
    switch state {
    case .connecting(let link): link
    case .settling(let link), .ready(let link), .unhealthy(let link, _): link
    case .idle, .backingOff, .pausing, .closed: nil
    }
  }

  /// Why it can take no calls, and for which endpoint that holds; nil: it can, or has not failed yet.
  var failure: (place: String, error: RPCError)? {
    let error: RPCError? =
      switch state {
      case .backingOff(let error), .unhealthy(_, let error): error
      case .idle, .connecting, .settling, .pausing: isEager ? lastError : nil
      case .ready, .closed: nil
      }
    return error.map { (fixed?.place ?? "", $0) }
  }

  var connectivity: ConnectivityState {
    if failure != nil { return .transientFailure }
    switch state {
    case .idle: return .idle
    case .connecting, .settling, .pausing: return .connecting
    case .ready: return .ready
    case .unhealthy, .backingOff: return .transientFailure
    case .closed: return .shutdown
    }
  }

  private func become(_ state: State) {
    self.state = state
    owner.subchannelChanged()
  }

  // MARK: Connecting

  func connect() {
    guard case .idle = state else { return }
    failed = []
    if let fixed {
      destinations = [fixed]
      return attempt(0)
    }
    become(.connecting(nil))
    owner.destinations { [weak self] found in
      guard let self, case .connecting(nil) = self.state else { return }
      self.destinations = found
      self.attempt(0)
    }
  }

  private func attempt(_ index: Int) {
    next = index
    guard index < destinations.count else { return backOff() }
    let destination = destinations[index]
    var hello = Hello()
    hello.software = owner.configuration.software
    if let environment = owner.configuration.environment { hello.environment = environment }
    let link = ClientLink(owner: owner, subchannel: self, hello: hello)
    become(.connecting(link))
    let seconds = owner.configuration.connectTimeoutSeconds
    owner.eventLoop.scheduleTask(in: .seconds(Int64(seconds))) { [weak self, weak link] in
      guard let self, let link, case .connecting(let attempt?) = self.state, attempt === link else { return }
      link.lose(.connectTimeout(destination.place, seconds: seconds))
    }
    owner.connector.connect(link, to: destination, on: owner.eventLoop) { link.lose($0) }
  }

  private func backOff() {
    let error = failed.isEmpty ? RPCError.noAddress("the server") : RPCError.unreachable(failed)
    failures += 1
    lastError = error
    become(.backingOff(error))
    owner.eventLoop.scheduleTask(in: backoff(failures)) { [weak self] in
      guard let self, case .backingOff = self.state else { return }
      self.state = .idle
      self.isEager ? self.connect() : self.owner.subchannelChanged()
    }
    if isEager { owner.resolve() }
  }

  /// After so many failures in a row.
  private func backoff(_ failures: Int) -> TimeAmount {
    var delay = Double(owner.configuration.backoffFirstMilliseconds)
    for _ in 1..<min(max(failures, 1), 40) { delay *= 1.6 }
    delay = min(delay, Double(owner.configuration.backoffMaxMilliseconds)) * Double.random(in: 0.8...1.2)
    return .microseconds(Int64(delay * 1_000))
  }

  // MARK: The connection's events

  func connectionIsReady(_ link: ClientLink) {
    guard case .connecting(let attempt?) = state, attempt === link else { return link.leave() }
    failures = 0
    guard owner.configuration.healthService != nil else { return isServing(link) }
    become(.settling(link))
    watchHealth(link)
    owner.eventLoop.scheduleTask(in: .seconds(Int64(owner.configuration.connectTimeoutSeconds))) { [weak self, weak link] in
      guard let self, let link, case .settling(let settling) = self.state, settling === link else { return }
      self.isUnhealthy(link, self.notServing())
    }
  }

  private func isServing(_ link: ClientLink) {
    lastError = nil
    become(.ready(link))
  }

  func connectionLeaves(_ link: ClientLink) {
    owner.leaves(link)
    guard self.link === link else { return }
    if case .settling = state { return fails(.callRefused("the server is going away")) }
    startAgain(link)
  }

  func connectionIsLost(_ link: ClientLink, _ error: RPCError) {
    owner.isGone(link)
    guard self.link === link else { return }
    switch state {
    case .connecting, .settling: fails(error)
    default: startAgain(link)
    }
  }

  /// This address is no good; the next may be.
  private func fails(_ error: RPCError) {
    if next < destinations.count { failed.append((destinations[next].place, error)) }
    attempt(next + 1)
  }

  /// The connection was good and is no more.
  private func startAgain(_ link: ClientLink) {
    state = .idle
    guard isEager else { return owner.subchannelChanged() }
    // A server that ends each connection as soon as it is made must not be asked again and again.
    if link.age < .milliseconds(Int64(owner.configuration.backoffFirstMilliseconds)) {
      owner.eventLoop.scheduleTask(in: backoff(1)) { [weak self] in
        guard let self, case .pausing = self.state else { return }
        self.state = .idle
        self.connect()
      }
      become(.pausing)
    } else {
      connect()
    }
    owner.resolve()
  }

  /// No more calls; those that run go on.
  func close() {
    let last = link
    let isConnecting = if case .connecting = state { true } else { false }
    state = .closed
    guard let last else { return }
    if isConnecting { return last.lose(.endedByShutdown) }
    owner.leaves(last)
    last.leave()
  }

  // MARK: Health

  /// What a connection's server says of itself.
  enum Health {
    case serving
    case notServing
    /// The server has no such service.
    case unknown
    case watchEnded(RPCError, isRoutine: Bool)
  }

  private func watchHealth(_ link: ClientLink) {
    guard let service = owner.configuration.healthService else { return }
    link.watchHealth(of: service)
  }

  func healthIs(_ health: Health, of link: ClientLink) {
    guard self.link === link else { return }
    if case .connecting = state { return }
    switch health {
    case .serving, .unknown:
      watchFailures = 0
      isServing(link)
    case .notServing:
      watchFailures = 0
      isUnhealthy(link, notServing())
    case .watchEnded(_, isRoutine: true):
      watchHealth(link)
    case .watchEnded(let error, isRoutine: false):
      watchFailures += 1
      isUnhealthy(link, notServing(error))
      guard self.link === link else { return }
      owner.eventLoop.scheduleTask(in: backoff(watchFailures)) { [weak self] in
        if let self, self.link === link { self.watchHealth(link) }
      }
    }
  }

  private func notServing(_ cause: RPCError? = nil) -> RPCError {
    .notServing(next < destinations.count ? destinations[next].place : "", owner.configuration.healthService ?? "", cause: cause)
  }

  /// Where there are other addresses they are tried; an only one is watched until it serves.
  private func isUnhealthy(_ link: ClientLink, _ error: RPCError) {
    guard destinations.count > 1 else {
      lastError = error
      return become(.unhealthy(link, error))
    }
    let wasReady = if case .ready = state { true } else { false }
    state = .idle
    owner.leaves(link)
    link.leave()
    if wasReady { return connect() }
    fails(error)
  }
}

internal import Logging
internal import Synchronization

/// The pool's thread: it alone touches connections, and everything it decides is decided in turns.
///
/// A turn waits for readiness, reads what has arrived, takes what callers posted, looks at the clock and sends what
/// the pipelines hold. Its parts: connecting, dispatching, cancelling, timing (one file each).
final class PoolReactor {
  let configuration: PostgresConfiguration
  let inbox: PoolInbox
  let counters: PoolCounters
  let logger: Logger
  let poller = Poller()
  let clock = ContinuousClock()

  var links: [Link] = []
  var lastLinkID = 0
  var waiting = FIFO<PendingRequest>()
  var waitingLeases = FIFO<PendingRequest>()
  var waitingCancels = FIFO<PendingRequest>()
  var arena = ParameterArena()

  var backoff: Backoff
  /// Not before then is another connection tried.
  var nextAttempt: ContinuousClock.Instant?
  /// Since then no shared connection is up.
  var downSince: ContinuousClock.Instant?
  var lastFailure: String?

  /// No deadline passes before this moment.
  var earliestDeadline: ContinuousClock.Instant?
  /// The pool takes no new requests and ends when it is empty, at this moment at the latest.
  var shutdownLimit: ContinuousClock.Instant?
  var isFinished = false
  /// The time of this turn.
  var now: ContinuousClock.Instant

  /// Answered in this turn; their callers are woken together, which costs a fraction of waking them one by one.
  var answered: [PendingRequest] = []
  private var commands: [PoolCommand] = []
  private var ready: [UInt64] = []

  init(configuration: PostgresConfiguration, inbox: PoolInbox, counters: PoolCounters, logger: Logger) {
    self.configuration = configuration
    self.inbox = inbox
    self.counters = counters
    self.logger = logger
    backoff = Backoff(first: configuration.reconnectDelayMin, longest: configuration.reconnectDelayMax)
    now = clock.now
  }

  /// Returns when the pool is shut down.
  func run() {
    poller.watch(inbox.descriptor, token: Self.inboxToken, for: .read)
    while true {
      openNeededLinks()
      dispatch()
      finishShutdown()
      if isFinished { break }
      publishHoldings()
      turn()
    }
    closeEverything()
  }

  private static let inboxToken: UInt64 = 0

  private func turn() {
    let pause = inbox.fallsAsleep() ? millisecondsToNextTimer() : 0
    ready.removeAll(keepingCapacity: true)
    poller.wait(milliseconds: pause) { ready.append($0) }
    now = clock.now
    for token in ready {
      if token == Self.inboxToken {
        inbox.clearWakeUp()
      } else if let link = link(Int(token)) {
        serve(link)
      }
    }
    wakeAnswered()
    inbox.take(into: &commands)
    for command in commands { perform(command) }
    commands.removeAll(keepingCapacity: true)
    fireTimers()
  }

  private func wakeAnswered() {
    for request in answered { request.finish(.success(.results(request.results))) }
    answered.removeAll(keepingCapacity: true)
  }

  func link(_ id: Int) -> Link? {
    links.first { $0.id == id }
  }

  private func serve(_ link: Link) {
    guard link.isReady else { return connectFurther(link) }
    let outcome = link.receive { request in finish(request, on: link) }
    switch outcome {
    case .drained:
      if link.isWriteBlocked { flush(link) }
      settle(link)
    case .broken(let reason):
      drop(link, reason: reason)
    case .violation(let detail):
      logger.error("the database answered out of turn", metadata: ["detail": "\(detail)"])
      drop(link, reason: detail, violates: true)
    }
  }

  private func perform(_ command: PoolCommand) {
    switch command {
    case .submit(let request): admit(request)
    case .cancel(let request): cancel(request)
    case .release(let id): release(id)
    case .shutdown(let limit): beginShutdown(limit)
    }
  }

  func publishHoldings() {
    counters.inFlight.store(links.reduce(0) { $0 + $1.inFlight.count }, ordering: .relaxed)
    counters.waiting.store(waiting.count, ordering: .relaxed)
  }
}

internal import Logging

/// Deadlines, time limits and the end.
extension PoolReactor {
  /// A request still running this long after its deadline is cancelled. The server's own statement_timeout, set for the same
  /// moment, goes first: it costs nothing and hits nobody else.
  private static let deadlineGrace: Duration = .milliseconds(250)

  /// This long after its deadline a request is answered even if the server has not let go of it, so that no caller hangs on a
  /// server that does, or on another's slow work before it in the pipeline. It may still run: its outcome is unknown.
  private static let answerGrace: Duration = .milliseconds(1_000)

  /// -1 when nothing will happen without an event.
  func millisecondsToNextTimer() -> Int32 {
    var next = earliestDeadline
    func consider(_ instant: ContinuousClock.Instant?) {
      if let instant { next = min(next ?? instant, instant) }
    }
    consider(shutdownLimit)
    if !waiting.isEmpty, let downSince { consider(downSince + configuration.downtimeWaitMax) }
    if downSince != nil || !waiting.isEmpty || !waitingLeases.isEmpty || !waitingCancels.isEmpty { consider(nextAttempt) }
    for link in links {
      if case .connecting(let limit) = link.phase { consider(limit) }
      if link.isHeld, link.cancelsUnderWay == 0 { consider(link.nextCancel) }
    }
    guard let next else { return -1 }
    // Rounded up: waking a moment early would mean waking twice.
    let left = (next - clock.now).components
    let milliseconds = left.seconds * 1_000 + left.attoseconds / 1_000_000_000_000_000 + 1
    return Int32(clamping: max(0, milliseconds))
  }

  func fireTimers() {
    for link in links {
      if case .connecting(let limit) = link.phase, limit <= now { drop(link, reason: "no connection within the time limit") }
      if link.isHeld { pursueCancellation(on: link) }
    }
    if let earliestDeadline, earliestDeadline <= now { sweepDeadlines() }
  }

  /// Answers waiting requests whose time is over, turns on running ones, and finds the next moment to look.
  private func sweepDeadlines() {
    earliestDeadline = nil
    expire(&waiting)
    expire(&waitingLeases)
    for link in links {
      expire(&link.backlog)
      link.inFlight.forEach(checkDeadline(ofSent:))
      pursueCancellation(on: link)
    }
  }

  private func checkDeadline(ofSent request: PendingRequest) {
    guard let deadline = request.deadline, request.state == .sent, request.cancelReason != .task else { return }
    if deadline + Self.deadlineGrace > now { return noteDeadline(deadline + Self.deadlineGrace) }
    request.cancelReason = .deadline
    if deadline + Self.answerGrace > now { return noteDeadline(deadline + Self.answerGrace) }
    request.fail(.deadlineExceeded(detail: "sent, not answered"))
  }

  private func expire(_ queue: inout FIFO<PendingRequest>) {
    let late = queue.removeAll { request in request.deadline.map { $0 <= now } ?? false }
    for request in late { request.fail(.deadlineExceeded()) }
    queue.forEach { $0.deadline.map(noteDeadline) }
  }

  private func noteDeadline(_ deadline: ContinuousClock.Instant) {
    earliestDeadline = min(earliestDeadline ?? deadline, deadline)
  }

  func beginShutdown(_ limit: Duration?) {
    shutdownLimit = now + (limit ?? .zero)
  }

  func finishShutdown() {
    guard let shutdownLimit else { return }
    let isIdle = waiting.isEmpty && links.allSatisfy { $0.inFlight.isEmpty && !$0.isLeased }
    if isIdle || shutdownLimit <= now { isFinished = true }
  }

  func closeEverything() {
    for command in inbox.close() {
      if case .submit(let request) = command { request.fail(.shutDown) }
    }
    for queue in [waiting, waitingLeases, waitingCancels] { queue.forEach { $0.fail(.shutDown) } }
    for link in links {
      link.inFlight.forEach { $0.fail(.connectionLost(sent: true, repeatable: $0.repeatable, detail: "the pool was shut down")) }
      link.backlog.forEach { $0.fail(.shutDown) }
      remove(link)
    }
    publishHoldings()
    inbox.announceEnd()
  }
}

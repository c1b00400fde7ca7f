internal import Logging

/// Ending requests whose callers have gone or whose time is over.
///
/// A queued request is answered at once. For one that was sent, the server is asked to cancel its backend's work, but only
/// while the request is the first of its pipeline, or the cancellation would hit another. From then on nothing is fed to
/// that connection until it is drained and the cancellation answered; whoever stood behind and was hit is sent again.
extension PoolReactor {
  /// A cancellation that finds its backend between two statements is lost without a trace, so it is repeated.
  private static let cancelInterval: Duration = .milliseconds(100)

  func cancel(_ request: PendingRequest) {
    switch request.state {
    case .new: request.cancelReason = .task
    case .queued: request.fail(.cancelled())
    case .sent:
      request.cancelReason = request.cancelReason ?? .task
      for link in links { pursueCancellation(on: link) }
    case .finished: break
    }
  }

  /// Asks for the cancellation of the request that runs on a connection, when it is one to be cancelled.
  func pursueCancellation(on link: Link) {
    guard let running = link.inFlight.first, running.cancelReason != nil else { return }
    link.isHeld = true
    guard link.cancelsUnderWay == 0, link.nextCancel.map({ $0 <= now }) ?? true else { return }
    link.nextCancel = now + Self.cancelInterval
    link.cancelsUnderWay += 1
    let request = PendingRequest(work: .cancelBackend(processID: link.processID, victim: link.id))
    request.state = .queued
    waitingCancels.append(request)
  }

  func dispatchCancels() {
    while let request = waitingCancels.first {
      guard case .cancelBackend(_, let victim) = request.work, isStillWanted(victim: victim) else {
        _ = waitingCancels.popFirst()
        if case .cancelBackend(_, let victim) = request.work { cancellationEnded(victim: victim) }
        continue
      }
      guard let messenger = messenger(avoiding: victim) else { return }
      _ = waitingCancels.popFirst()
      counters.cancellations.increase()
      send(request, on: messenger)
    }
  }

  private func isStillWanted(victim: Int) -> Bool {
    link(victim)?.inFlight.first?.cancelReason != nil
  }

  /// An idle shared connection, else the one kept for this, opened when first needed: a cancellation never waits behind work.
  private func messenger(avoiding victim: Int) -> Link? {
    let idle = links.first { link in
      link.id != victim && link.role == .shared && link.inFlight.isEmpty && link.accepts(depthMax: 1)
    }
    if let idle { return idle }
    if let control = links.first(where: { $0.role == .control }) { return control.isReady ? control : nil }
    if mayAttempt { open(.control) }
    return nil
  }

  func cancellationEnded(victim: Int) {
    guard let link = link(victim) else { return }
    link.cancelsUnderWay -= 1
    if link.inFlight.isEmpty { settle(link) }
  }
}

internal import Logging

/// Requests on their way: admitted, sent, answered.
extension PoolReactor {
  func admit(_ request: PendingRequest) {
    guard request.state == .new else { return }
    if request.cancelReason != nil { return request.fail(.cancelled()) }
    if let deadline = request.deadline {
      if deadline <= now { return request.fail(.deadlineExceeded()) }
      earliestDeadline = min(earliestDeadline ?? deadline, deadline)
    }
    request.state = .queued
    switch request.work {
    case .steps(_, _, let lease?), .script(_, let lease): admitLeased(request, lease)
    case .lease: admitShared(request, to: &waitingLeases)
    case .steps, .cancelBackend: admitShared(request, to: &waiting)
    }
  }

  private func admitShared(_ request: PendingRequest, to queue: inout FIFO<PendingRequest>) {
    if shutdownLimit != nil { return request.fail(.shutDown) }
    if isDown { return request.fail(.unavailable(detail: lastFailure)) }
    if queue.count >= configuration.waitingRequestsMax {
      // Cancelled ones keep their place until the queue is looked through.
      _ = queue.removeAll { $0.state == .finished }
      if waitsFully(queue.count) { return request.fail(.poolExhausted(waiting: queue.count)) }
    }
    queue.append(request)
  }

  private func waitsFully(_ count: Int) -> Bool {
    count >= configuration.waitingRequestsMax && leastLoaded() == nil
  }

  private func admitLeased(_ request: PendingRequest, _ lease: Int) {
    guard let link = link(lease), link.isLeased else {
      return request.fail(.connectionLost(sent: false, repeatable: false, detail: lastFailure))
    }
    link.backlog.append(request)
    feed(link)
  }

  /// Sends what the pipelines hold, then writes each touched connection once.
  func dispatch() {
    refuseWaitingWhenDown()
    dispatchCancels()
    dispatchLeases()
    while let request = waiting.first {
      if request.state == .finished {
        _ = waiting.popFirst()
        continue
      }
      guard let link = leastLoaded() else { break }
      _ = waiting.popFirst()
      send(request, on: link)
    }
  }

  private func leastLoaded() -> Link? {
    var best: Link?
    for link in links where link.role == .shared && link.accepts(depthMax: configuration.pipelineDepthMax) {
      if link.inFlight.isEmpty { return link }
      if link.runningSince + configuration.slowAfter < now { continue }
      if link.inFlight.count < best?.inFlight.count ?? .max { best = link }
    }
    return best
  }

  func send(_ request: PendingRequest, on link: Link) {
    let isFirst = request.repetitions == 0
    switch link.send(request, arena: &arena) {
    case .sent:
      if link.inFlight.count == 1 { link.runningSince = now }
      if isFirst { counters.requests.increase() }
      counters.roundTrips.increase(by: request.syncs)
      counters.preparations.increase(by: request.prepares.count)
      flush(link)
    case .refused(let error):
      request.fail(error)
    case .broken:
      let reason = link.failureText
      request.fail(.connectionLost(sent: true, repeatable: request.repeatable, detail: reason))
      drop(link, reason: reason)
    }
  }

  func flush(_ link: Link) {
    let wasBlocked = link.isWriteBlocked
    guard link.flush() else { return drop(link, reason: link.failureText) }
    if link.isWriteBlocked != wasBlocked {
      // Reading goes on while writing waits: a server that cannot answer stops reading too.
      poller.watch(link.socket, token: UInt64(link.id), for: link.isWriteBlocked ? [.read, .write] : .read)
    }
  }

  /// The last Sync of a request has come.
  func finish(_ request: PendingRequest, on link: Link) {
    link.runningSince = now
    if case .cancelBackend(_, let victim) = request.work { cancellationEnded(victim: victim) }
    guard let failure = request.failure else { return answered.append(request) }
    if mayRepeat(request, failure, on: link) {
      counters.repetitions.increase()
      request.rewind()
      waiting.prepend(request)
    } else {
      request.fail(error(for: request, failure))
    }
  }

  private func error(for request: PendingRequest, _ failure: ServerReport) -> PostgresError {
    if failure.endsConnection {
      return .connectionLost(sent: true, repeatable: request.repeatable, detail: failure.message)
    }
    guard failure.isCancellation else { return failure.error }
    switch request.cancelReason {
    case .task: return .cancelled(detail: failure.message)
    case .deadline: return .deadlineExceeded(detail: failure.message)
    case nil: return failure.error
    }
  }

  /// The failure was not the request's own: it was undone as a whole and is sent again.
  private func mayRepeat(_ request: PendingRequest, _ failure: ServerReport, on link: Link) -> Bool {
    guard link.role == .shared, case .steps = request.work, request.cancelReason == nil else { return false }
    // Neither a statement that is missing time and again nor a plan the schema has outlived can be mended here.
    let isStale = failure.outlivesSchema || (failure.missesStatement && request.repetitions == PendingRequest.repetitionsMax)
    if isStale { link.isRetiring = true }
    guard request.repetitions < PendingRequest.repetitionsMax else { return false }
    let isStray = failure.isCancellation && !failure.namesTimeout && link.isHeld
    return isStray || failure.missesStatement || failure.outlivesSchema
  }

  /// After answers were taken: a drained connection may end, be cleaned or be fed again.
  func settle(_ link: Link) {
    guard !link.isClosed else { return }
    pursueCancellation(on: link)
    guard link.inFlight.isEmpty else { return }
    if link.isHeld, link.cancelsUnderWay == 0 { link.isHeld = false }
    if link.isLeased { return feed(link) }
    if link.isRetiring { return remove(link) }
    if !link.isOutsideTransaction {
      logger.error("a connection was left inside a transaction and is closed")
      remove(link)
    }
  }
}

extension PendingRequest {
  /// Syncs its sending took.
  var syncs: Int { if case .script = work { 1 } else { script.syncs } }
}

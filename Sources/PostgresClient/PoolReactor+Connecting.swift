internal import Logging

/// Opening, losing and replacing connections.
extension PoolReactor {
  var sharedLinks: some Sequence<Link> { links.lazy.filter { $0.role == .shared && !$0.isRetiring } }
  private var isConnectingShared: Bool { sharedLinks.contains { !$0.isReady } }
  private var hasReadySharedLink: Bool { sharedLinks.contains { $0.isReady } }
  var mayAttempt: Bool { nextAttempt.map { $0 <= now } ?? true }

  /// No connection is up and the time to wait for one is over.
  var isDown: Bool { downSince.map { $0 + configuration.downtimeWaitMax <= now } ?? false }

  /// One attempt at a time: a database that refuses is not asked by many at once.
  func openNeededLinks() {
    guard shutdownLimit == nil || !waiting.isEmpty, mayAttempt, !isConnectingShared else { return }
    let count = sharedLinks.reduce(0) { sum, _ in sum + 1 }
    guard count < configuration.connectionsMax else { return }
    let isShort = count < configuration.connectionsMin || (downSince != nil && count == 0)
    // A request that would queue behind another is reason enough for one more connection.
    let isBusy = !waiting.isEmpty && !sharedLinks.contains { $0.isReady && $0.inFlight.isEmpty && !$0.isHeld }
    if isShort || isBusy { open(.shared) }
  }

  @discardableResult
  func open(_ role: Link.Role) -> Link? {
    lastLinkID += 1
    guard let link = Link(id: lastLinkID, role: role, configuration: configuration, now: now) else { return nil }
    links.append(link)
    if role == .shared, downSince == nil, !hasReadySharedLink { downSince = now }
    if backoff.hasFailed { counters.reconnects.increase() }
    // libpq wants to be treated as if it had asked for writing; a start that failed at once is told here too.
    if link.isBroken {
      drop(link, reason: link.failureText)
    } else {
      poller.watch(link.socket, token: UInt64(link.id), for: .write)
    }
    return link
  }

  func connectFurther(_ link: Link) {
    switch link.connectFurther() {
    case .waits(let interest):
      poller.watch(link.socket, token: UInt64(link.id), for: interest)
    case .ready:
      poller.watch(link.socket, token: UInt64(link.id), for: .read)
      didConnect(link)
    case .failed(let reason):
      drop(link, reason: reason)
    }
  }

  private func didConnect(_ link: Link) {
    logger.debug("database connection open", metadata: ["backend": "\(link.processID)", "role": "\(link.role)"])
    counters.connections.increase()
    backoff.reset()
    nextAttempt = nil
    if link.role == .shared {
      if downSince != nil, lastFailure != nil { logger.notice("the database is back") }
      downSince = nil
      lastFailure = nil
    }
  }

  /// Ends a connection that failed, was lost or is not wanted any more, and answers everything on it.
  func drop(_ link: Link, reason: String, violates: Bool = false) {
    let wasReady = link.isReady
    remove(link)
    let error: (PendingRequest) -> PostgresError = { request in
      violates ? .protocolViolation(reason) : .connectionLost(sent: true, repeatable: request.repeatable, detail: reason)
    }
    while let request = link.inFlight.popFirst() { answer(request, with: error(request)) }
    while let request = link.backlog.popFirst() {
      request.fail(.connectionLost(sent: false, repeatable: false, detail: reason))
    }
    noteFailure(of: link, wasReady: wasReady, reason: reason)
  }

  /// Takes a connection out of service and closes it.
  func remove(_ link: Link) {
    if link.socket >= 0 { poller.forget(link.socket) }
    if link.isReady { counters.connections.increase(by: -1) }
    links.removeAll { $0 === link }
    link.close()
  }

  private func answer(_ request: PendingRequest, with error: PostgresError) {
    if case .cancelBackend(_, let victim) = request.work { cancellationEnded(victim: victim) }
    request.fail(error)
  }

  private func noteFailure(of link: Link, wasReady: Bool, reason: String) {
    nextAttempt = now + backoff.nextPause(chance: .random(in: 0..<1))
    lastFailure = reason
    logger.warning(
      wasReady ? "database connection lost" : "the database cannot be reached", metadata: ["reason": "\(reason)"])
    switch link.role {
    case .shared:
      if downSince == nil, !hasReadySharedLink { downSince = now }
    case .exclusive:
      guard !wasReady else { return }
      while let request = waitingLeases.popFirst() { request.fail(.unavailable(detail: reason)) }
    case .control:
      guard !wasReady else { return }
      while let request = waitingCancels.popFirst() { answer(request, with: .unavailable(detail: reason)) }
    }
  }

  /// With no connection up for too long nobody waits any more.
  func refuseWaitingWhenDown() {
    guard isDown else { return }
    while let request = waiting.popFirst() { request.fail(.unavailable(detail: lastFailure)) }
  }
}

internal import Logging

/// Connections for one caller alone.
extension PoolReactor {
  func dispatchLeases() {
    while let request = waitingLeases.first {
      if request.state == .finished {
        _ = waitingLeases.popFirst()
      } else if let link = links.first(where: { $0.isGrantable }) {
        _ = waitingLeases.popFirst()
        link.isLeased = true
        request.finish(.success(.lease(link.id)))
      } else {
        return openForLease()
      }
    }
  }

  private func openForLease() {
    let exclusive = links.filter { $0.role == .exclusive }
    let isConnecting = exclusive.contains { !$0.isReady }
    if !isConnecting, exclusive.count < configuration.exclusiveConnectionsMax, mayAttempt { open(.exclusive) }
  }

  /// Sends what the caller of a leased connection has asked for; a script waits until nothing else is in flight.
  func feed(_ link: Link) {
    while let request = link.backlog.first, link.isReady, !link.isHeld, !link.isWriteBlocked {
      let isScript = if case .script = request.work { true } else { false }
      let followsScript = if case .script? = link.inFlight.first?.work { true } else { false }
      if followsScript || (isScript && !link.inFlight.isEmpty) { return }
      _ = link.backlog.popFirst()
      if request.state != .finished { send(request, on: link) }
    }
  }

  /// The caller gives its connection back; one that is busy, changed or inside a transaction is closed.
  func release(_ id: Int) {
    guard let link = link(id) else { return }
    link.isLeased = false
    let isIdle = link.inFlight.isEmpty && link.backlog.isEmpty && !link.isHeld
    guard isIdle, !link.isRetiring, link.isOutsideTransaction else {
      while let request = link.inFlight.popFirst() { request.fail(.cancelled(detail: "its connection was given back")) }
      while let request = link.backlog.popFirst() { request.fail(.cancelled(detail: "its connection was given back")) }
      return remove(link)
    }
  }
}

extension Link {
  fileprivate var isGrantable: Bool { role == .exclusive && isReady && !isLeased && !isRetiring }
}

internal import LontarWire
internal import NIOCore

/// Which connections there are.
extension ClientCore {
  /// Makes connections unless there are some, or some are being made.
  func connect() {
    guard !isShutDown, connectivity == .idle else { return }
    switch configuration.balancing {
    case .pickFirst: subchannels[0].connect()
    case .roundRobin:
      if subchannels.isEmpty { resolve() } else { for subchannel in subchannels { subchannel.connect() } }
    }
    startKeepAlive()
  }

  /// All addresses by now, in the order in which to try them.
  func destinations(_ then: @escaping @Sendable ([Destination]) -> Void) {
    let isShuffled = configuration.balancing == .pickFirst(shuffled: true)
    connector.resolve(on: eventLoop).whenComplete { result in
      let found = (try? result.get()) ?? []
      then(isShuffled ? found.shuffled() : found)
    }
  }

  /// Asks for the addresses of round-robin. Called again whenever one of them failed: it may have moved.
  func resolve() {
    guard !isResolving, !isShutDown, subchannels.isEmpty || connector.isChanging else { return }
    isResolving = true
    subchannelChanged()
    destinations { [weak self] found in
      guard let self else { return }
      self.isResolving = false
      if !self.isShutDown { self.adopt(found) }
    }
  }

  private func adopt(_ destinations: [Destination]) {
    let old = subchannels
    subchannels = destinations.flatMap { destination -> [Subchannel] in
      if let kept = old.first(where: { $0.fixed == destination }) { return [kept] }
      // A name that can't be resolved for a while does not take its connections away.
      let known = destination.address == nil ? old.filter { $0.fixed?.endpoint == destination.endpoint } : []
      return known.isEmpty ? [Subchannel(self, fixed: destination)] : known
    }
    for subchannel in old where !subchannels.contains(where: { $0 === subchannel }) { subchannel.close() }
    for subchannel in subchannels { subchannel.connect() }
    subchannelChanged()
  }

  /// A subchannel has another state: what can calls expect now?
  func subchannelChanged() {
    guard !isShutDown else { return }
    ready = subchannels.compactMap(\.readyLink)
    let errors = subchannels.compactMap(\.failure)
    failure = ready.isEmpty && !errors.isEmpty && errors.count == subchannels.count ? .unreachable(errors) : nil
    let states = subchannels.map(\.connectivity)
    if !ready.isEmpty {
      become(.ready)
    } else if failure != nil {
      become(.transientFailure)
    } else if isResolving || states.contains(.connecting) || states.contains(.transientFailure) {
      become(.connecting)
    } else {
      become(.idle)
    }
    if let failure { failWaiting(failure) }
    moreCalls()
    if hasWaitingCalls, connectivity == .idle { connect() }
  }

  /// The connection takes no new calls; what it runs goes on.
  func leaves(_ link: ClientLink) {
    leaving[ObjectIdentifier(link)] = link
  }

  func isGone(_ link: ClientLink) {
    leaving[ObjectIdentifier(link)] = nil
    if isShutDown { endKeepAlive() }
  }

  private func startKeepAlive() {
    guard keepAlive == nil else { return }
    keepAlive = eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { [weak self] task in
      guard let self else { return task.cancel() }
      let now = NIODeadline.now()
      for link in self.subchannels.compactMap(\.link) + self.leaving.values {
        link.tick(
          now: now, silenceSeconds: self.configuration.keepaliveSeconds,
          timeoutSeconds: self.configuration.keepaliveTimeoutSeconds)
      }
    }
  }

  /// Calls that still run need it until their last connection has gone.
  private func endKeepAlive() {
    guard leaving.isEmpty else { return }
    keepAlive?.cancel()
    keepAlive = nil
  }

  func shutDown() {
    guard !isShutDown else { return }
    isShutDown = true
    ready = []
    failUnopened(.endedByShutdown)
    for subchannel in subchannels { subchannel.close() }
    endSweep()
    endKeepAlive()
    become(.shutdown)
    for watcher in watchers.values { watcher.finish() }
    watchers = [:]
  }

  // MARK: Connectivity

  private func become(_ state: ConnectivityState) {
    guard connectivity != state else { return }
    connectivity = state
    for watcher in watchers.values { watcher.yield(state) }
  }

  /// Tells the state by now and each later one.
  func tell(_ watcher: AsyncStream<ConnectivityState>.Continuation) {
    watcher.yield(connectivity)
    guard !isShutDown else { return watcher.finish() }
    let id = nextWatcher
    nextWatcher += 1
    watchers[id] = watcher
    watcher.onTermination = { [weak self] _ in
      guard let self else { return }
      self.onLoop { self.watchers[id] = nil }
    }
  }
}

internal import LontarWire
internal import NIOCore

/// What a connection's clocks measure. Confined to the event loop.
struct ServerClocks {
  var sweep = DeadlineSweep()
  fileprivate var watch: RepeatedTask?
  fileprivate var partialSince: NIODeadline?
  fileprivate var framesBefore: UInt64 = 0
  /// No call has come since.
  var quietSince = NIODeadline.now()
  /// The end of the TLS handshake, which has a clock of its own.
  var secureSince: NIODeadline?
  let openSince = NIODeadline.now()
  fileprivate(set) var bytesSince = NIODeadline.now()
  fileprivate var pingSince: NIODeadline?
  /// It is drained because of its age.
  fileprivate var agedSince: NIODeadline?

  /// The clock of a frame begins anew with each frame: on a busy connection every read may end within one.
  mutating func read(_ now: NIODeadline, holdsPartialFrame: Bool, frames: UInt64) {
    bytesSince = now
    if !holdsPartialFrame {
      partialSince = nil
    } else if partialSince == nil || frames != framesBefore {
      partialSince = now
    }
    framesBefore = frames
  }

  mutating func heard() {
    pingSince = nil
  }
}

/// Deadlines of calls, and the ends of connections that are slow, silent, idle or old.
extension ServerLink {
  func startClocks(_ eventLoop: any EventLoop) {
    clocks.watch = eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { [weak self] _ in
      self?.checkClocks()
    }
  }

  func stopClocks() {
    clocks.watch?.cancel()
    clocks.watch = nil
    clocks.sweep.reset()
  }

  func sweepDeadlines() {
    clocks.sweep.reset()
    let now = NIODeadline.now()
    var earliest = NIODeadline.distantFuture
    for case let call as ServerCall in machine.liveCalls {
      guard let deadline = call.deadline else { continue }
      if deadline <= now {
        cutOff(call, RPCError(.deadlineExceeded, "the deadline of the call has passed"))
      } else {
        earliest = min(earliest, deadline)
      }
    }
    if earliest < .distantFuture {
      clocks.sweep.watch(earliest, on: executor.eventLoop) { [weak self] in self?.sweepDeadlines() }
    }
    scheduleFlush()
  }

  /// Stops the handler and answers. An answer that the client gives no credit for must not hold its place any longer.
  private func cutOff(_ call: ServerCall, _ error: RPCError, _ fault: StreamFault = .deadlinePassed) {
    end(call, error)
    do throws(WireError) { try machine.giveUp(call.stream, fault) } catch { fail(error) }
  }

  private func checkClocks() {
    let now = NIODeadline.now()
    let limits = shared.configuration
    if machine.awaitsHello {
      if let since = clocks.secureSince, now - since > .seconds(Int64(limits.helloTimeoutSeconds)) {
        fail(WireError(.timeout, "no HELLO came in time"))
      }
    } else if let since = clocks.partialSince, now - since > .seconds(Int64(limits.frameTimeoutSeconds)) {
      fail(WireError(.timeout, "a frame was not whole in time"))
    } else if let since = clocks.pingSince, now - since > .seconds(Int64(limits.keepaliveTimeoutSeconds)) {
      fail(WireError(.timeout, "no answer to PING"))
    } else if !running.isEmpty || machine.runningStreams > 0 {
      // An answer that still leaves is no idleness.
      clocks.quietSince = now
    } else if now - clocks.quietSince > .seconds(Int64(limits.idleTimeoutSeconds)) {
      fail(WireError(.none, "no call came for \(limits.idleTimeoutSeconds) seconds"))
    }
    machine.reportBlocked()
    tellLoad()
    keepAlive(now)
    retireByAge(now)
    flush()
  }

  /// Asks a client that is silent although it has calls whether it is still there.
  private func keepAlive(_ now: NIODeadline) {
    guard !running.isEmpty, clocks.pingSince == nil, machine.isOpen,
      now - clocks.bytesSince > .seconds(Int64(shared.configuration.keepaliveSeconds))
    else { return }
    clocks.pingSince = now
    do throws(WireError) { try machine.ping(now.uptimeNanoseconds) } catch { fail(error) }
  }

  /// Old connections are drained, so that clients find new servers and certificates.
  private func retireByAge(_ now: NIODeadline) {
    guard let ageMax = shared.connectionAgeSeconds(of: id) else { return }
    guard now - clocks.openSince > .seconds(ageMax) else { return }
    guard let since = clocks.agedSince else {
      clocks.agedSince = now
      return drain("this connection has reached its age")
    }
    let grace = Int64(shared.configuration.connectionAgeGraceSeconds)
    if grace > 0, now - since > .seconds(grace) {
      for case let call as ServerCall in machine.liveCalls {
        let reason = "the connection has reached its age, and the call did not end in time"
        cutOff(call, RPCError(.unavailable, reason), StreamFault(.refused, reason))
      }
    }
  }
}

internal import CoreMetrics
internal import LontarWire
internal import NIOCore
internal import Synchronization

/// What a call has sent and received, in message bytes. Confined to the call's event loop.
struct CallTraffic {
  var sent = 0
  var received = 0
}

/// Duration and sizes of calls that end alike. Made once for each method and status.
final class EndMetrics: Sendable {
  private let duration: Timer
  private let sent: Recorder
  private let received: Recorder

  /// - Parameter name: `lontar.server.call` or `lontar.client.attempt`.
  init(_ name: String, _ dimensions: [(String, String)], _ factory: any MetricsFactory) {
    duration = Timer(label: "\(name).duration", dimensions: dimensions, preferredDisplayUnit: .seconds, factory: factory)
    sent = Recorder(label: "\(name).sent_total_compressed_message_size", dimensions: dimensions, factory: factory)
    received = Recorder(label: "\(name).rcvd_total_compressed_message_size", dimensions: dimensions, factory: factory)
  }

  func record(_ duration: TimeAmount, _ traffic: CallTraffic) {
    self.duration.recordNanoseconds(duration.nanoseconds)
    sent.record(traffic.sent)
    received.record(traffic.received)
  }
}

/// One metric for each status, made when the status is first seen; OK, which most calls have, without a lock.
final class ByStatus<Metric: Sendable>: Sendable {
  private let ok: Metric
  private let others = Mutex<[StatusCode: Metric]>([:])
  private let make: @Sendable (StatusCode) -> Metric

  init(_ make: @escaping @Sendable (StatusCode) -> Metric) {
    self.make = make
    ok = make(.ok)
  }

  subscript(_ code: StatusCode) -> Metric {
    if code == .ok { return ok }
    return others.withLock { others in
      if let metric = others[code] { return metric }
      let metric = make(code)
      others[code] = metric
      return metric
    }
  }
}

/// The metrics of a server's method.
final class ServerMethodMetrics: Sendable {
  private let callsStarted: Counter
  private let ends: ByStatus<EndMetrics>
  private let running: Meter

  init(method: String, running: Meter, _ factory: any MetricsFactory) {
    callsStarted = Counter(label: "lontar.server.call.started", dimensions: [("lontar.method", method)], factory: factory)
    ends = ByStatus { code in
      EndMetrics("lontar.server.call", [("lontar.method", method), ("lontar.status", code.description)], factory)
    }
    self.running = running
  }

  func started() {
    callsStarted.increment()
    running.increment()
  }

  func ended(_ code: StatusCode, since start: NIODeadline, _ traffic: CallTraffic) {
    running.decrement()
    ends[code].record(.now() - start, traffic)
  }
}

/// The metrics of a server.
final class ServerMetrics: Sendable {
  private let factory: any MetricsFactory
  private let running: Meter
  private let open: Meter
  private let accepted: Counter
  private let refused: Counter
  private let failed: Counter
  private let faults = Mutex<[ConnectionErrorCode: Counter]>([:])
  /// All methods that the server does not have: their names come from outside and must not become labels.
  let unknownMethod: ServerMethodMetrics

  init(_ factory: any MetricsFactory) {
    self.factory = factory
    running = Meter(label: "lontar.server.calls.running", factory: factory)
    open = Meter(label: "lontar.server.connections.open", factory: factory)
    accepted = Counter(label: "lontar.server.connections.accepted", factory: factory)
    refused = Counter(label: "lontar.server.connections.refused", factory: factory)
    failed = Counter(label: "lontar.server.connections.failed", factory: factory)
    unknownMethod = ServerMethodMetrics(method: "other", running: running, factory)
    running.set(0)
    open.set(0)
  }

  func method(_ name: String) -> ServerMethodMetrics {
    ServerMethodMetrics(method: name, running: running, factory)
  }

  func connectionOpened() {
    accepted.increment()
    open.increment()
  }

  func connectionClosed() {
    open.decrement()
  }

  func connectionRefused() {
    refused.increment()
  }

  /// A connection was ended by what `error` says.
  func connectionFailed(_ error: any Error) {
    guard let fault = error as? WireError else { return failed.increment() }
    let counter = faults.withLock { faults in
      if let counter = faults[fault.code] { return counter }
      let dimensions = [("lontar.code", "\(fault.code)")]
      let counter = Counter(label: "lontar.server.protocol_faults", dimensions: dimensions, factory: factory)
      faults[fault.code] = counter
      return counter
    }
    counter.increment()
  }
}

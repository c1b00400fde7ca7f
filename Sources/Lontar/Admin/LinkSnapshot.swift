internal import LontarTLS
internal import LontarWire
internal import NIOCore

/// What a connection has done so far. Confined to its event loop.
struct LinkTally: Sendable {
  var bytesIn = 0
  var bytesOut = 0
  var resetsReceived = 0

  static func += (left: inout LinkTally, right: LinkTally) {
    left.bytesIn += right.bytesIn
    left.bytesOut += right.bytesOut
    left.resetsReceived += right.resetsReceived
  }
}

/// A connection as an operator sees it, read on its event loop.
struct LinkSnapshot: Sendable {
  var id: String
  var peerAddress: String
  var peerIdentity: String
  var software: String
  var age: TimeAmount
  var silence: TimeAmount
  var tally: LinkTally
  var wire: ConnectionSnapshot
  var callsNow: Int
  /// Filled for one connection only.
  var calls: [CallSnapshot] = []
}

struct CallSnapshot: Sendable {
  var requestID: String
  var method: String
  var stream: UInt32
  var age: TimeAmount
  /// Zero: it has passed; nil: there is none.
  var deadlineLeft: TimeAmount?
  var handlerRuns: Bool
  var isAnswered: Bool
  /// nil: the stream has sent its last byte.
  var wire: StreamSnapshot?
}

extension ServerLink {
  func snapshot(withCalls: Bool = false) -> LinkSnapshot {
    requireLoop()
    let now = NIODeadline.now()
    var snapshot = LinkSnapshot(
      id: id, peerAddress: pipe?.remoteAddress ?? "", peerIdentity: peer?.spiffeID ?? "", software: machine.clientSoftware,
      age: now - clocks.openSince, silence: now - clocks.bytesSince, tally: tally, wire: machine.snapshot(),
      callsNow: running.count)
    if withCalls { snapshot.calls = running.map { self.snapshot(of: $0, now) } }
    return snapshot
  }

  private func snapshot(of call: ServerCall, _ now: NIODeadline) -> CallSnapshot {
    CallSnapshot(
      requestID: call.requestID, method: call.method, stream: call.stream, age: now - call.started,
      deadlineLeft: call.deadline.map { max(.zero, $0 - now) }, handlerRuns: call.isRunning, isAnswered: call.isOver,
      wire: machine.snapshot(of: call.stream))
  }
}

extension ConnectionTable {
  /// Ids of the open connections, oldest first.
  var ids: [String] {
    all.map(\.link.id).sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
  }

  /// Reads connections, each on its event loop; those that end meanwhile are left out. Oldest first.
  /// - Parameter ids: nil: all.
  func snapshots(of ids: Set<String>? = nil, withCalls: Bool = false) async -> [LinkSnapshot] {
    let asked = all.filter { ids?.contains($0.link.id) ?? true }.map { link, eventLoop in
      eventLoop.submit { link.snapshot(withCalls: withCalls) }
    }
    var snapshots: [LinkSnapshot] = []
    for future in asked {
      if let snapshot = try? await future.get() { snapshots.append(snapshot) }
    }
    return snapshots.sorted { ($0.id.utf8.count, $0.id) < ($1.id.utf8.count, $1.id) }
  }
}

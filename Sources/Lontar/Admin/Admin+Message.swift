internal import LontarWire
internal import NIOCore
internal import SwiftProtobuf

extension Google_Protobuf_Duration {
  init(_ amount: TimeAmount) {
    let (seconds, nanos) = amount.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    self.init(seconds: seconds, nanos: Int32(nanos))
  }

  fileprivate init(seconds: Int) {
    self.init(seconds: Int64(seconds), nanos: 0)
  }
}

extension Lontar_Admin_V1_Limits {
  init(_ shared: ServerShared) {
    self.init()
    let limits = shared.configuration
    connectionsMax = Int32(clamping: shared.connectionsMax)
    callsPerConnectionMax = Int32(clamping: limits.callsPerConnectionMax)
    messageBytesMax = Int64(limits.messageBytesMax)
    framePayloadBytesMax = Int64(limits.framePayloadBytesMax)
    helloTimeout = Google_Protobuf_Duration(seconds: limits.helloTimeoutSeconds)
    frameTimeout = Google_Protobuf_Duration(seconds: limits.frameTimeoutSeconds)
    idleTimeout = Google_Protobuf_Duration(seconds: limits.idleTimeoutSeconds)
    callTimeoutMax = Google_Protobuf_Duration(seconds: limits.callTimeoutSecondsMax)
    connectionAgeMax = Google_Protobuf_Duration(seconds: limits.connectionAgeSecondsMax)
    connectionAgeGrace = Google_Protobuf_Duration(seconds: limits.connectionAgeGraceSeconds)
    keepalive = Google_Protobuf_Duration(seconds: limits.keepaliveSeconds)
    keepaliveTimeout = Google_Protobuf_Duration(seconds: limits.keepaliveTimeoutSeconds)
  }
}

extension Lontar_Admin_V1_Counters {
  init(_ shared: ServerShared, _ links: [LinkSnapshot]) {
    self.init()
    let totals = shared.totals.current
    var tally = totals.ended
    for link in links { tally += link.tally }
    connectionsAccepted = Int64(totals.accepted)
    connectionsRefused = Int64(totals.refused)
    connectionsNow = Int64(links.count)
    callsStarted = Int64(shared.counters.callsStarted)
    for (code, count) in zip(StatusCode.allCases, shared.counters.callsEnded) where count > 0 {
      callsEnded["\(code)"] = Int64(count)
    }
    callsNow = links.reduce(0) { $0 + Int64($1.callsNow) }
    bytesIn = Int64(tally.bytesIn)
    bytesOut = Int64(tally.bytesOut)
    connectionFaults = totals.faults.mapValues { Int64($0) }
    resetsReceived = Int64(tally.resetsReceived)
  }
}

extension Lontar_Admin_V1_Connection {
  init(_ link: LinkSnapshot) {
    self.init()
    id = link.id
    peerAddress = link.peerAddress
    peerIdentity = link.peerIdentity
    software = link.software
    age = Google_Protobuf_Duration(link.age)
    silence = Google_Protobuf_Duration(link.silence)
    callsNow = Int32(clamping: link.callsNow)
    callsOpened = Int64(clamping: link.wire.callsOpened)
    callsGranted = Int64(clamping: link.wire.callsGranted)
    bytesIn = Int64(link.tally.bytesIn)
    bytesOut = Int64(link.tally.bytesOut)
    creditIn = Int64(clamping: link.wire.creditIn)
    creditOut = Int64(clamping: link.wire.creditOut)
    bytesQueued = Int64(link.wire.queuedBytes)
    resetsReceived = Int64(link.tally.resetsReceived)
    draining = link.wire.isDraining
    if let notice = link.wire.peerBlocked { peerBlocked = Lontar_Admin_V1_Blocked(notice) }
  }
}

extension Lontar_Admin_V1_Blocked {
  init(_ notice: BlockedNotice) {
    self.init()
    what =
      switch notice.limit {
      case .streamCredit: "STREAM_CREDIT"
      case .connectionCredit: "CONNECTION_CREDIT"
      case .calls: "CALLS"
      }
    stream = notice.stream
    offset = Int64(clamping: notice.offset)
  }
}

extension Lontar_Admin_V1_Call {
  init(_ call: CallSnapshot) {
    self.init()
    requestID = call.requestID
    method = call.method
    stream = call.stream
    age = Google_Protobuf_Duration(call.age)
    if let left = call.deadlineLeft { deadlineLeft = Google_Protobuf_Duration(left) }
    handlerRuns = call.handlerRuns
    answered = call.isAnswered
    guard let wire = call.wire else { return }
    receiving = wire.isReceiving
    creditIn = Int64(clamping: wire.creditIn)
    creditOut = Int64(clamping: wire.creditOut)
    bytesQueued = Int64(wire.queuedBytes)
    bytesUntaken = Int64(wire.untakenBytes)
  }
}

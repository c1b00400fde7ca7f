package import NIOCore

/// The client's end of a connection: bytes in, events and bytes out. It owns no socket and no timer.
package struct ClientConnection: ~Copyable {
  /// What the upper layer has to do.
  package enum Event {
    /// The server has said its limits: calls can be opened.
    indirect case ready(Hello)
    indirect case head(call: AnyObject?, MetadataBlock)
    case message(stream: UInt32, call: AnyObject?, WireMessage)
    /// The call is over; `message` is an answer that came inline.
    indirect case status(call: AnyObject?, StatusFrame, message: WireMessage?)
    /// The server gave the call up; `notProcessed`: sending it again is safe.
    case reset(call: AnyObject?, code: UInt32, reason: String, notProcessed: Bool)
    /// The server broke a rule of this stream; the call is over and nothing more comes of it.
    case failed(call: AnyObject?, StreamFault)
    /// More calls can be opened.
    case moreCalls
    /// Open no more calls here; those in `refused` were not processed.
    case goAway(code: UInt32, reason: String, final: Bool, refused: [AnyObject])
    /// How the server is, from now on.
    case hint(OverloadHint)
    case pong(UInt64)
  }

  private enum Phase { case awaitingHello, open, leaving, closed }

  private var decoder: FrameDecoder
  private var core: ConnectionCore
  private var phase = Phase.awaitingHello
  private var nextStream: UInt32 = 1
  private var callsOpened: UInt64 = 0
  private var callsGranted: UInt64 = 0
  private var callsBlockedAt: (offset: UInt64, isReported: Bool)?
  private let environment: [UInt8]
  /// RESETs for which there is no room by now, by stream. The streams stay until then, without a caller.
  private var heldResets: [UInt32: StreamFault] = [:]

  /// Starts the connection: the preface and our HELLO are ready to be sent.
  package init(hello: Hello, limits: WireLimits) {
    decoder = FrameDecoder(limits: limits, expectsPreface: false)
    core = ConnectionCore(limits: limits, isCounted: true)
    environment = hello.environment
    var hello = hello
    hello.framePayloadBytesMax = UInt32(limits.framePayloadBytesMax)
    hello.messageBytesMax = UInt32(limits.messageBytesMax)
    hello.streamWindowBytes = limits.streamWindowBytes
    hello.connectionWindowBytes = limits.connectionWindowBytes
    hello.codecs = limits.codecs
    core.out.writeBytes(FrameDecoder.preface)
    core.write(.hello, stream: 0) { hello.write(to: &$0) }
  }

  package var canOpen: Bool { phase == .open && callsOpened < callsGranted && !streamsAreUsedUp }
  /// No other call can ever be opened here: another connection is due.
  package var streamsAreUsedUp: Bool { nextStream > core.limits.streamNumberMax }
  package var isReady: Bool { phase == .open }
  package var awaitsHello: Bool { phase == .awaitingHello }
  /// The server's HELLO said no.
  package private(set) var isRefused = false
  package var runningStreams: Int { core.streams.count }
  package var isIdle: Bool { core.streams.count == heldResets.count }

  // MARK: Bytes in

  package mutating func feed(_ bytes: ByteBuffer) {
    guard phase != .closed else { return }
    decoder.feed(bytes)
  }

  /// The next event; nil: more bytes are needed.
  package mutating func next() throws(WireError) -> Event? {
    while phase != .closed, let frame = try decoder.next() {
      if let event = try receive(frame) { return event }
    }
    return nil
  }

  private mutating func receive(_ frame: Frame) throws(WireError) -> Event? {
    if phase == .awaitingHello {
      switch frame {
      case .hello(let hello): return try receiveHello(hello)
      case .goAway(_, let code, let reason, _): throw WireError(ConnectionErrorCode(rawValue: code) ?? .protocolError, reason)
      default: throw WireError(.protocolError, "the first frame must be HELLO")
      }
    }
    switch frame {
    case .head(let stream, let metadata):
      guard let call = try known(stream) else { return nil }
      let due = core.streams.update(stream) { state in
        defer { state.headOpen = false }
        return state.headOpen
      }
      guard due == true else { return try fault(stream, StreamFault(.malformed, "a HEAD must be the first frame of an answer")) }
      return .head(call: call, metadata)
    case .message(let stream, let bytes, let codec, let more, let end):
      return try receiveMessage(stream, bytes, codec: codec, more: more, end: end)
    case .status(let stream, let status, let message, let codec):
      return try receiveStatus(stream, status, message, codec: codec)
    case .reset(let stream, let code, let reason, let notProcessed):
      try requireOpened(stream)
      guard let call = endStream(stream, { $0.attachment }) else { return nil }
      return .reset(call: call, code: code, reason: reason, notProcessed: notProcessed)
    case .credit(let stream, let offset):
      if stream != 0 { try requireOpened(stream) }
      core.receiveCredit(stream, offset)
      return nil
    case .maxCalls(let granted):
      guard granted > callsGranted else { return nil }
      callsGranted = granted
      return .moreCalls
    case .ping(let value, let ack):
      if ack {
        return try core.receivePong(value) ? .pong(value) : nil
      }
      try core.writePing(value, ack: true)
      return nil
    case .goAway(let last, let code, let reason, let final):
      return receiveGoAway(last, code, reason, final)
    case .blocked(let notice):
      core.peerBlocked = notice
      return nil
    case .hint(let hint):
      return .hint(hint)
    case .ignorable:
      return nil
    case .hello:
      throw WireError(.protocolError, "HELLO came twice")
    case .open:
      throw WireError(.protocolError, "a server may not open calls")
    }
  }

  private mutating func receiveHello(_ hello: Hello) throws(WireError) -> Event {
    if let rejection = hello.rejection {
      // The server has said its last word: there is nobody to tell.
      phase = .closed
      isRefused = true
      throw WireError(ConnectionErrorCode(rawValue: rejection.code) ?? .badHello, rejection.reason)
    }
    guard hello.versionMin <= 1, hello.versionMax >= 1 else {
      throw WireError(.versionUnsupported, "the server speaks version \(hello.versionMin) to \(hello.versionMax)")
    }
    guard environment.allSatisfy({ $0 == 0 }) || environment == hello.environment else {
      throw WireError(.environmentMismatch, "the server is of another environment than the one expected")
    }
    core.adopt(hello)
    callsGranted = hello.callsMax
    phase = .open
    return .ready(hello)
  }

  private mutating func receiveMessage(
    _ stream: UInt32, _ bytes: ByteBuffer, codec: UInt8, more: Bool, end: Bool
  ) throws(WireError) -> Event? {
    try core.receiveOnConnection(bytes.readableBytes)
    guard let call = try known(stream, answers: true) else { return nil }
    guard !end else { return try fault(stream, StreamFault(.malformed, "a server ends a stream with STATUS")) }
    switch try core.receive(stream, bytes, codec: codec, more: more) {
    case .success(let message?): return .message(stream: stream, call: call, message)
    case .success(nil): return nil
    case .failure(let fault): return try self.fault(stream, fault)
    }
  }

  private mutating func receiveStatus(
    _ stream: UInt32, _ status: StatusFrame, _ message: ByteBuffer?, codec: UInt8
  ) throws(WireError) -> Event? {
    try requireOpened(stream)
    if let message { try core.receiveOnConnection(message.readableBytes) }
    let limits = core.limits
    return endStream(stream) { state in
      do throws(StreamFault) {
        var last: WireMessage?
        if let message { last = try ConnectionCore.receiveInline(message, codec: codec, limits: limits, on: &state) }
        guard state.assembly == nil else { throw StreamFault(.malformed, "the status came before the end of a message") }
        return .status(call: state.attachment, status, message: last)
      } catch {
        return .failed(call: state.attachment, error)
      }
    }
  }

  private mutating func receiveGoAway(_ last: UInt32, _ code: UInt32, _ reason: String, _ final: Bool) -> Event {
    if phase == .open { phase = .leaving }
    var refused: [AnyObject] = []
    if final {
      for stream in core.streams.streams where stream > last {
        if let call = endStream(stream, { $0.attachment }) ?? nil { refused.append(call) }
      }
    }
    return .goAway(code: code, reason: reason, final: final, refused: refused)
  }

  /// The call's object; nil: the stream is already over or given up, and what still comes for it is of no use.
  /// - Parameter answers: HEAD can come no more.
  private mutating func known(_ stream: UInt32, answers: Bool = false) throws(WireError) -> AnyObject?? {
    try requireOpened(stream)
    let call = core.streams.update(stream) { state -> AnyObject?? in
      if answers { state.headOpen = false }
      return state.discards ? nil : .some(state.attachment)
    }
    return call ?? nil
  }

  /// The stream ended by itself: it needs no RESET any more. Nil: it had ended before, or was given up.
  private mutating func endStream<R>(_ stream: UInt32, _ last: (inout StreamState) -> R) -> R? {
    let result = core.removeStream(stream, last)
    return heldResets.isEmpty || heldResets.removeValue(forKey: stream) == nil ? result : nil
  }

  private func requireOpened(_ stream: UInt32) throws(WireError) {
    guard stream < nextStream else { throw WireError(.protocolError, "a frame names a stream that was never opened") }
  }

  private mutating func fault(_ stream: UInt32, _ fault: StreamFault) throws(WireError) -> Event {
    let call = core.streams.update(stream) { $0.attachment } ?? nil
    try giveUp(stream, fault)
    return .failed(call: call, fault)
  }

  /// Says RESET, now or when there is room for one.
  private mutating func giveUp(_ stream: UInt32, _ fault: StreamFault) throws(WireError) {
    guard core.streams.contains(stream), heldResets[stream] == nil else { return }
    guard core.pace.hasRoom else {
      core.abandon(stream)
      heldResets[stream] = fault
      return
    }
    core.removeStream(stream)
    core.pace.count()
    try core.writeReset(stream, fault)
  }

  /// To be called once a second: RESETs that waited go out, as far as there is room.
  /// - Throws: `enhanceYourCalm` for a server that does not read.
  package mutating func secondPassed() throws(WireError) {
    core.pace.secondPassed()
    guard !heldResets.isEmpty, phase == .open || phase == .leaving else { return }
    for stream in heldResets.keys.sorted() where core.pace.hasRoom {
      guard let fault = heldResets.removeValue(forKey: stream) else { continue }
      try giveUp(stream, fault)
    }
  }

  // MARK: The upper layer's acts

  /// Opens a call. A first message that fits goes inline; `end`: no other will follow.
  /// - Precondition: `canOpen`.
  package mutating func open(_ call: AnyObject, _ frame: OpenFrame, message: WireMessage?, end: Bool) -> UInt32 {
    precondition(canOpen)
    let stream = nextStream
    nextStream += 2
    callsOpened += 1
    var state = core.newStream(stream, attachment: call)
    state.sendOpen = !end
    core.streams.insert(state)
    if let message, core.canSendInline(stream, messageBytes: message.inlineBytes, controlBytes: frame.encodedBytes) {
      core.countSent(stream, message.inlineBytes)
      core.writeOpen(stream, frame, message: message, end: end)
    } else {
      core.writeOpen(stream, frame, message: nil, end: end && message == nil)
      if let message { core.enqueue(stream, .message(message, sent: nil, end: end)) }
    }
    return stream
  }

  /// Queues a message; `end`: it is the last. True: the stream holds enough; wait until it is named by `takeWritable`.
  package mutating func sendMessage(_ stream: UInt32, _ message: WireMessage, end: Bool = false) -> Bool {
    core.enqueueMessage(stream, message, end: end)
  }

  /// No more messages will follow.
  package mutating func halfClose(_ stream: UInt32) {
    let due = core.streams.update(stream) { state in
      defer { state.sendOpen = false }
      return state.sendOpen
    }
    if due == true { core.enqueue(stream, .halfClose) }
  }

  /// Gives a call up. Later frames of its stream are dropped.
  package mutating func cancel(_ stream: UInt32, _ code: ResetCode, _ reason: String) throws(WireError) {
    try giveUp(stream, StreamFault(code, reason))
  }

  /// The caller has taken every message it was given.
  package mutating func messagesTaken(_ stream: UInt32) {
    core.taken(stream)
  }

  /// Asks for a sign of life; before the server's HELLO and after the end nothing is sent.
  package mutating func ping(_ value: UInt64) throws(WireError) {
    guard phase == .open || phase == .leaving else { return }
    core.pace.count()
    try core.writePing(value, ack: false)
  }

  /// Tells the server of streams, and of calls not yet opened, that have waited for it since the last time. Called now and then; few at
  /// a time, for a server counts them.
  package mutating func reportBlocked(callsWait: Bool) {
    guard phase == .open || phase == .leaving, core.pace.hasRoom else { return }
    for _ in 0..<core.reportBlocked(max: 3) { core.pace.count() }
    guard callsWait, phase == .open, !canOpen else { return callsBlockedAt = nil }
    if callsBlockedAt?.offset != callsGranted {
      callsBlockedAt = (callsGranted, false)
    } else if callsBlockedAt?.isReported == false {
      callsBlockedAt = (callsGranted, true)
      core.pace.count()
      core.writeBlocked(BlockedNotice(stream: 0, limit: .calls, offset: callsGranted))
    }
  }

  /// What the server said last that it waits for.
  package var peerBlocked: BlockedNotice? { core.peerBlocked }

  /// We open no more calls; those running go on.
  package mutating func leave(_ reason: String) {
    guard phase == .open else { return }
    phase = .leaving
    core.writeGoAway(lastStream: 0, WireError(.none, reason), final: true)
  }

  package mutating func fail(_ error: WireError) {
    guard phase != .closed else { return }
    phase = .closed
    core.writeGoAway(lastStream: 0, error, final: true)
  }

  /// The objects of all calls that were running when the connection was lost.
  package mutating func abandon() -> [AnyObject] {
    phase = .closed
    heldResets = [:]
    return core.removeAllStreams()
  }

  // MARK: Bytes out

  package mutating func takeOutbound() -> ByteBuffer? {
    if phase != .closed { core.pump { _ in } }
    return core.takeOut()
  }

  /// Bytes of whole frames that wait for the socket.
  package var outboundBytes: Int { core.out.readableBytes }

  /// All that is held for the peer: a frame that is not whole, messages in both directions, frames for the socket.
  package var heldBytes: Int { decoder.heldBytes + core.streams.heldBytes + core.out.readableBytes }

  /// Streams whose writers can go on.
  package mutating func takeWritable() -> [UInt32] { core.takeWritable() }

  package mutating func call(of stream: UInt32) -> AnyObject? {
    core.streams.update(stream) { $0.attachment } ?? nil
  }

  /// Bit n: the server takes messages of codec n.
  package var peerCodecs: UInt32 { core.peer.codecs }

  /// The longest message that the server takes.
  package var peerMessageBytesMax: Int { Int(core.peer.messageBytesMax) }
}

package import NIOCore

/// The server's end of a connection: bytes in, events and bytes out. It owns no socket and no timer; time comes in as nanoseconds of
/// any steady clock. Not copyable: a copy made by accident costs more than a call.
package struct ServerConnection: ~Copyable {
  /// What the upper layer has to do.
  package enum Event {
    /// A call begins. `message` is its first message if that came inline; `end`: no more will come.
    case open(stream: UInt32, OpenFrame, message: WireMessage?, end: Bool)
    case message(stream: UInt32, call: AnyObject?, WireMessage, end: Bool)
    case halfClosed(stream: UInt32, call: AnyObject?)
    /// The client gave the call up: stop the handler. Nothing more is sent on this stream.
    case cancelled(call: AnyObject?, code: UInt32)
    /// The client broke a rule of this stream: stop the handler and answer with a status for this fault. It comes once per stream;
    /// what the client still sends there is dropped. `call` is nil if the fault was in OPEN: there is no handler then, and
    /// `handlerFinished` is not to be called for it.
    case failed(stream: UInt32, call: AnyObject?, StreamFault)
    case pong(UInt64)
    /// The client will open no more calls.
    case clientLeaves
  }

  private enum Phase { case awaitingHello, open, draining, closed }

  private let hello: Hello
  private var decoder: FrameDecoder
  /// Set here only; the snapshots for operators read it.
  var core: ConnectionCore
  private(set) var calls: CallCredit
  private var glitches: GlitchBudget
  private var pings = PingStrikes()
  private var phase = Phase.awaitingHello
  private var highestStream: UInt32 = 0
  /// Calls above this number are refused as not processed once we drain.
  private var lastAccepted: UInt32 = .max
  /// We were told to drain before the client had said HELLO.
  private var drainsFromStart: String?

  package init(hello: Hello, limits: WireLimits) {
    var hello = hello
    hello.framePayloadBytesMax = UInt32(limits.framePayloadBytesMax)
    hello.messageBytesMax = UInt32(limits.messageBytesMax)
    hello.streamWindowBytes = limits.streamWindowBytes
    hello.connectionWindowBytes = limits.connectionWindowBytes
    hello.callsMax = limits.callsMax
    hello.codecs = limits.codecs
    self.hello = hello
    decoder = FrameDecoder(limits: limits, expectsPreface: true)
    core = ConnectionCore(limits: limits)
    calls = CallCredit(size: limits.callsMax)
    glitches = GlitchBudget(max: limits.glitchesMax, windowNanoseconds: limits.glitchWindowNanoseconds)
  }

  package var isOpen: Bool { phase == .open || phase == .draining }
  package var awaitsHello: Bool { phase == .awaitingHello }
  var isDraining: Bool { phase == .draining }
  package var holdsPartialFrame: Bool { decoder.holdsPartialFrame }
  package var framesReceived: UInt64 { decoder.framesDecoded }
  package var runningStreams: Int { core.streams.count }
  package var clientSoftware: String { core.peer.software }

  // MARK: Bytes in

  package mutating func feed(_ bytes: ByteBuffer) {
    guard phase != .closed else { return }
    decoder.feed(bytes)
  }

  /// The next event; nil: more bytes are needed.
  /// - Throws: `WireError`: say GOAWAY with it, send what is left to send and close.
  package mutating func next(now: UInt64) throws(WireError) -> Event? {
    while phase != .closed, let frame = try decoder.next() {
      if let event = try receive(frame, now: now) { return event }
    }
    return nil
  }

  private mutating func receive(_ frame: Frame, now: UInt64) throws(WireError) -> Event? {
    if phase == .awaitingHello {
      guard case .hello(let hello) = frame else { throw WireError(.protocolError, "the first frame must be HELLO") }
      try receiveHello(hello)
      return nil
    }
    switch frame {
    case .open(let stream, let open, let message, let codec, let end):
      return try receiveOpen(stream, open, message, codec: codec, end: end, now: now)
    case .message(let stream, let bytes, let codec, let more, let end):
      return try receiveMessage(stream, bytes, codec: codec, more: more, end: end, now: now)
    case .reset(let stream, let code, _, _):
      try requireOpened(stream)
      try spend(now, "RESET")
      guard let call = core.removeStream(stream, { $0.attachment }) else { return nil }
      return .cancelled(call: call, code: code)
    case .credit(let stream, let offset):
      if stream != 0 { try requireOpened(stream) }
      core.receiveCredit(stream, offset)
      return nil
    case .ping(let value, let ack):
      if ack {
        return try core.receivePong(value) ? .pong(value) : nil
      }
      try spend(now, "PING")
      let strikes = pings.ping(now: now, interval: core.limits.pingIntervalNanoseconds, sentBytes: core.sendWindow.sent)
      guard strikes <= core.limits.pingStrikesMax else {
        throw WireError(.enhanceYourCalm, "too many PINGs without anything of a call between them")
      }
      try core.writePing(value, ack: true)
      return nil
    case .goAway:
      try spend(now, "GOAWAY")
      return .clientLeaves
    case .blocked(let notice):
      try spend(now, "BLOCKED")
      core.peerBlocked = notice
      return nil
    case .ignorable, .hint:
      try spend(now, "a frame to be ignored")
      return nil
    case .hello:
      throw WireError(.protocolError, "HELLO came twice")
    case .head, .status, .maxCalls:
      throw WireError(.protocolError, "a client may not send this type of frame")
    }
  }

  private mutating func receiveHello(_ client: Hello) throws(WireError) {
    guard client.rejection == nil else { throw WireError(.badHello, "a client cannot reject a connection, only close it") }
    guard client.versionMin <= 1, client.versionMax >= 1 else {
      try reject(
        .versionUnsupported, "this server speaks version 1; the client speaks \(client.versionMin) to \(client.versionMax)")
      return
    }
    guard client.environment.allSatisfy({ $0 == 0 }) || client.environment == hello.environment else {
      try reject(.environmentMismatch, "the client expects another environment than this server's")
      return
    }
    core.adopt(client)
    phase = .open
    writeHello(hello)
    if let reason = drainsFromStart {
      drain(reason)
      finishDrain(reason)
    }
  }

  private mutating func reject(_ code: ConnectionErrorCode, _ reason: String) throws(WireError) {
    var refusal = hello
    refusal.rejection = Hello.Rejection(code: code.rawValue, reason: reason)
    writeHello(refusal)
    throw WireError(code, reason)
  }

  private mutating func writeHello(_ hello: Hello) {
    core.write(.hello, stream: 0) { hello.write(to: &$0) }
  }

  private mutating func receiveOpen(
    _ stream: UInt32, _ open: OpenFrame, _ message: ByteBuffer?, codec: UInt8, end: Bool, now: UInt64
  ) throws(WireError) -> Event? {
    guard stream > highestStream else { throw WireError(.protocolError, "stream numbers must rise") }
    guard calls.open() else { throw WireError(.callLimit, "more calls than MAX_CALLS allows") }
    highestStream = stream
    if let message { try core.receiveOnConnection(message.readableBytes) }
    guard stream <= lastAccepted else {
      calls.finish()
      try core.writeReset(stream, StreamFault(.refused, "the server is shutting down"), notProcessed: true)
      return nil
    }
    var state = core.newStream(stream)
    state.receiveOpen = !end
    do throws(StreamFault) {
      var first: WireMessage?
      if let message { first = try ConnectionCore.receiveInline(message, codec: codec, limits: core.limits, on: &state) }
      core.streams.insert(state)
      return .open(stream: stream, open, message: first, end: end)
    } catch {
      core.streams.insert(state)
      calls.finish()
      return try fail(stream, call: nil, error, now: now)
    }
  }

  private mutating func receiveMessage(
    _ stream: UInt32, _ bytes: ByteBuffer, codec: UInt8, more: Bool, end: Bool, now: UInt64
  ) throws(WireError) -> Event? {
    try requireOpened(stream)
    try core.receiveOnConnection(bytes.readableBytes)
    // Once we have answered or refused, the rest of the request is of no use.
    guard let (call, discards) = core.streams.update(stream, { ($0.attachment, $0.discards) }), !discards else { return nil }
    let bytesCount = bytes.readableBytes
    if let fault = core.streams.update(stream, { $0.misplaced(bytesCount, codec: codec, more: more, end: end) }) ?? nil {
      return try fail(stream, call: call, fault, now: now)
    }
    if bytesCount == 0 {
      core.streams.update(stream) { $0.receiveOpen = false }
      return .halfClosed(stream: stream, call: call)
    }
    switch try core.receive(stream, bytes, codec: codec, more: more) {
    case .failure(let fault):
      return try fail(stream, call: call, fault, now: now)
    case .success(let message):
      if end { core.streams.update(stream) { $0.receiveOpen = false } }
      return message.map { .message(stream: stream, call: call, $0, end: end) }
    }
  }

  private mutating func fail(_ stream: UInt32, call: AnyObject?, _ fault: StreamFault, now: UInt64) throws(WireError) -> Event {
    try spend(now, fault.reason)
    core.discard(stream)
    return .failed(stream: stream, call: call, fault)
  }

  private func requireOpened(_ stream: UInt32) throws(WireError) {
    guard stream <= highestStream else { throw WireError(.protocolError, "a frame names a stream that was never opened") }
  }

  private mutating func spend(_ now: UInt64, _ what: String) throws(WireError) {
    guard glitches.spend(now: now) else {
      throw WireError(.enhanceYourCalm, "too many frames that cost the server more than the client; the last: \(what)")
    }
  }

  // MARK: The upper layer's acts

  /// Gives the call's object back with each later event of its stream.
  package mutating func attach(_ call: AnyObject, to stream: UInt32) {
    core.streams.update(stream) { $0.attachment = call }
  }

  /// Sends initial metadata, once and before the first message; later it is too late and nothing is sent.
  package mutating func sendHead(_ stream: UInt32, _ metadata: MetadataBlock) {
    let due = core.streams.update(stream) { state in
      defer { state.headOpen = false }
      return state.headOpen && state.sendOpen
    }
    guard due == true else { return }
    pings.forget()
    core.write(.head, stream: stream) { metadata.write(to: &$0) }
  }

  /// Queues a message. True: the stream holds enough; wait until it is named by `takeWritable`.
  package mutating func sendMessage(_ stream: UInt32, _ message: WireMessage) -> Bool {
    core.streams.update(stream) { $0.headOpen = false }
    pings.forget()
    return core.enqueueMessage(stream, message, end: false)
  }

  /// Ends a call, with the answer's message inline if it fits into one frame. Only the first end of a call counts.
  package mutating func sendStatus(_ stream: UInt32, _ status: StatusFrame, message: WireMessage? = nil) {
    guard core.streams.update(stream, { $0.sendOpen }) == true else { return }
    pings.forget()
    let status = status.within(core.limits)
    let bytes = message?.inlineBytes ?? 0
    if core.canSendInline(stream, messageBytes: bytes, controlBytes: status.encodedBytes) {
      core.countSent(stream, bytes)
      core.writeStatus(stream, status, message: message)
      core.removeStream(stream)
    } else {
      core.streams.update(stream) { $0.sendOpen = false }
      core.enqueue(stream, .status(status, message: message))
    }
  }

  /// Ends a call well, without a word beside its message.
  package mutating func sendAnswer(_ stream: UInt32, _ message: WireMessage?) {
    guard let message, core.canSendInline(stream, messageBytes: message.inlineBytes, controlBytes: StatusFrame.okBytes) else {
      return sendStatus(stream, StatusFrame(code: 0), message: message)
    }
    guard core.removeStream(stream) else { return }
    pings.forget()
    core.countSentInAll(message.inlineBytes)
    core.writeAnswer(stream, message)
  }

  /// Ends a call whose STATUS waits for the client's credit although its time is over: what is left to send is dropped. Nothing happens
  /// if all of it has left.
  package mutating func giveUp(_ stream: UInt32, _ fault: StreamFault = .deadlinePassed) throws(WireError) {
    guard core.removeStream(stream) else { return }
    try core.writeReset(stream, fault)
  }

  /// The objects of the calls whose streams have not ended, whether their handlers run or not.
  package var liveCalls: [AnyObject] { core.streams.attachments }

  /// The handler of an opened call has come to its end, however it ended: once the answer has left too, the client may open another.
  package mutating func handlerFinished() {
    calls.finish()
  }

  /// The handler has taken every message it was given.
  package mutating func messagesTaken(_ stream: UInt32) {
    core.taken(stream)
  }

  /// Asks for a sign of life; before HELLO and after the end nothing is sent.
  package mutating func ping(_ value: UInt64) throws(WireError) {
    guard isOpen else { return }
    try core.writePing(value, ack: false)
  }

  /// Tells the client how we are; before HELLO and after the end nothing is sent.
  package mutating func sendHint(_ hint: OverloadHint) {
    if isOpen { core.writeHint(hint) }
  }

  /// Tells the client of streams that have waited for its credit since the last time. Called now and then.
  package mutating func reportBlocked() {
    if isOpen { core.reportBlocked(max: 16) }
  }

  /// What the client said last that it waits for.
  package var peerBlocked: BlockedNotice? { core.peerBlocked }

  /// First step of a shutdown: tells the client to open no more calls here. Calls that cross it on the wire are still taken.
  package mutating func drain(_ reason: String) {
    if phase == .awaitingHello { drainsFromStart = reason }
    guard phase == .open else { return }
    phase = .draining
    core.writeGoAway(lastStream: 0x7FFF_FFFF, WireError(.none, reason), final: false)
  }

  /// Second step, at least a round trip later: later calls are refused as not processed, accepted ones run to their end.
  package mutating func finishDrain(_ reason: String) {
    guard phase == .draining, lastAccepted == .max else { return }
    lastAccepted = highestStream
    core.writeGoAway(lastStream: highestStream, WireError(.none, reason), final: true)
  }

  /// The connection is over because of `error`.
  package mutating func fail(_ error: WireError) {
    guard phase != .closed else { return }
    phase = .closed
    core.writeGoAway(lastStream: min(highestStream, lastAccepted), error, final: true)
  }

  /// The connection is lost: nothing more is read or written. Returns the objects of all calls that were running.
  package mutating func abandon() -> [AnyObject] {
    phase = .closed
    return core.removeAllStreams()
  }

  /// Nothing is running and nothing is left to send.
  package var isIdle: Bool { core.streams.count == 0 && !core.hasOutbound }

  /// The shutdown was announced in full and nothing is left of the accepted calls.
  package var isDrained: Bool { lastAccepted != .max && isIdle }

  // MARK: Bytes out

  /// Bytes for the socket; call it while the socket takes more. New calls are granted only here, so a client that does not read
  /// gets none.
  package mutating func takeOutbound() -> ByteBuffer? {
    // Behind the GOAWAY of a fault nobody listens: however much was queued, and however much credit there is for it, it stays here.
    guard phase != .closed else { return core.takeOut() }
    var finished: [UInt32] = []
    core.pump { finished.append($0) }
    for stream in finished { core.removeStream(stream) }
    if phase == .open, let granted = calls.grant(liveStreams: core.streams.count) {
      core.writeMaxCalls(granted)
    }
    return core.takeOut()
  }

  /// Bit n: the client takes messages of codec n.
  package var peerCodecs: UInt32 { core.peer.codecs }

  /// The longest message that the client takes.
  package var peerMessageBytesMax: Int { Int(core.peer.messageBytesMax) }

  /// Bytes of whole frames that wait for the socket.
  package var outboundBytes: Int { core.out.readableBytes }

  /// All that is held for the peer: a frame that is not whole, messages in both directions, frames for the socket.
  package var heldBytes: Int { decoder.heldBytes + core.streams.heldBytes + core.out.readableBytes }

  /// Streams whose writers can go on.
  package mutating func takeWritable() -> [UInt32] { core.takeWritable() }

  package mutating func call(of stream: UInt32) -> AnyObject? {
    core.streams.update(stream) { $0.attachment } ?? nil
  }
}

internal import DequeModule
internal import NIOCore

/// What both ends of a connection do alike: windows, message fragments, fair sending. It owns no socket and no timer.
struct ConnectionCore {
  let limits: WireLimits
  var streams = StreamTable()
  /// Frames that wait for the socket.
  var out = ByteBuffer()
  /// What `out` held was handed over: its storage serves again as soon as nobody else holds it.
  var outIsTaken = false
  var peer = Hello()
  private(set) var receiveWindow: ReceiveWindow
  var sendWindow = SendWindow(granted: 0)
  /// Streams that have something to send, in the order of their turns.
  var ready: Deque<UInt32> = []
  /// Control frames in `out` that the peer made us queue.
  var controlFrames = 0
  /// PINGs of ours without an answer so far.
  var pingsUnanswered = 0
  private var tuner: WindowTuner
  /// What we send of frames that the peer counts.
  var pace: FramePace
  private(set) var room: AssemblyRoom
  /// The offset at which the connection was seen to wait for credit, and whether the peer was told.
  var blockedAt: (offset: UInt64, isReported: Bool)?
  /// What the peer said last that it waits for.
  var peerBlocked: BlockedNotice?
  /// Streams whose writers wait for the batch in `out` to leave.
  var waitingForBatch: [UInt32] = []
  /// Streams whose writers can go on; the upper layer takes them after each drain.
  var writable: [UInt32] = []

  /// - Parameter isCounted: the peer ends the connection for too many PINGs, RESETs and the like: a server does.
  init(limits: WireLimits, isCounted: Bool = false) {
    self.limits = limits
    pace = FramePace(max: isCounted ? limits.costlyFramesMax : nil)
    receiveWindow = ReceiveWindow(size: limits.connectionWindowBytes)
    tuner = WindowTuner(budget: limits.windowGrowthBytesMax)
    room = AssemblyRoom(bytesMax: limits.assemblyBytesMax)
  }

  /// The largest payload of a frame that carries message bytes, for both sides.
  var framePayloadBytesMax: Int { min(limits.framePayloadBytesMax, Int(peer.framePayloadBytesMax)) }

  mutating func adopt(_ hello: Hello) {
    peer = hello
    _ = sendWindow.grant(upTo: hello.connectionWindowBytes)
  }

  func newStream(_ stream: UInt32, attachment: AnyObject? = nil) -> StreamState {
    StreamState(
      stream: stream, attachment: attachment, receiveWindow: ReceiveWindow(size: limits.streamWindowBytes),
      sendWindow: SendWindow(granted: peer.streamWindowBytes))
  }

  // MARK: Receiving

  /// Counts message bytes against the connection's window. They are released at once: each stream has its own share of it.
  mutating func receiveOnConnection(_ bytes: Int) throws(WireError) {
    guard bytes > 0 else { return }
    guard receiveWindow.receive(bytes) else {
      throw WireError(.flowControl, "more message bytes than the connection's credit allows")
    }
    if let offset = receiveWindow.release(bytes) { try writeCredit(stream: 0, offset) }
  }

  /// Checks a message that came inline and counts it on its stream.
  static func receiveInline(
    _ payload: ByteBuffer, codec: UInt8, limits: WireLimits, on state: inout StreamState
  ) throws(StreamFault) -> WireMessage {
    let message = try WireMessage.readInline(payload, codec: codec, limits: limits)
    guard state.receiveWindow.receive(payload.readableBytes) else { throw overStreamCredit }
    state.untakenBytes += payload.readableBytes
    return message
  }

  /// Takes a fragment of a stream's message; returns the message if it is whole. After a fault the stream's further frames are dropped.
  mutating func receive(
    _ stream: UInt32, _ bytes: ByteBuffer, codec: UInt8, more: Bool
  ) throws(WireError) -> Result<WireMessage?, StreamFault> {
    var credit: UInt64?
    let limits = limits
    var change = RoomChange.none
    let result = streams.update(stream) { state -> Result<WireMessage?, StreamFault> in
      do throws(StreamFault) {
        return .success(try Self.receive(bytes, codec: codec, more: more, limits: limits, on: &state, &change, credit: &credit))
      } catch {
        return .failure(error)
      }
    }
    if let credit {
      try writeCredit(stream: stream, credit)
      try probe(stream)
    }
    switch change {
    case .none: break
    case .wanted:
      room.queue(stream)
      try admitToRoom()
    case .left(let bytes):
      room.leave(stream, bytes)
      try admitToRoom()
    }
    return result ?? .success(nil)
  }

  private static func receive(
    _ bytes: ByteBuffer, codec: UInt8, more: Bool, limits: WireLimits, on state: inout StreamState, _ change: inout RoomChange,
    credit: inout UInt64?
  ) throws(StreamFault) -> WireMessage? {
    guard state.receiveWindow.receive(bytes.readableBytes) else { throw overStreamCredit }
    let outcome: MessageAssembly.Outcome
    let isFirst = state.assembly == nil
    if let assembly = state.assembly.take() {
      outcome = try assembly.add(bytes, codec: codec, more: more)
    } else {
      outcome = try MessageAssembly.start(bytes, codec: codec, more: more, limits: limits)
    }
    switch outcome {
    case .complete(let message):
      state.untakenBytes += bytes.readableBytes
      if !isFirst { state.leaveRoom(&change) }
      return message
    case .partial(let assembly):
      if isFirst { state.wantRoom(assembly, &change) }
      state.assembly = assembly
      // A message longer than the window needs credit to become whole; its length is known and within the limit. While the reader
      // is behind, or there is no room, nothing is released.
      if state.roomNeeded > 0 {
        state.unroomedBytes += bytes.readableBytes
      } else if state.untakenBytes == 0 {
        credit = state.receiveWindow.release(bytes.readableBytes)
      } else {
        state.untakenBytes += bytes.readableBytes
      }
      return nil
    }
  }

  /// Gives credit to long messages whose turn it is.
  private mutating func admitToRoom() throws(WireError) {
    while let stream = room.first {
      if let need = streams.update(stream, { $0.roomNeeded }), need > 0 {
        guard room.take(need) else { return }
        let credit = streams.update(stream) { $0.enterRoom() }
        if let credit = credit ?? nil { try writeCredit(stream: stream, credit) }
      }
      room.dropFirst()
    }
  }

  /// The stream's peer broke a rule: what it still sends here is dropped.
  mutating func discard(_ stream: UInt32) {
    var change = RoomChange.none
    streams.update(stream) { state in
      state.discards = true
      state.receiveOpen = false
      state.assembly = nil
      state.leaveRoom(&change)
    }
    leaveRoom(stream, change)
  }

  /// Nobody wants the stream any more, but its RESET has to wait: what it had to send is dropped, what still comes will be.
  mutating func abandon(_ stream: UInt32) {
    discard(stream)
    streams.update(stream) { state in
      state.attachment = nil
      state.sendOpen = false
      state.outbound = []
      state.outboundBytes = 0
      state.untakenBytes = 0
    }
  }

  private mutating func leaveRoom(_ stream: UInt32, _ change: RoomChange) {
    guard case .left(let bytes) = change else { return }
    room.leave(stream, bytes)
    // A peer that does not read what we have to say is told so by the next frame that it makes us answer.
    try? admitToRoom()
  }

  // MARK: Window tuning

  private mutating func probe(_ stream: UInt32) throws(WireError) {
    let sizeMax = limits.streamWindowBytesMax
    // Of what may be sent a third at most: there are things to say that can't wait.
    guard sizeMax > limits.streamWindowBytes, pace.hasRoom(forShare: 3),
      let window = streams.update(stream, { $0.receiveWindow }),
      let value = tuner.released(stream, window, sizeMax: sizeMax, connectionReceived: receiveWindow.received)
    else { return }
    pace.count()
    try writePing(value, ack: false)
  }

  /// An answer to PING. False: not to one of the tuner's.
  private mutating func receiveProbe(_ value: UInt64) throws(WireError) -> Bool {
    guard let (stream, receivedBefore) = tuner.take(value) else { return false }
    guard let window = streams.update(stream, { $0.receiveWindow }),
      let size = tuner.size(after: window, receivedBefore: receivedBefore, sizeMax: limits.streamWindowBytesMax)
    else { return true }
    // The connection's window stays as large as those of all streams, so that a stalled one blocks no other. It keeps its size when the
    // stream has ended: the budget that it is for is used again.
    let needed = limits.connectionWindowBytes + limits.windowGrowthBytesMax - tuner.budgetLeft
    if receiveWindow.size < needed { try writeCredit(stream: 0, receiveWindow.grow(to: needed)) }
    if let credit = streams.update(stream, { $0.receiveWindow.grow(to: size) }) { try writeCredit(stream: stream, credit) }
    return true
  }

  /// Takes an ended stream out after a last look at it; nil: there is none.
  mutating func removeStream<R>(_ stream: UInt32, _ last: (inout StreamState) -> R) -> R? {
    var change = RoomChange.none
    var window: UInt64 = 0
    let result = streams.remove(stream) { state in
      state.leaveRoom(&change)
      window = state.receiveWindow.size
      return last(&state)
    }
    leaveRoom(stream, change)
    if window > limits.streamWindowBytes { tuner.giveBack(window - limits.streamWindowBytes) }
    return result
  }

  /// - Returns: false: there was none.
  @discardableResult
  mutating func removeStream(_ stream: UInt32) -> Bool {
    removeStream(stream) { _ in true } ?? false
  }

  /// The objects of all streams there were.
  mutating func removeAllStreams() -> [AnyObject] {
    streams.streams.compactMap { removeStream($0) { $0.attachment } ?? nil }
  }

  /// The upper layer has taken every message it was given on this stream.
  mutating func taken(_ stream: UInt32) {
    var wantsRoom = false
    let credit = streams.update(stream) { state -> UInt64? in
      let bytes = state.untakenBytes
      state.untakenBytes = 0
      guard bytes > 0, state.receiveOpen else { return nil }
      wantsRoom = state.roomNeeded > 0
      return state.receiveWindow.release(bytes)
    }
    if wantsRoom {
      room.queue(stream)
      try? admitToRoom()
    }
    guard let credit = credit ?? nil else { return }
    write(.credit, stream: stream) { $0.writeInteger(credit) }
    // A reader that waits for a peer which does not read is told so by the next frame that it makes us answer.
    try? probe(stream)
  }

  mutating func receiveCredit(_ stream: UInt32, _ offset: UInt64) {
    if stream == 0 {
      _ = sendWindow.grant(upTo: offset)
      return
    }
    let more = streams.update(stream) { $0.sendWindow.grant(upTo: offset) && !$0.outbound.isEmpty }
    if more == true { schedule(stream) }
  }

  /// False: the answer was for the window tuner.
  /// - Throws: `protocolError` for an answer to a PING that we never sent.
  mutating func receivePong(_ value: UInt64) throws(WireError) -> Bool {
    guard pingsUnanswered > 0 else { throw WireError(.protocolError, "a PING answer came without a PING") }
    pingsUnanswered -= 1
    return try !receiveProbe(value)
  }

  private static let overStreamCredit = StreamFault(.flowControl, "more message bytes than the stream's credit allows")
}

extension Optional {
  /// Takes the value out, leaving nil, so that it is changed in place and not copied.
  fileprivate mutating func take() -> Wrapped? {
    let value = self
    self = nil
    return value
  }
}

internal import DequeModule
internal import NIOCore

/// What both ends of a connection do alike: windows, message fragments, fair sending. It owns no socket and no timer.
struct ConnectionCore {
  let limits: WireLimits
  var streams = StreamTable()
  var out = ByteBuffer()
  var peer: Hello
  private var receiveWindow: ReceiveWindow
  private var sendWindow: SendWindow
  private var ready: Deque<UInt32> = []
  private var controlFrames = 0
  /// Streams whose writers can go on; the upper layer takes them after each drain.
  private(set) var writable: [UInt32] = []

  init(limits: WireLimits) {
    self.limits = limits
    peer = Hello()
    receiveWindow = ReceiveWindow(size: limits.connectionWindowBytes)
    sendWindow = SendWindow(granted: 0)
  }

  /// The largest frame payload that both sides take.
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

  /// Takes a fragment of a stream's message; returns the message if it is whole.
  mutating func receive(_ stream: UInt32, _ bytes: ByteBuffer, codec: UInt8, more: Bool) throws(WireError) -> Result<
    ByteBuffer?, StreamFault
  > {
    var credit: UInt64?
    let bytesMax = limits.messageBytesMax
    let result = streams.update(stream) { state -> Result<ByteBuffer?, StreamFault> in
      guard state.receiveWindow.receive(bytes.readableBytes) else {
        return .failure(StreamFault(.flowControl, "more message bytes than the stream's credit allows"))
      }
      do throws(StreamFault) {
        let outcome: MessageAssembly.Outcome
        if let assembly = state.assembly.take() {
          outcome = try assembly.add(bytes, codec: codec, more: more)
        } else {
          outcome = try MessageAssembly.start(bytes, codec: codec, more: more, bytesMax: bytesMax)
        }
        switch outcome {
        case .complete(let message):
          state.untakenBytes += bytes.readableBytes
          return .success(message)
        case .partial(let assembly):
          state.assembly = assembly
          // A message longer than the window needs credit to become whole; its length is known and within the limit. While the
          // reader is behind, nothing is released.
          if state.untakenBytes == 0 {
            credit = state.receiveWindow.release(bytes.readableBytes)
          } else {
            state.untakenBytes += bytes.readableBytes
          }
          return .success(nil)
        }
      } catch {
        return .failure(error)
      }
    }
    if let credit { try writeCredit(stream: stream, credit) }
    return result ?? .success(nil)
  }

  /// The upper layer has taken every message it was given on this stream.
  mutating func taken(_ stream: UInt32) {
    let credit = streams.update(stream) { state -> UInt64? in
      let bytes = state.untakenBytes
      state.untakenBytes = 0
      guard bytes > 0, state.receiveOpen else { return nil }
      return state.receiveWindow.release(bytes)
    }
    if let credit = credit ?? nil { write(.credit, stream: stream) { $0.writeInteger(credit) } }
  }

  mutating func receiveCredit(_ stream: UInt32, _ offset: UInt64) {
    if stream == 0 {
      _ = sendWindow.grant(upTo: offset)
      return
    }
    let more = streams.update(stream) { $0.sendWindow.grant(upTo: offset) && !$0.outbound.isEmpty }
    if more == true { schedule(stream) }
  }

  // MARK: Sending

  /// Queues messages or the end of a stream behind what it already has to send.
  mutating func enqueue(_ stream: UInt32, _ outbound: StreamState.Outbound) {
    streams.update(stream) { state in
      if case .message(let message, _, _) = outbound { state.outboundBytes += message.readableBytes }
      if case .status(_, let message?) = outbound { state.outboundBytes += message.readableBytes }
      state.outbound.append(outbound)
    }
    schedule(stream)
  }

  private mutating func schedule(_ stream: UInt32) {
    let first = streams.update(stream) { state in
      defer { state.scheduled = true }
      return !state.scheduled
    }
    if first == true { ready.append(stream) }
  }

  /// True if a message of this size can go out whole right now, in one frame, in order.
  mutating func canSendInline(_ stream: UInt32, messageBytes: Int, controlBytes: Int) -> Bool {
    guard controlBytes + messageBytes <= framePayloadBytesMax, messageBytes <= sendWindow.available,
      out.readableBytes < limits.outboundBytesHigh
    else { return false }
    return streams.update(stream) { $0.outbound.isEmpty && messageBytes <= $0.sendWindow.available } ?? false
  }

  mutating func countSent(_ stream: UInt32, _ bytes: Int) {
    sendWindow.send(bytes)
    streams.update(stream) { $0.sendWindow.send(bytes) }
  }

  var hasOutbound: Bool { out.readableBytes > 0 || !ready.isEmpty }

  /// Moves what the streams have to send into `out`, a frame each in turn, until `out` is full or credit ends.
  /// - Parameter finished: called with each stream that has sent its last frame.
  mutating func pump(finished: (UInt32) -> Void) {
    var blocked: [UInt32] = []
    while out.readableBytes < limits.outboundBytesHigh, let stream = ready.popFirst() {
      switch sendOneFrame(of: stream) {
      case .more: ready.append(stream)
      case .idle: streams.update(stream) { $0.scheduled = false }
      case .streamBlocked: streams.update(stream) { $0.scheduled = false }
      case .connectionBlocked: blocked.append(stream)
      case .finished:
        streams.update(stream) { $0.scheduled = false }
        finished(stream)
      }
      let resumes = streams.update(stream) { state in
        let resumes = state.writerWaits && state.outboundBytes < limits.streamSendBytesHigh
        if resumes { state.writerWaits = false }
        return resumes
      }
      if resumes == true { writable.append(stream) }
    }
    ready.append(contentsOf: blocked)
  }

  private enum Sent { case more, idle, streamBlocked, connectionBlocked, finished }

  private mutating func sendOneFrame(of stream: UInt32) -> Sent {
    guard let next = streams.update(stream, { $0.outbound.first }) ?? nil else { return .idle }
    switch next {
    case .halfClose:
      writeFrame(FrameHeader(payloadBytes: 0, type: .message, stream: stream, flags: .end)) { _ in }
      return pop(stream, finished: true)
    case .status(let status, let message):
      return sendStatus(stream, status, message)
    case .message(let message, let sent, let end):
      return sendFragment(stream, message, sent: sent, end: end)
    }
  }

  private mutating func sendStatus(_ stream: UInt32, _ status: StatusFrame, _ message: ByteBuffer?) -> Sent {
    guard let message else {
      writeStatus(stream, status, message: nil)
      return pop(stream, finished: true)
    }
    // The message goes inline if it fits; else as MSG frames before the status.
    if status.encodedBytes + message.readableBytes > framePayloadBytesMax {
      streams.update(stream) { state in
        state.outbound[state.outbound.startIndex] = .message(message, sent: 0, end: false)
        state.outbound.append(.status(status, message: nil))
      }
      return .more
    }
    guard message.readableBytes <= sendWindow.available else { return .connectionBlocked }
    guard message.readableBytes <= streams.update(stream, { $0.sendWindow.available }) ?? 0 else { return .streamBlocked }
    countSent(stream, message.readableBytes)
    writeStatus(stream, status, message: message)
    streams.update(stream) { $0.outboundBytes -= message.readableBytes }
    return pop(stream, finished: true)
  }

  private mutating func sendFragment(_ stream: UInt32, _ message: ByteBuffer, sent: Int, end: Bool) -> Sent {
    let lengths = sent == 0 ? 8 : 0
    let left = message.readableBytes - sent
    let room = min(left, framePayloadBytesMax - lengths)
    // The two lengths of a first fragment are counted as message bytes: nothing that a peer can make us buffer goes uncounted.
    let connection = sendWindow.available - lengths
    let own = (streams.update(stream) { $0.sendWindow.available } ?? 0) - lengths
    guard own >= min(room, 1) else { return .streamBlocked }
    guard connection >= min(room, 1) else { return .connectionBlocked }
    let bytes = min(room, own, connection)
    let isLast = bytes == left
    var flags: FrameFlags = isLast ? [] : .more
    if isLast && end { flags.insert(.end) }
    writeFrame(FrameHeader(payloadBytes: lengths + bytes, type: .message, stream: stream, flags: flags)) { buffer in
      if lengths > 0 { buffer.writeMultipleIntegers(UInt32(message.readableBytes), UInt32(message.readableBytes)) }
      buffer.writeImmutableBuffer(message.getSlice(at: message.readerIndex + sent, length: bytes)!)
    }
    countSent(stream, lengths + bytes)
    streams.update(stream) { $0.outboundBytes -= bytes }
    if isLast { return pop(stream, finished: end) }
    streams.update(stream) { $0.outbound[$0.outbound.startIndex] = .message(message, sent: sent + bytes, end: end) }
    return .more
  }

  private mutating func pop(_ stream: UInt32, finished: Bool) -> Sent {
    let isEmpty = streams.update(stream) { state in
      state.outbound.removeFirst()
      return state.outbound.isEmpty
    }
    if finished { return .finished }
    return isEmpty == false ? .more : .idle
  }

  mutating func takeWritable() -> [UInt32] {
    defer { writable.removeAll(keepingCapacity: true) }
    return writable
  }

  // MARK: Frames

  mutating func writeFrame(_ header: FrameHeader, _ body: (inout ByteBuffer) -> Void) {
    out.writeFrameHeader(header)
    body(&out)
  }

  /// Writes a frame whose length is known only when it is written.
  mutating func write(_ type: FrameType, stream: UInt32, flags: FrameFlags = [], _ body: (inout ByteBuffer) -> Void) {
    let start = out.writerIndex
    out.writeFrameHeader(FrameHeader(payloadBytes: 0, type: type, stream: stream, flags: flags))
    body(&out)
    let header = FrameHeader(payloadBytes: out.writerIndex - start - FrameHeader.bytes, type: type, stream: stream, flags: flags)
    out.setInteger(header.packed.first, at: start)
  }

  mutating func writeStatus(_ stream: UInt32, _ status: StatusFrame, message: ByteBuffer?) {
    let bytes = status.encodedBytes + (message?.readableBytes ?? 0)
    let flags: FrameFlags = message == nil ? .end : [.end, .inline]
    writeFrame(FrameHeader(payloadBytes: bytes, type: .status, stream: stream, flags: flags)) { buffer in
      status.write(to: &buffer)
      if let message { buffer.writeImmutableBuffer(message) }
    }
  }

  mutating func writeReset(_ stream: UInt32, _ fault: StreamFault, notProcessed: Bool = false) throws(WireError) {
    try countControl()
    write(.reset, stream: stream, flags: notProcessed ? .notProcessed : []) { buffer in
      buffer.writeInteger(fault.code.rawValue)
      buffer.writeBytes(fault.reason.utf8.prefix(WireLimits().reasonBytesMax))
    }
  }

  mutating func writeGoAway(lastStream: UInt32, _ error: WireError, final: Bool) {
    write(.goAway, stream: 0) { buffer in
      buffer.writeMultipleIntegers(lastStream, error.code.rawValue, UInt8(final ? 1 : 0), UInt8(0))
      buffer.writeBytes(error.reason.utf8.prefix(WireLimits().reasonBytesMax))
    }
  }

  mutating func writePing(_ value: UInt64, ack: Bool) throws(WireError) {
    try countControl()
    writeFrame(FrameHeader(payloadBytes: 8, type: .ping, stream: 0, flags: ack ? .ack : [])) { $0.writeInteger(value) }
  }

  private mutating func writeCredit(stream: UInt32, _ offset: UInt64) throws(WireError) {
    try countControl()
    writeFrame(FrameHeader(payloadBytes: 8, type: .credit, stream: stream)) { $0.writeInteger(offset) }
  }

  /// Control frames that the peer makes us queue while it does not read are bounded.
  private mutating func countControl() throws(WireError) {
    controlFrames += 1
    guard controlFrames <= limits.outboundControlFramesMax else {
      throw WireError(.enhanceYourCalm, "the peer does not read but makes us answer")
    }
  }

  /// Hands over what is ready for the socket.
  mutating func takeOut() -> ByteBuffer? {
    guard out.readableBytes > 0 else { return nil }
    controlFrames = 0
    defer { out = ByteBuffer() }
    return out
  }
}

extension Optional {
  /// Takes the value out, leaving nil, so that it is changed in place and not copied.
  fileprivate mutating func take() -> Wrapped? {
    let value = self
    self = nil
    return value
  }
}

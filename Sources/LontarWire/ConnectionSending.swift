internal import DequeModule
internal import NIOCore

/// Fair sending: control frames go out as they are written, message bytes by turns of one frame as far as credit reaches.
extension ConnectionCore {
  /// Queues messages or the end of a stream behind what it already has to send.
  mutating func enqueue(_ stream: UInt32, _ outbound: StreamState.Outbound) {
    streams.update(stream) { state in
      state.outboundBytes += outbound.weight
      state.outbound.append(outbound)
    }
    schedule(stream)
  }

  /// Queues a message. True: the stream holds enough; its writer waits until the stream is named by `takeWritable`.
  mutating func enqueueMessage(_ stream: UInt32, _ message: WireMessage, end: Bool) -> Bool {
    if !end, sendAtOnce(stream, message) { return waitsForBatch(stream, message.readableBytes) }
    guard streams.update(stream, { $0.sendOpen }) == true else { return false }
    enqueue(stream, .message(message, sent: nil, end: end))
    let high = limits.streamSendBytesHigh
    return streams.update(stream) { state in
      state.sendOpen = !end
      let mustWait = state.outboundBytes >= high
      // Another writer of this stream may wait already; its turn must not be forgotten.
      if mustWait { state.writerWaits = true }
      return mustWait
    } ?? false
  }

  /// Writes a message that fits into one frame and has its credit, if no stream waits for its turn. Most small messages go this way.
  private mutating func sendAtOnce(_ stream: UInt32, _ message: WireMessage) -> Bool {
    let bytes = MessageAssembly.lengthsBytes + message.readableBytes
    guard ready.isEmpty, bytes <= framePayloadBytesMax, bytes <= sendWindow.available, hasRoomInBatch(bytes) else { return false }
    let sends = streams.update(stream) { state in
      guard state.sendOpen, state.outbound.isEmpty, bytes <= state.sendWindow.available else { return false }
      state.sendWindow.send(bytes)
      return true
    }
    guard sends == true else { return false }
    sendWindow.send(bytes)
    let header = FrameHeader(payloadBytes: bytes, type: .message, stream: stream, codec: message.codec)
    writeWholeMessage(header, message)
    return true
  }

  private func hasRoomInBatch(_ payloadBytes: Int) -> Bool {
    out.readableBytes + FrameHeader.bytes + payloadBytes <= limits.outboundBytesHigh
  }

  /// Whether another message like the one that went out last would not fit. Its writer waits for the next batch then: what is not
  /// queued needs not be moved.
  private mutating func waitsForBatch(_ stream: UInt32, _ messageBytes: Int) -> Bool {
    guard !hasRoomInBatch(MessageAssembly.lengthsBytes + messageBytes) else { return false }
    streams.update(stream) { $0.writerWaits = true }
    waitingForBatch.append(stream)
    return true
  }

  /// The batch has gone: those who waited for that can go on.
  mutating func resumeWaitingForBatch() {
    for stream in waitingForBatch {
      if streams.update(stream, { $0.endWait() }) == true { writable.append(stream) }
    }
    waitingForBatch.removeAll(keepingCapacity: true)
  }

  mutating func schedule(_ stream: UInt32) {
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

  /// Counts bytes of a stream that has ended.
  mutating func countSentInAll(_ bytes: Int) {
    sendWindow.send(bytes)
  }

  mutating func countSent(_ stream: UInt32, _ bytes: Int) {
    guard bytes > 0 else { return }
    sendWindow.send(bytes)
    streams.update(stream) { $0.sendWindow.send(bytes) }
  }

  var hasOutbound: Bool { out.readableBytes > 0 || !ready.isEmpty }

  /// Moves what the streams have to send into `out`, a frame each in turn, until `out` is full or credit ends. Every turn writes a
  /// frame, splits an answer in two (once per call) or takes the stream out of the round, so it comes to an end.
  /// - Parameter finished: called with each stream that has sent its last frame.
  mutating func pump(finished: (UInt32) -> Void) {
    var blocked: [UInt32] = []
    while out.readableBytes < limits.outboundBytesHigh, let stream = ready.popFirst() {
      switch sendOneFrame(of: stream) {
      case .more: ready.append(stream)
      case .idle: streams.update(stream) { $0.scheduled = false }
      case .connectionBlocked: blocked.append(stream)
      case .finished:
        streams.update(stream) { $0.scheduled = false }
        finished(stream)
      }
      resumeWriter(of: stream)
    }
    ready.append(contentsOf: blocked)
  }

  private mutating func resumeWriter(of stream: UInt32) {
    let high = limits.streamSendBytesHigh
    if streams.update(stream, { $0.outboundBytes < high && $0.endWait() }) == true { writable.append(stream) }
  }

  /// What a stream's turn came to; `idle`: it has nothing to send or no credit of its own, and is scheduled again when that changes.
  private enum Turn { case more, idle, connectionBlocked, finished }

  private mutating func sendOneFrame(of stream: UInt32) -> Turn {
    guard let next = streams.update(stream, { $0.outbound.first }) ?? nil else { return .idle }
    switch next {
    case .halfClose:
      writeFrame(FrameHeader(payloadBytes: 0, type: .message, stream: stream, flags: .end)) { _ in }
      return pop(stream, finished: true)
    case .status(let status, let message):
      return sendQueuedStatus(stream, status, message)
    case .message(let message, let sent, let end):
      return sendFragment(stream, message, sent: sent, end: end)
    }
  }

  private mutating func sendQueuedStatus(_ stream: UInt32, _ status: StatusFrame, _ message: WireMessage?) -> Turn {
    guard let message else {
      writeStatus(stream, status, message: nil)
      return pop(stream, finished: true)
    }
    let bytes = message.inlineBytes
    let credit = min(sendWindow.available, streams.update(stream) { $0.sendWindow.available } ?? 0)
    // Too long for one frame or for the credit there is now: fragments before the status, because they can always go on, even
    // through a window that is smaller than a frame.
    guard status.encodedBytes + bytes <= framePayloadBytesMax, bytes <= credit else {
      streams.update(stream) { state in
        state.outbound[state.outbound.startIndex] = .message(message, sent: nil, end: false)
        state.outbound.append(.status(status, message: nil))
      }
      return .more
    }
    countSent(stream, bytes)
    writeStatus(stream, status, message: message)
    return pop(stream, finished: true)
  }

  private mutating func sendFragment(_ stream: UInt32, _ message: WireMessage, sent: Int?, end: Bool) -> Turn {
    let lengths = sent == nil ? MessageAssembly.lengthsBytes : 0
    let offset = sent ?? 0
    let left = message.readableBytes - offset
    let room = min(left, framePayloadBytesMax - lengths)
    // The two lengths of a first fragment are counted as message bytes: nothing that a peer can make us buffer goes uncounted.
    let connection = sendWindow.available - lengths
    let own = (streams.update(stream) { $0.sendWindow.available } ?? 0) - lengths
    guard own >= min(room, 1) else { return .idle }
    guard connection >= min(room, 1) else { return .connectionBlocked }
    let bytes = min(room, own, connection)
    let isLast = bytes == left
    var flags: FrameFlags = isLast ? [] : .more
    if isLast && end { flags.insert(.end) }
    let header = FrameHeader(payloadBytes: lengths + bytes, type: .message, stream: stream, flags: flags, codec: message.codec)
    if lengths > 0 { writeFirstFragment(header, of: message) } else { writeFrame(header) { _ in } }
    out.writeInPieces(message.bytes, offset: offset, count: bytes)
    countSent(stream, lengths + bytes)
    if isLast { return pop(stream, finished: end) }
    streams.update(stream) { state in
      state.outboundBytes -= lengths + bytes
      state.outbound[state.outbound.startIndex] = .message(message, sent: offset + bytes, end: end)
    }
    return .more
  }

  private mutating func pop(_ stream: UInt32, finished: Bool) -> Turn {
    let isEmpty = streams.update(stream) { state in
      state.outboundBytes -= state.outbound.removeFirst().weight
      return state.outbound.isEmpty
    }
    if finished { return .finished }
    return isEmpty == false ? .more : .idle
  }

  mutating func takeWritable() -> [UInt32] {
    guard !writable.isEmpty else { return [] }
    defer { writable.removeAll(keepingCapacity: true) }
    return writable
  }

  // MARK: Diagnosis

  /// Says BLOCKED for what waited at the same offset when this was called before, once per offset.
  /// - Returns: how many it said.
  @discardableResult
  mutating func reportBlocked(max: Int) -> Int {
    var reports: [BlockedNotice] = []
    for stream in streams.streams where reports.count < max {
      streams.update(stream) { state in
        guard !state.outbound.isEmpty, state.sendWindow.available <= MessageAssembly.lengthsBytes else {
          return state.blockedAt = nil
        }
        let offset = state.sendWindow.granted
        if step(&state.blockedAt, offset) { reports.append(BlockedNotice(stream: stream, limit: .streamCredit, offset: offset)) }
      }
    }
    if ready.isEmpty || sendWindow.available > MessageAssembly.lengthsBytes {
      blockedAt = nil
    } else if step(&blockedAt, sendWindow.granted) {
      reports.append(BlockedNotice(stream: 0, limit: .connectionCredit, offset: sendWindow.granted))
    }
    for report in reports { writeBlocked(report) }
    return reports.count
  }
}

/// True: this offset was seen before and is reported now.
private func step(_ blockedAt: inout (offset: UInt64, isReported: Bool)?, _ offset: UInt64) -> Bool {
  guard let before = blockedAt, before.offset == offset else {
    blockedAt = (offset, false)
    return false
  }
  blockedAt = (offset, true)
  return !before.isReported
}

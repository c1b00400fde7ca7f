internal import NIOCore

/// The frames that a connection writes, straight into `out`.
extension ConnectionCore {
  mutating func writeFrame(_ header: FrameHeader, _ body: (inout ByteBuffer) -> Void) {
    if outIsTaken { reuseOut() }
    out.reserveCapacity(minimumWritableBytes: FrameHeader.bytes + header.payloadBytes)
    out.writeFrameHeader(header)
    body(&out)
  }

  /// Writes the header of a message's first frame and the message's two lengths, in one go; its bytes follow.
  mutating func writeFirstFragment(_ header: FrameHeader, of message: WireMessage) {
    if outIsTaken { reuseOut() }
    out.reserveCapacity(minimumWritableBytes: FrameHeader.bytes + header.payloadBytes)
    let packed = header.packed
    out.writeMultipleIntegers(packed.first, packed.last, UInt32(message.readableBytes), message.plainBytes)
  }

  /// Writes a message that fits into one frame: header, lengths and bytes in one go, for each access to a buffer costs as much as copying
  /// a small message.
  ///
  /// SAFETY: `target` has room for `frameBytes`, as asked for, and exactly those are written.
  mutating func writeWholeMessage(_ header: FrameHeader, _ message: WireMessage) {
    if outIsTaken { reuseOut() }
    let frameBytes = FrameHeader.bytes + header.payloadBytes
    let packed = header.packed
    message.bytes.withUnsafeReadableBytes { source in
      _ = out.writeWithUnsafeMutableBytes(minimumWritableBytes: frameBytes) { target in
        target.storeBytes(of: packed.first.bigEndian, as: UInt64.self)
        target.storeBytes(of: packed.last.bigEndian, toByteOffset: 8, as: UInt32.self)
        target.storeBytes(of: UInt32(source.count).bigEndian, toByteOffset: 12, as: UInt32.self)
        target.storeBytes(of: message.plainBytes.bigEndian, toByteOffset: 16, as: UInt32.self)
        UnsafeMutableRawBufferPointer(rebasing: target[20..<frameBytes]).copyMemory(from: source)
        return frameBytes
      }
    }
  }

  /// Writes a frame whose length is known only when it is written.
  mutating func write(_ type: FrameType, stream: UInt32, flags: FrameFlags = [], _ body: (inout ByteBuffer) -> Void) {
    if outIsTaken { reuseOut() }
    let start = out.writerIndex
    out.writeFrameHeader(FrameHeader(payloadBytes: 0, type: type, stream: stream, flags: flags))
    body(&out)
    let header = FrameHeader(payloadBytes: out.writerIndex - start - FrameHeader.bytes, type: type, stream: stream, flags: flags)
    out.setInteger(header.packed.first, at: start)
  }

  mutating func writeOpen(_ stream: UInt32, _ open: OpenFrame, message: WireMessage?, end: Bool) {
    var flags: FrameFlags = end ? .end : []
    if message != nil { flags.insert(.inline) }
    let bytes = open.encodedBytes + (message?.inlineBytes ?? 0)
    let codec = message?.codec ?? 0
    writeFrame(FrameHeader(payloadBytes: bytes, type: .open, stream: stream, flags: flags, codec: codec)) { buffer in
      open.write(to: &buffer)
      message?.writeInline(to: &buffer)
    }
  }

  mutating func writeStatus(_ stream: UInt32, _ status: StatusFrame, message: WireMessage?) {
    let bytes = status.encodedBytes + (message?.inlineBytes ?? 0)
    let codec = message?.codec ?? 0
    let flags: FrameFlags = message == nil ? .end : [.end, .inline]
    writeFrame(FrameHeader(payloadBytes: bytes, type: .status, stream: stream, flags: flags, codec: codec)) { buffer in
      status.write(to: &buffer)
      message?.writeInline(to: &buffer)
    }
  }

  /// STATUS with code 0 and nothing but the message.
  mutating func writeAnswer(_ stream: UInt32, _ message: WireMessage) {
    let bytes = StatusFrame.okBytes + message.inlineBytes
    let header = FrameHeader(payloadBytes: bytes, type: .status, stream: stream, flags: [.end, .inline], codec: message.codec)
    writeFrame(header) { buffer in
      buffer.writeInteger(UInt32(0))
      message.writeInline(to: &buffer)
    }
  }

  mutating func writeReset(_ stream: UInt32, _ fault: StreamFault, notProcessed: Bool = false) throws(WireError) {
    try countControl()
    let reason = fault.reason.cut(utf8Max: limits.reasonBytesMax)
    write(.reset, stream: stream, flags: notProcessed ? .notProcessed : []) { buffer in
      buffer.writeInteger(fault.code.rawValue)
      buffer.writeSubstring(reason)
    }
  }

  mutating func writeGoAway(lastStream: UInt32, _ error: WireError, final: Bool) {
    let reason = error.reason.cut(utf8Max: limits.reasonBytesMax)
    write(.goAway, stream: 0) { buffer in
      buffer.writeMultipleIntegers(lastStream, error.code.rawValue, UInt8(final ? 1 : 0), UInt8(0))
      buffer.writeSubstring(reason)
    }
  }

  mutating func writePing(_ value: UInt64, ack: Bool) throws(WireError) {
    try countControl()
    if !ack { pingsUnanswered += 1 }
    writeFrame(FrameHeader(payloadBytes: 8, type: .ping, stream: 0, flags: ack ? .ack : [])) { $0.writeInteger(value) }
  }

  mutating func writeBlocked(_ notice: BlockedNotice) {
    let header = FrameHeader(
      payloadBytes: BlockedNotice.payloadBytes, type: .blocked, stream: notice.stream, flags: .ignorable)
    writeFrame(header) { notice.write(to: &$0) }
  }

  mutating func writeHint(_ hint: OverloadHint) {
    writeFrame(FrameHeader(payloadBytes: OverloadHint.payloadBytes, type: .hint, stream: 0, flags: .ignorable)) {
      hint.write(to: &$0)
    }
  }

  mutating func writeMaxCalls(_ granted: UInt64) {
    writeFrame(FrameHeader(payloadBytes: 8, type: .maxCalls, stream: 0)) { $0.writeInteger(granted) }
  }

  mutating func writeCredit(stream: UInt32, _ offset: UInt64) throws(WireError) {
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
    if !waitingForBatch.isEmpty { resumeWaitingForBatch() }
    let taken = out
    if streams.count == 0, out.storageCapacity > Self.idleOutBytesMax {
      out = ByteBuffer()
    } else {
      outIsTaken = true
      out.moveReaderIndex(to: out.writerIndex)
    }
    return taken
  }

  /// What a connection without a call keeps allocated for frames.
  private static var idleOutBytesMax: Int { 16 * 1024 }

  /// Makes room for as much as went out last, in the same storage if the pipe has let go of it. Storage more than four times too
  /// large is given back: a connection that goes from bulk to pings holds little again.
  private mutating func reuseOut() {
    outIsTaken = false
    let last = out.writerIndex
    if out.storageCapacity > 4 * max(last, 1_024) {
      out = ByteBufferAllocator().buffer(capacity: last)
    } else {
      out.clear(minimumCapacity: last)
    }
  }
}

extension String {
  /// The longest beginning of whole characters (Unicode scalars) that has at most `utf8Max` bytes.
  func cut(utf8Max: Int) -> Substring {
    guard let end = utf8.index(startIndex, offsetBy: utf8Max, limitedBy: endIndex) else { return self[...] }
    // Slicing rounds an index inside a scalar down to the scalar's start.
    return self[..<end]
  }
}

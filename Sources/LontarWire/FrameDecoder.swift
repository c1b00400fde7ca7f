package import NIOCore

/// Bytes in, frames out. It looks, checks the limit, and only then waits for a payload; it holds at most one frame's worth of bytes
/// beyond what the last read brought.
package struct FrameDecoder: Sendable {
  /// What the last read brought, as far as it is not decoded.
  private var buffer = ByteBuffer()
  /// The beginning of a frame that goes on in the next read, copied, so that reads are neither joined nor kept.
  private var partial = ByteBuffer()
  private var unknownFrames = 0
  /// Whole frames so far: a caller's clock for one frame must not run on for the next.
  package private(set) var framesDecoded: UInt64 = 0
  private let limits: WireLimits
  /// A server expects the preface before the first frame.
  private var awaitsPreface: Bool

  /// The eight bytes that a client sends first: they tell our protocol from all others before a length is believed.
  package static let preface: [UInt8] = Array("LONTAR\r\n".utf8)

  package init(limits: WireLimits, expectsPreface: Bool) {
    self.limits = limits
    awaitsPreface = expectsPreface
  }

  /// True while part of a frame (or of the preface) is waiting for its rest: the caller's clock runs.
  package var holdsPartialFrame: Bool { buffer.readableBytes > 0 || partial.readableBytes > 0 }

  var heldBytes: Int { buffer.readableBytes + partial.readableBytes }

  /// What the waiting bytes keep allocated.
  var storageBytes: Int { buffer.storageCapacity + partial.storageCapacity }

  package mutating func feed(_ bytes: ByteBuffer) {
    if buffer.readableBytes == 0 {
      buffer = bytes
    } else {
      buffer.writeImmutableBuffer(bytes)
    }
  }

  /// The next whole frame; nil: more bytes are needed.
  package mutating func next() throws(WireError) -> Frame? {
    if awaitsPreface {
      guard try takePreface() else { return nil }
    }
    if partial.readableBytes > 0 { return try nextAcrossReads() }
    guard let (header, type) = try Self.header(of: buffer, limits) else { return keepPart(of: nil) }
    guard buffer.readableBytes >= FrameHeader.bytes + header.payloadBytes else { return keepPart(of: header) }
    buffer.moveReaderIndex(forwardBy: FrameHeader.bytes)
    return try frame(header, type, buffer.readSlice(length: header.payloadBytes)!)
  }

  /// Completes the frame whose beginning came earlier.
  private mutating func nextAcrossReads() throws(WireError) -> Frame? {
    movePart(upTo: FrameHeader.bytes)
    guard let (header, type) = try Self.header(of: partial, limits) else { return nil }
    movePart(upTo: FrameHeader.bytes + header.payloadBytes)
    guard partial.readableBytes == FrameHeader.bytes + header.payloadBytes else { return nil }
    var payload = partial
    partial = ByteBuffer()
    payload.moveReaderIndex(forwardBy: FrameHeader.bytes)
    return try frame(header, type, payload)
  }

  /// Nothing whole is left: lets go of the read. What room is made for the rest of a frame is bounded by what came of it.
  private mutating func keepPart(of header: FrameHeader?) -> Frame? {
    if buffer.readableBytes > 0 {
      let whole = FrameHeader.bytes + (header?.payloadBytes ?? 0)
      partial = ByteBufferAllocator().buffer(capacity: min(whole, 4 * buffer.readableBytes))
      partial.writeImmutableBuffer(buffer)
    }
    buffer = ByteBuffer()
    return nil
  }

  private mutating func movePart(upTo bytes: Int) {
    let missing = min(max(0, bytes - partial.readableBytes), buffer.readableBytes)
    if missing > 0 { partial.writeImmutableBuffer(buffer.readSlice(length: missing)!) }
    if buffer.readableBytes == 0 { buffer = ByteBuffer() }
  }

  private static func header(of bytes: ByteBuffer, _ limits: WireLimits) throws(WireError) -> (FrameHeader, FrameType?)? {
    guard let (first, last) = bytes.peekMultipleIntegers(as: (UInt64, UInt32).self) else { return nil }
    let header = try FrameHeader(first: first, last: last)
    return (header, try checkedType(header, limits))
  }

  private mutating func frame(_ header: FrameHeader, _ type: FrameType?, _ payload: ByteBuffer) throws(WireError) -> Frame {
    framesDecoded += 1
    guard let type else {
      unknownFrames += 1
      guard unknownFrames <= limits.unknownFramesMax else { throw WireError(.enhanceYourCalm, "too many frames of unknown type") }
      return .ignorable(type: header.rawType)
    }
    return try Frame(header, type: type, payload: payload, limits: limits)
  }

  private mutating func takePreface() throws(WireError) -> Bool {
    let view = buffer.readableBytesView.prefix(Self.preface.count)
    guard view.elementsEqual(Self.preface.prefix(view.count)) else {
      throw WireError(.badPreface, "the connection does not start with the Lontar preface")
    }
    guard view.count == Self.preface.count else { return false }
    buffer.moveReaderIndex(forwardBy: Self.preface.count)
    awaitsPreface = false
    return true
  }

  /// The order of checks: type, length limit of that type, flags, stream number, codec; nil is an unknown type that may be skipped.
  private static func checkedType(_ header: FrameHeader, _ limits: WireLimits) throws(WireError) -> FrameType? {
    guard let type = FrameType(rawValue: header.rawType) else {
      guard header.flags.contains(.ignorable) else {
        throw WireError(.protocolError, "frame type \(header.rawType) is unknown and not ignorable")
      }
      guard header.payloadBytes <= limits.framePayloadBytesMax else { throw tooLarge(header) }
      return nil
    }
    guard header.payloadBytes <= limits.payloadBytesMax(of: type, header.flags) else { throw tooLarge(header) }
    guard header.flags.subtracting(type.allowedFlags).isEmpty else {
      throw WireError(.protocolError, "a \(type) frame has a flag that it may not have")
    }
    guard type != .status || header.flags.contains(.end) else {
      throw WireError(.protocolError, "a STATUS frame does not end its stream")
    }
    switch type {
    case .hello, .maxCalls, .ping, .goAway, .hint:
      guard header.stream == 0 else { throw WireError(.protocolError, "a \(type) frame must be on stream 0") }
    case .open, .head, .message, .status, .reset:
      guard header.stream & 1 == 1 else { throw WireError(.protocolError, "a \(type) frame must be on an odd stream") }
    case .credit, .blocked:
      guard header.stream == 0 || header.stream & 1 == 1 else {
        throw WireError(.protocolError, "a \(type) frame must be on stream 0 or an odd stream")
      }
    }
    switch type {
    case .open, .status, .message: break
    default: guard header.codec == 0 else { throw WireError(.protocolError, "a \(type) frame may not name a codec") }
    }
    return type
  }

  private static func tooLarge(_ header: FrameHeader) -> WireError {
    WireError(.frameTooLarge, "a frame of type \(header.rawType) announces \(header.payloadBytes) bytes, more than its limit")
  }
}

extension FrameType {
  var allowedFlags: FrameFlags {
    switch self {
    case .open: [.end, .inline]
    case .message: [.end, .more]
    case .status: [.end, .inline]
    case .reset: [.notProcessed]
    case .ping: [.ack]
    case .blocked, .hint: [.ignorable]
    case .hello, .head, .credit, .maxCalls, .goAway: []
    }
  }
}

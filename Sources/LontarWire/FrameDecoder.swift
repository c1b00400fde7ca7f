package import NIOCore

/// Bytes in, frames out. It looks, checks the limit, and only then waits for a payload; it holds at most one frame's worth of bytes
/// beyond what the last read brought.
package struct FrameDecoder: Sendable {
  private var buffer = ByteBuffer()
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
  package var holdsPartialFrame: Bool { buffer.readableBytes > 0 }

  var heldBytes: Int { buffer.readableBytes }

  /// What the waiting bytes keep allocated.
  var storageBytes: Int { buffer.storageCapacity }

  package mutating func feed(_ bytes: ByteBuffer) {
    if buffer.readableBytes == 0 {
      buffer = bytes
    } else if buffer.readerIndex == 0 {
      buffer.writeImmutableBuffer(bytes)
    } else {
      // What was consumed is left behind: reads that never end where a frame ends must not pile up.
      var joined = ByteBufferAllocator().buffer(capacity: buffer.readableBytes + bytes.readableBytes)
      joined.writeImmutableBuffer(buffer)
      joined.writeImmutableBuffer(bytes)
      buffer = joined
    }
  }

  /// The next whole frame; nil: more bytes are needed.
  package mutating func next() throws(WireError) -> Frame? {
    if awaitsPreface {
      guard try takePreface() else { return nil }
    }
    guard let (first, last) = buffer.peekMultipleIntegers(as: (UInt64, UInt32).self) else { return nil }
    let header = try FrameHeader(first: first, last: last)
    let type = try checkedType(header)
    guard buffer.readableBytes >= FrameHeader.bytes + header.payloadBytes else { return nil }
    buffer.moveReaderIndex(forwardBy: FrameHeader.bytes)
    let payload = buffer.readSlice(length: header.payloadBytes)!
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
  private func checkedType(_ header: FrameHeader) throws(WireError) -> FrameType? {
    guard let type = FrameType(rawValue: header.rawType) else {
      guard header.flags.contains(.ignorable) else {
        throw WireError(.protocolError, "frame type \(header.rawType) is unknown and not ignorable")
      }
      guard header.payloadBytes <= limits.framePayloadBytesMax else { throw tooLarge(header) }
      return nil
    }
    guard header.payloadBytes <= limits.payloadBytesMax(of: type) else { throw tooLarge(header) }
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

  private func tooLarge(_ header: FrameHeader) -> WireError {
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

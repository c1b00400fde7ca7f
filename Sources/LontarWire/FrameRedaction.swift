package import NIOCore

/// A frame's payload without what may be secret: message bytes go, values of metadata and details of a status become zeros of the same
/// length and its text asterisks (it may repeat what was sent), so that all lengths stay and the frame can still be decoded once its message is filled up with zeros.
package enum FrameRedaction {
  /// - Parameters:
  ///   - kept: the beginning of the payload, with all of its control part.
  ///   - isFirstFragment: of a MSG frame: it begins with the message's lengths.
  /// - Returns: the control part; nil: it can't be told from what must not be kept.
  package static func controlPart(_ header: FrameHeader, _ kept: ByteBuffer, isFirstFragment: Bool) -> ByteBuffer? {
    guard let type = FrameType(rawValue: header.rawType) else { return ByteBuffer() }
    switch type {
    case .open:
      return rewritten(header, kept) { payload, control throws(WireError) in
        var open = try OpenFrame.read(from: &payload, limits: limits)
        open.metadata = open.metadata.blanked()
        open.write(to: &control)
      }
    case .head:
      return rewritten(header, kept) { payload, control throws(WireError) in
        try MetadataBlock.read(from: &payload, limits: limits).blanked().write(to: &control)
      }
    case .status:
      return rewritten(header, kept) { payload, control throws(WireError) in
        var status = try StatusFrame.read(from: &payload, limits: limits)
        status.message = String(repeating: "*", count: status.message.utf8.count)
        status.details = status.details.map { ByteBuffer(repeating: 0, count: $0.readableBytes) }
        status.metadata = status.metadata.blanked()
        status.write(to: &control)
      }
    case .message: return isFirstFragment ? kept.getSlice(at: kept.readerIndex, length: min(8, kept.readableBytes)) : ByteBuffer()
    case .hello, .reset, .credit, .maxCalls, .ping, .goAway, .blocked, .hint: return kept
    }
  }

  private static let limits = WireLimits()

  /// Reads a control part off the payload and writes it anew; nil if that is no control part, or has other bytes than it had: then what
  /// is where is not known.
  private static func rewritten(
    _ header: FrameHeader, _ kept: ByteBuffer, _ body: (inout ByteBuffer, inout ByteBuffer) throws(WireError) -> Void
  ) -> ByteBuffer? {
    var (payload, control) = (kept, ByteBuffer())
    do throws(WireError) { try body(&payload, &control) } catch { return nil }
    guard control.readableBytes == kept.readableBytes - payload.readableBytes else { return nil }
    // A compressed message states its plain length first.
    if header.flags.contains(.inline), header.codec != 0, let length = payload.readSlice(length: min(4, payload.readableBytes)) {
      control.writeImmutableBuffer(length)
    }
    return control
  }
}

extension MetadataBlock {
  /// The same keys, the values as many zeros.
  func blanked() -> MetadataBlock {
    if isEmpty { return self }
    var pairs: [(key: String, value: [UInt8])] = []
    forEach { key, value in pairs.append((key, Array(repeating: 0, count: value.count))) }
    // It was read within the same limits.
    return (try? MetadataBlock(pairs, limits: WireLimits())) ?? .empty
  }
}

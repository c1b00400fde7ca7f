internal import Glibc
internal import LontarWire
internal import NIOCore

/// Writes the frames of one connection into a log as its link hands the bytes by. Confined to the link's event loop.
final class FrameTap {
  enum Side: UInt8 {
    case server = 0
    case client = 1
  }

  enum Direction: UInt8 {
    case received = 0
    case sent = 1
  }

  /// One way of the connection.
  private struct Way {
    var splitter: FrameSplitter
    /// Streams in the middle of a message: their next fragment has no lengths.
    var continued: Set<UInt32> = []
    /// There were too many of them.
    var isLost = false
  }

  /// Far more streams than may be open at once.
  private static let continuedMax = 4_096

  private let log: FrameLog
  private let connection: String
  private var received: Way
  private var sent: Way

  init(_ log: FrameLog, connection: String, side: Side) {
    self.log = log
    self.connection = connection
    let keptMax = log.keepsPayloads ? FrameLogFormat.payloadKeptMax : FrameLogFormat.controlKeptMax
    received = Way(splitter: FrameSplitter(expectsPreface: side == .server, keptBytesMax: keptMax))
    sent = Way(splitter: FrameSplitter(expectsPreface: side == .client, keptBytesMax: keptMax))
    record(.opened) { $0.writeInteger(side.rawValue) }
  }

  func received(_ bytes: ByteBuffer) {
    look(bytes, .received, &received)
  }

  func sent(_ bytes: ByteBuffer) {
    look(bytes, .sent, &sent)
  }

  func closed() {
    record(.closed) { _ in }
  }

  private func look(_ bytes: ByteBuffer, _ direction: Direction, _ way: inout Way) {
    var splitter = way.splitter
    splitter.feed(bytes) { piece in
      switch piece {
      case .preface: break
      case .frame(let header, let kept): frame(header, kept, direction, &way)
      case .unreadable(let error):
        record(.unreadable) { buffer in
          buffer.writeInteger(direction.rawValue)
          buffer.writeString(error.description)
        }
      }
    }
    way.splitter = splitter
  }

  private func frame(_ header: FrameHeader, _ kept: ByteBuffer, _ direction: Direction, _ way: inout Way) {
    let isFirst = Self.isFirstFragment(header, &way)
    let part = log.keepsPayloads ? kept : FrameRedaction.controlPart(header, kept, isFirstFragment: isFirst)
    let keeping: FrameLogFormat.Keeping = part == nil ? .nothing : log.keepsPayloads ? .payload : .control
    record(.frame) { buffer in
      buffer.writeMultipleIntegers(direction.rawValue, keeping.rawValue)
      buffer.writeFrameHeader(header)
      if let part { buffer.writeImmutableBuffer(part) }
    }
  }

  private static func isFirstFragment(_ header: FrameHeader, _ way: inout Way) -> Bool {
    switch FrameType(rawValue: header.rawType) {
    case .message:
      let continues = way.continued.contains(header.stream)
      if !header.flags.contains(.more) {
        way.continued.remove(header.stream)
      } else if !continues {
        way.continued.insert(header.stream)
        if way.continued.count > continuedMax { way.isLost = true }
      }
      // What is taken for lengths is kept: without certainty none are.
      if way.isLost { way.continued = [] }
      return !continues && !way.isLost
    case .status, .reset:
      way.continued.remove(header.stream)
      return false
    default: return false
    }
  }

  private func record(_ kind: FrameLogFormat.Kind, _ body: (inout ByteBuffer) -> Void) {
    log.append { buffer, now in
      FrameLogFormat.write(kind, to: &buffer) { buffer in
        buffer.writeMultipleIntegers(now, UInt8(clamping: connection.utf8.count))
        buffer.writeSubstring(connection.prefix(255))
        body(&buffer)
      }
    }
  }
}

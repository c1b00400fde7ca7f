internal import LontarWire
internal import NIOCore

/// One thing that a frame log tells.
package struct FrameLogEntry: Sendable, Equatable {
  package enum Event: Sendable, Equatable {
    case opened(isServer: Bool)
    case closed
    /// That many records came too fast for the disk.
    case dropped(Int)
    case frame(isSent: Bool, FrameDescription)
    /// What came or went from here on is not frames.
    case unreadable(isSent: Bool, String)
  }

  /// Nanoseconds since 1970.
  package let time: UInt64
  /// Empty for what concerns no single connection.
  package let connection: String
  package let event: Event
}

/// Why a frame log can't be read on.
package struct FrameLogFault: Error, Sendable, Equatable {
  package enum Reason: String, Sendable, CaseIterable {
    case notALog = "FRAME_LOG_NONE"
    case version = "FRAME_LOG_VERSION"
    case truncated = "FRAME_LOG_TRUNCATED"
    case corrupt = "FRAME_LOG_CORRUPT"
  }

  package let reason: Reason
  /// Where the record begins that is not whole or not true.
  package let byte: Int

  package init(reason: Reason, byte: Int) {
    self.reason = reason
    self.byte = byte
  }
}

/// Reads a frame log from its first byte to its last.
package struct FrameLogReader {
  private let all: ByteBuffer
  private var rest: ByteBuffer
  /// Whether message bytes, metadata values and details are there.
  package let keepsPayloads: Bool

  /// - Throws: `FrameLogFault` for a file that is no frame log of version 1.
  package init(_ bytes: some Sequence<UInt8>) throws(FrameLogFault) {
    all = ByteBuffer(bytes: bytes)
    rest = all
    let magic = rest.readBytes(length: min(FrameLogFormat.magic.count, rest.readableBytes)) ?? []
    guard magic == FrameLogFormat.magic else { throw FrameLogFault(reason: .notALog, byte: 0) }
    guard let (version, flags, _, _) = rest.readMultipleIntegers(as: (UInt8, UInt8, UInt16, UInt64).self) else {
      throw FrameLogFault(reason: .truncated, byte: FrameLogFormat.magic.count)
    }
    guard version == FrameLogFormat.version else {
      throw FrameLogFault(reason: .version, byte: FrameLogFormat.magic.count)
    }
    keepsPayloads = flags & 1 == 1
  }

  /// The next entry; nil: the log ends here.
  package mutating func next() throws(FrameLogFault) -> FrameLogEntry? {
    guard rest.readableBytes > 0 else { return nil }
    let start = all.readableBytes - rest.readableBytes
    guard let (rawKind, length, sum) = rest.readMultipleIntegers(as: (UInt8, UInt32, UInt32).self) else {
      throw FrameLogFault(reason: .truncated, byte: start)
    }
    guard let kind = FrameLogFormat.Kind(rawValue: rawKind), length <= FrameLogFormat.bodyBytesMax else {
      throw FrameLogFault(reason: .corrupt, byte: start)
    }
    guard var body = rest.readSlice(length: Int(length)) else { throw FrameLogFault(reason: .truncated, byte: start) }
    guard CRC32.checksum(rawKind, body.readableBytesView) == sum, let entry = Self.entry(kind, &body) else {
      throw FrameLogFault(reason: .corrupt, byte: start)
    }
    return entry
  }

  private static func entry(_ kind: FrameLogFormat.Kind, _ body: inout ByteBuffer) -> FrameLogEntry? {
    guard let time = body.readInteger(as: UInt64.self) else { return nil }
    if kind == .dropped {
      guard let count = body.readInteger(as: UInt64.self) else { return nil }
      return FrameLogEntry(time: time, connection: "", event: .dropped(Int(clamping: count)))
    }
    guard let idBytes = body.readInteger(as: UInt8.self), let connection = body.readString(length: Int(idBytes)) else {
      return nil
    }
    guard let event = event(kind, &body) else { return nil }
    return FrameLogEntry(time: time, connection: connection, event: event)
  }

  private static func event(_ kind: FrameLogFormat.Kind, _ body: inout ByteBuffer) -> FrameLogEntry.Event? {
    switch kind {
    case .opened: return body.readInteger(as: UInt8.self).map { .opened(isServer: $0 == FrameTap.Side.server.rawValue) }
    case .closed: return .closed
    case .dropped: return nil
    case .unreadable:
      guard let direction = body.readInteger(as: UInt8.self) else { return nil }
      return .unreadable(
        isSent: direction == FrameTap.Direction.sent.rawValue, String(decoding: body.readableBytesView, as: UTF8.self))
    case .frame:
      guard let (direction, rawKeeping) = body.readMultipleIntegers(as: (UInt8, UInt8).self),
        let keeping = FrameLogFormat.Keeping(rawValue: rawKeeping),
        let headerBytes = body.readSlice(length: FrameHeader.bytes),
        let header = try? FrameSplitter.header(headerBytes)
      else { return nil }
      let description = FrameDescription(
        header, payload: keeping == .nothing ? nil : body, showsSecrets: keeping == .payload)
      return .frame(isSent: direction == FrameTap.Direction.sent.rawValue, description)
    }
  }
}

/// Frames as they are on the wire, without a log around them.
package enum FrameBytes {
  /// - Parameter text: pairs of hexadecimal digits with blanks and lines between; `#` begins a comment.
  /// - Returns: nil: there is something else in it; `line` counts from 1.
  package static func parse(hex text: String) -> Result<[UInt8], BadLine> {
    var bytes: [UInt8] = []
    for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      for word in line.prefix(while: { $0 != "#" }).split(whereSeparator: \.isWhitespace) {
        guard word.utf8.count == 2, let byte = UInt8(word, radix: 16), word.first != "+" else {
          return .failure(BadLine(line: number + 1))
        }
        bytes.append(byte)
      }
    }
    return .success(bytes)
  }

  package struct BadLine: Error, Equatable {
    package let line: Int
  }

  /// The frames of one direction of a connection, with the preface or without.
  /// - Returns: what could be read, and the byte from which on nothing could, if there is one.
  package static func frames(_ bytes: [UInt8]) -> (frames: [FrameDescription], fault: FrameLogFault?) {
    var splitter = FrameSplitter(expectsPreface: bytes.starts(with: FrameDecoder.preface), keptBytesMax: 1 << 24)
    var frames: [FrameDescription] = []
    var isReadable = true
    var readable = 0
    splitter.feed(ByteBuffer(bytes: bytes)) { piece in
      switch piece {
      case .preface: readable += FrameDecoder.preface.count
      case .frame(let header, let payload):
        frames.append(FrameDescription(header, payload: payload, showsSecrets: true))
        readable += FrameHeader.bytes + header.payloadBytes
      case .unreadable: isReadable = false
      }
    }
    if !isReadable { return (frames, FrameLogFault(reason: .corrupt, byte: readable)) }
    return (frames, readable == bytes.count ? nil : FrameLogFault(reason: .truncated, byte: readable))
  }
}

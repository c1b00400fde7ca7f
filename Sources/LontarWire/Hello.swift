internal import NIOCore

/// What each side says once, before the first call. Fields travel as u16 tag, u16 length, value; unknown tags are skipped, so that
/// version 1 can read every later HELLO, a rejecting one too.
package struct Hello: Sendable, Equatable {
  package var versionMin: UInt16 = 1
  package var versionMax: UInt16 = 1
  /// 16 bytes that name the environment (production, staging, …); all zero: any. A client that states another one is refused.
  package var environment: [UInt8] = Array(repeating: 0, count: 16)
  /// First 8 bytes of the SHA-256 of the descriptor set; zero: not stated. For diagnosis, not a gate.
  package var schemaHash: UInt64 = 0
  /// Name and version for logs; cut to 64 bytes.
  package var software = ""
  /// Logs repeat it with each call: longer names are cut, on both sides.
  private static let softwareBytesMax = 64
  package var framePayloadBytesMax: UInt32 = 16_372
  package var messageBytesMax: UInt32 = 4 * 1024 * 1024
  package var streamWindowBytes: UInt64 = 256 * 1024
  package var connectionWindowBytes: UInt64 = 25 * 1024 * 1024
  /// Calls that the client may open before it hears of more; meaningless in a client's HELLO.
  package var callsMax: UInt64 = 0
  /// Bit n: message codec n is understood. Bit 0 (identity) is always set.
  package var codecs: UInt32 = 1
  /// Not nil: the sender refuses the connection and says why.
  package var rejection: Rejection?

  package struct Rejection: Sendable, Equatable {
    package var code: UInt32
    package var reason: String
  }

  package init() {}

  private enum Tag: UInt16 {
    case versions = 1
    case environment = 2
    case schemaHash = 3
    case software = 4
    case framePayloadBytesMax = 5
    case messageBytesMax = 6
    case streamWindowBytes = 7
    case connectionWindowBytes = 8
    case callsMax = 9
    case codecs = 10
    case rejection = 11
  }

  func write(to buffer: inout ByteBuffer) {
    buffer.writeMultipleIntegers(Tag.versions.rawValue, UInt16(4), versionMin, versionMax)
    buffer.writeMultipleIntegers(Tag.environment.rawValue, UInt16(16))
    buffer.writeBytes(environment)
    buffer.writeMultipleIntegers(Tag.schemaHash.rawValue, UInt16(8), schemaHash)
    let software = software.cut(utf8Max: Self.softwareBytesMax)
    buffer.writeMultipleIntegers(Tag.software.rawValue, UInt16(software.utf8.count))
    buffer.writeSubstring(software)
    buffer.writeMultipleIntegers(Tag.framePayloadBytesMax.rawValue, UInt16(4), framePayloadBytesMax)
    buffer.writeMultipleIntegers(Tag.messageBytesMax.rawValue, UInt16(4), messageBytesMax)
    buffer.writeMultipleIntegers(Tag.streamWindowBytes.rawValue, UInt16(8), streamWindowBytes)
    buffer.writeMultipleIntegers(Tag.connectionWindowBytes.rawValue, UInt16(8), connectionWindowBytes)
    buffer.writeMultipleIntegers(Tag.callsMax.rawValue, UInt16(8), callsMax)
    buffer.writeMultipleIntegers(Tag.codecs.rawValue, UInt16(4), codecs)
    if let rejection {
      let reason = rejection.reason.cut(utf8Max: 256)
      buffer.writeMultipleIntegers(Tag.rejection.rawValue, UInt16(4 + reason.utf8.count), rejection.code)
      buffer.writeSubstring(reason)
    }
  }

  static func read(from payload: ByteBuffer) throws(WireError) -> Hello {
    var buffer = payload
    var hello = Hello()
    var seen: Set<UInt16> = []
    while buffer.readableBytes > 0 {
      guard let (rawTag, length) = buffer.readMultipleIntegers(as: (UInt16, UInt16).self),
        let value = buffer.readSlice(length: Int(length))
      else { throw WireError(.badHello, "HELLO is cut short") }
      guard let tag = Tag(rawValue: rawTag) else { continue }
      guard seen.insert(rawTag).inserted else { throw WireError(.badHello, "HELLO has field \(rawTag) twice") }
      guard hello.take(tag, value) else { throw WireError(.badHello, "field \(rawTag) of HELLO has a wrong length or value") }
    }
    guard seen.contains(Tag.versions.rawValue), hello.versionMin <= hello.versionMax else {
      throw WireError(.badHello, "HELLO states no range of versions")
    }
    return hello
  }

  /// Returns false if the value does not have the field's form.
  private mutating func take(_ tag: Tag, _ value: ByteBuffer) -> Bool {
    var value = value
    switch tag {
    case .versions:
      guard let both = value.readMultipleIntegers(as: (UInt16, UInt16).self) else { return false }
      (versionMin, versionMax) = both
    case .environment:
      guard value.readableBytes == 16 else { return false }
      environment = value.readBytes(length: 16)!
    case .schemaHash: guard value.take(&schemaHash) else { return false }
    case .software: software = String((value.readString(length: value.readableBytes) ?? "").cut(utf8Max: Self.softwareBytesMax))
    case .framePayloadBytesMax:
      guard value.take(&framePayloadBytesMax), (1_024...0xFF_FFFF).contains(framePayloadBytesMax) else { return false }
    case .messageBytesMax: guard value.take(&messageBytesMax) else { return false }
    case .streamWindowBytes: guard value.take(&streamWindowBytes), streamWindowBytes >= 1_024 else { return false }
    case .connectionWindowBytes: guard value.take(&connectionWindowBytes), connectionWindowBytes >= 1_024 else { return false }
    case .callsMax: guard value.take(&callsMax) else { return false }
    case .codecs: guard value.take(&codecs), codecs & 1 == 1 else { return false }
    case .rejection:
      guard let code = value.readInteger(as: UInt32.self) else { return false }
      rejection = Rejection(code: code, reason: value.readString(length: value.readableBytes) ?? "")
    }
    return value.readableBytes == 0
  }
}

extension ByteBuffer {
  fileprivate mutating func take<I: FixedWidthInteger>(_ target: inout I) -> Bool {
    guard let value = readInteger(as: I.self) else { return false }
    target = value
    return true
  }
}

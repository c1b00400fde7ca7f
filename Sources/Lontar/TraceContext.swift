internal import NIOCore

/// W3C trace context: 25 bytes on the wire, `traceparent` for people and other systems.
struct TraceContext: Sendable, Equatable {
  static let bytes = 25
  /// Trace id 16, parent id 8, flags 1.
  let raw: [UInt8]

  init?(bytes buffer: ByteBuffer) {
    guard buffer.readableBytes == Self.bytes else { return nil }
    raw = Array(buffer.readableBytesView)
  }

  /// `00-<32 hex>-<16 hex>-<2 hex>`; nil for anything else, also ids of zeros, which the standard calls invalid.
  init?(traceParent: String) {
    let parts = traceParent.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count >= 4, parts[0].utf8.count == 2, parts[0] != "ff", parts[1].utf8.count == 32, parts[2].utf8.count == 16,
      parts[3].utf8.count == 2, parts[0] != "00" || parts.count == 4
    else { return nil }
    var raw: [UInt8] = []
    for part in parts[1...3] {
      var digits = part.utf8.makeIterator()
      while let high = digits.next(), let low = digits.next() {
        guard let high = Self.digit(high), let low = Self.digit(low) else { return nil }
        raw.append(high << 4 | low)
      }
    }
    guard raw[..<16].contains(where: { $0 != 0 }), raw[16..<24].contains(where: { $0 != 0 }) else { return nil }
    self.raw = raw
  }

  var traceParent: String {
    func hex(_ bytes: ArraySlice<UInt8>) -> String {
      let digits = Array("0123456789abcdef".utf8)
      return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
    return "00-\(hex(raw[..<16]))-\(hex(raw[16..<24]))-\(hex(raw[24...]))"
  }

  var buffer: ByteBuffer { ByteBuffer(bytes: raw) }

  private static func digit(_ character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}

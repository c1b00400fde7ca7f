import NIOCore
import Testing

@testable import LontarWire

@Suite struct FrameDecoderTests {
  /// What the decoder says to these bytes.
  enum Answer: Equatable, CustomTestStringConvertible {
    case waits
    case frame
    case fails(ConnectionErrorCode)

    var testDescription: String { "\(self)" }
  }

  private func answer(_ bytes: ByteBuffer, _ limits: WireLimits = WireLimits(), preface: Bool = false) -> Answer {
    var decoder = FrameDecoder(limits: limits, expectsPreface: preface)
    decoder.feed(bytes)
    do {
      return try decoder.next() == nil ? .waits : .frame
    } catch {
      return .fails(error.code)
    }
  }

  /// A stream number and flags that are right for the type.
  private func rightHeader(_ type: UInt8) -> (stream: UInt32, flags: UInt8) {
    switch type {
    case 0x02, 0x03, 0x04, 0x06, 0x07: (1, 0)
    case 0x05: (1, 0x01)
    case 0x0D...: (0, 0x80)
    default: (0, 0)
    }
  }

  @Test(
    arguments: [
      (0x01, 1_024), (0x02, 16_372), (0x03, 16_372), (0x04, 16_372), (0x05, 16_372), (0x06, 4 + 512), (0x07, 8), (0x08, 8),
      (0x09, 8), (0x0A, 10 + 512), (0x0B, 64), (0x0C, 64), (0x7F, 16_372),
    ] as [(UInt8, Int)])
  func `a header may announce its type's limit and not one byte more`(type: UInt8, max: Int) {
    let (stream, flags) = rightHeader(type)
    #expect(answer(rawFrame(type, stream: stream, flags: flags, announced: max)) == .waits)
    #expect(answer(rawFrame(type, stream: stream, flags: flags, announced: max + 1)) == .fails(.frameTooLarge))
    #expect(answer(rawFrame(type, stream: stream, flags: flags, announced: 0xFF_FFFF)) == .fails(.frameTooLarge))
  }

  @Test(arguments: [(0x04, 1_024), (0x02, 16_372), (0x03, 16_372), (0x05, 16_372), (0x7F, 1_024)] as [(UInt8, Int)])
  func `a small frame limit holds for message bytes and leaves room for a control part`(type: UInt8, max: Int) {
    var limits = WireLimits()
    limits.framePayloadBytesMax = 1_024
    let (stream, flags) = rightHeader(type)
    #expect(answer(rawFrame(type, stream: stream, flags: flags, announced: max), limits) == .waits)
    #expect(answer(rawFrame(type, stream: stream, flags: flags, announced: max + 1), limits) == .fails(.frameTooLarge))
  }

  @Test(arguments: [0x02, 0x05] as [UInt8]) func `an inline message makes the frame limit hold for its whole frame`(type: UInt8) {
    for max in [1_024, 16_372, 20_000] {
      var limits = WireLimits()
      limits.framePayloadBytesMax = max
      let (stream, flags) = rightHeader(type)
      #expect(answer(rawFrame(type, stream: stream, flags: flags | 0x04, announced: max), limits) == .waits)
      #expect(answer(rawFrame(type, stream: stream, flags: flags | 0x04, announced: max + 1), limits) == .fails(.frameTooLarge))
    }
  }

  @Test(
    arguments: [
      (0x01, 0...7, .badHello), (0x02, 0...8, .protocolError), (0x03, 0...1, .protocolError),
      (0x05, 0...3, .protocolError), (0x06, 0...3, .protocolError), (0x07, 0...7, .protocolError), (0x08, 0...7, .protocolError),
      (0x09, 0...7, .protocolError), (0x0A, 0...9, .protocolError),
    ] as [(UInt8, ClosedRange<Int>, ConnectionErrorCode)])
  func `a payload that is too short for its type is refused`(type: UInt8, lengths: ClosedRange<Int>, code: ConnectionErrorCode)
    throws
  {
    // The longest payload here is one byte short of a right one; OPEN with a method of five bytes has nine.
    let whole: [UInt8: String] = [0x01: "00 01 00 04 00 01 00 01", 0x02: "00 01 00 05 61 2E 53 2F 4D", 0x05: "00 00 00 00"]
    let payload = whole[type].map { ByteBuffer(hex: $0) } ?? ByteBuffer(repeating: 0, count: lengths.upperBound + 1)
    let (stream, flags) = rightHeader(type)
    #expect(answer(rawFrame(type, stream: stream, flags: flags, payload)) == .frame)
    for length in lengths {
      let short = try #require(payload.getSlice(at: 0, length: length))
      #expect(answer(rawFrame(type, stream: stream, flags: flags, short)) == .fails(code), "\(length) bytes")
    }
  }

  @Test(arguments: ["open-minimal", "open-everything", "head", "status-everything"])
  func `a control part with bytes behind its end is refused`(name: String) throws {
    var bytes = try Golden.bytes(name)
    let length = try #require(bytes.getInteger(at: 0, as: UInt32.self)) >> 8
    let flags = try #require(bytes.getInteger(at: 8, as: UInt8.self))
    bytes.setInteger(flags & ~0x04, at: 8)  // what was the inline message is now too much
    if flags & 0x04 == 0 {
      bytes.setInteger((length + 1) << 8 | UInt32(try #require(bytes.getInteger(at: 3, as: UInt8.self))), at: 0)
      bytes.writeInteger(UInt8(0))
    }
    #expect(answer(bytes) == .fails(.protocolError))
  }

  @Test(
    arguments: [
      ("hello-server", [0]), ("max-calls", [0]), ("ping", [0]), ("goaway-final", [0]), ("open-minimal", [1, 0x7FFF_FFFF]),
      ("head", [1, 0x7FFF_FFFF]), ("msg-empty", [1, 0x7FFF_FFFF]), ("status-ok", [1, 0x7FFF_FFFF]), ("reset", [1, 0x7FFF_FFFF]),
      ("credit-stream", [0, 1, 0x7FFF_FFFF]),
    ] as [(String, [UInt32])])
  func `a type belongs on the connection or on an odd stream`(name: String, right: [UInt32]) throws {
    for stream: UInt32 in [0, 1, 2, 0x7FFF_FFFE, 0x7FFF_FFFF, 0x8000_0000, 0x8000_0001] {
      var bytes = try Golden.bytes(name)
      bytes.setInteger(stream, at: 4)
      #expect(answer(bytes) == (right.contains(stream) ? .frame : .fails(.protocolError)), "stream \(stream)")
    }
  }

  /// The flag bytes, out of all 256, that are right for each golden frame.
  @Test(
    arguments: [
      ("hello-server", [0x00]), ("open-minimal", [0x00, 0x01, 0x04, 0x05]), ("open-inline", [0x04, 0x05]), ("head", [0x00]),
      ("msg-whole", [0x00, 0x01, 0x02, 0x03]), ("status-ok", [0x01, 0x05]), ("status-inline", [0x05]), ("reset", [0x00, 0x10]),
      ("credit-stream", [0x00]), ("max-calls", [0x00]), ("ping", [0x00, 0x08]), ("goaway-final", [0x00]),
      ("unknown-ignorable", (0x80...0x9F).map { UInt8($0) }),
    ] as [(String, [UInt8])])
  func `a type has its flags and no others`(name: String, right: [UInt8]) throws {
    for flags in UInt8.min...UInt8.max {
      var bytes = try Golden.bytes(name)
      bytes.setInteger(flags, at: 8)
      #expect(answer(bytes) == (right.contains(flags) ? .frame : .fails(.protocolError)), "flags \(flags)")
    }
  }

  @Test(arguments: [
    ("hello-server", false), ("open-minimal", false), ("open-inline", true), ("head", false), ("msg-first", true),
    ("status-ok", false),
    ("status-inline", true), ("reset", false), ("credit-stream", false), ("max-calls", false), ("ping", false),
    ("goaway-final", false),
    ("unknown-ignorable", true),
  ])
  func `only a frame with message bytes may name a codec`(name: String, allowed: Bool) throws {
    var bytes = try Golden.bytes(name)
    bytes.setInteger(UInt8(1), at: 9)
    #expect(answer(bytes) == (allowed ? .frame : .fails(.protocolError)))
  }

  @Test(arguments: [(10, UInt8(1)), (10, 0x80), (11, 1), (11, 0x80)])
  func `the last two bytes of a header are zero`(at: Int, value: UInt8) throws {
    var bytes = try Golden.bytes("ping")
    bytes.setInteger(value, at: at)
    #expect(answer(bytes) == .fails(.protocolError))
  }

  @Test(arguments: [UInt8(0x00), 0x0D, 0x7F, 0xFF])
  func `an unknown type ends the connection unless it says that it may be skipped`(type: UInt8) {
    #expect(answer(rawFrame(type)) == .fails(.protocolError))
    #expect(answer(rawFrame(type, flags: 0x80)) == .frame)
  }

  @Test func `the header is judged before the payload is there`() throws {
    let header = rawFrame(0x08, stream: 3, announced: 8)  // MAX_CALLS is on stream 0
    for length in 0..<12 {
      #expect(answer(try #require(header.getSlice(at: 0, length: length))) == .waits)
    }
    #expect(answer(header) == .fails(.protocolError))
  }

  @Test func `a wrong preface is refused at its first wrong byte`() {
    let preface = FrameDecoder.preface
    for index in preface.indices {
      #expect(answer(ByteBuffer(bytes: preface[..<index]), preface: true) == .waits)
      var wrong = Array(preface[...index])
      wrong[index] ^= 0x20
      #expect(answer(ByteBuffer(bytes: wrong), preface: true) == .fails(.badPreface))
    }
    #expect(answer(ByteBuffer(string: "PRI * HTTP/2.0\r\n"), preface: true) == .fails(.badPreface))
  }

  @Test func `an unknown frame that drips in counts once`() throws {
    var limits = WireLimits()
    limits.unknownFramesMax = 1
    var decoder = FrameDecoder(limits: limits, expectsPreface: false)
    var decoded: [Frame] = []
    for byte in rawFrame(0x7F, flags: 0x80, ByteBuffer(count: 200)).readableBytesView {
      decoder.feed(ByteBuffer(bytes: [byte]))
      if let frame = try decoder.next() { decoded.append(frame) }
      #expect(decoder.holdsPartialFrame == decoded.isEmpty)
    }
    #expect(decoded == [.ignorable(type: 0x7F)])
    decoder.feed(rawFrame(0x7F, flags: 0x80))
    #expect(throws: WireError(.enhanceYourCalm, "too many frames of unknown type")) { _ = try decoder.next() }
  }

  @Test func `reads that never end at a frame's end do not pile up`() throws {
    var decoder = FrameDecoder(limits: WireLimits(), expectsPreface: false)
    let ping = try Golden.bytes("ping")
    decoder.feed(try #require(ping.getSlice(at: 0, length: 7)))
    var shifted = try #require(ping.getSlice(at: 7, length: 13))
    shifted.writeImmutableBuffer(try #require(ping.getSlice(at: 0, length: 7)))
    for _ in 0..<20_000 {
      decoder.feed(shifted)
      let (whole, part) = (try decoder.next(), try decoder.next())
      #expect(whole != nil && part == nil)
    }
    // 400,000 bytes have passed; 7 are waiting.
    #expect(decoder.storageBytes < 1_024)
  }
}

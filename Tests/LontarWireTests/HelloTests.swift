import NIOCore
import Testing

@testable import LontarWire

@Suite struct HelloTests {
  private func hello(_ fields: [(tag: UInt16, value: ByteBuffer)]) -> ByteBuffer {
    var payload = ByteBuffer()
    for (tag, value) in fields {
      payload.writeMultipleIntegers(tag, UInt16(value.readableBytes))
      payload.writeImmutableBuffer(value)
    }
    return rawFrame(0x01, payload)
  }

  private let versions: (UInt16, ByteBuffer) = (1, ByteBuffer(hex: "00 01 00 01"))

  @Test func `the versions alone make a HELLO and the rest has its defaults`() throws {
    #expect(try frames(hello([versions])) == [.hello(Hello())])
  }

  @Test func `unknown fields are skipped so that later versions can be read`() throws {
    let later = hello([
      (99, ByteBuffer(count: 40)), (1, ByteBuffer(hex: "00 02 00 09")), (0xFFFF, ByteBuffer()), (99, ByteBuffer()),
    ])
    var expected = Hello()
    (expected.versionMin, expected.versionMax) = (2, 9)
    #expect(try frames(later) == [.hello(expected)])
  }

  @Test(
    arguments: [
      ("no versions", [(2, ByteBuffer(count: 16))]),
      ("versions twice", [(1, ByteBuffer(hex: "00 01 00 01")), (1, ByteBuffer(hex: "00 01 00 01"))]),
      ("versions upside down", [(1, ByteBuffer(hex: "00 02 00 01"))]),
      ("versions too short", [(1, ByteBuffer(hex: "00 01 00"))]),
      ("versions too long", [(1, ByteBuffer(hex: "00 01 00 01 00"))]),
      ("environment of 15 bytes", [(1, ByteBuffer(hex: "00 01 00 01")), (2, ByteBuffer(count: 15))]),
      ("environment of 17 bytes", [(1, ByteBuffer(hex: "00 01 00 01")), (2, ByteBuffer(count: 17))]),
      ("schema hash of 7 bytes", [(1, ByteBuffer(hex: "00 01 00 01")), (3, ByteBuffer(count: 7))]),
      ("frames of 1,023 bytes", [(1, ByteBuffer(hex: "00 01 00 01")), (5, ByteBuffer(hex: "00 00 03 FF"))]),
      ("frames of 2^24 bytes", [(1, ByteBuffer(hex: "00 01 00 01")), (5, ByteBuffer(hex: "01 00 00 00"))]),
      ("stream window of 1,023 bytes", [(1, ByteBuffer(hex: "00 01 00 01")), (7, ByteBuffer(hex: "00 00 00 00 00 00 03 FF"))]),
      (
        "connection window of 1,023 bytes",
        [(1, ByteBuffer(hex: "00 01 00 01")), (8, ByteBuffer(hex: "00 00 00 00 00 00 03 FF"))]
      ),
      ("identity not understood", [(1, ByteBuffer(hex: "00 01 00 01")), (10, ByteBuffer(hex: "00 00 00 02"))]),
      ("rejection without code", [(1, ByteBuffer(hex: "00 01 00 01")), (11, ByteBuffer(hex: "00 00 00"))]),
    ] as [(String, [(UInt16, ByteBuffer)])])
  func `a HELLO with a wrong field is refused`(name: String, fields: [(UInt16, ByteBuffer)]) {
    #expect(throws: WireError.self) { try frames(hello(fields.map { (tag: $0.0, value: $0.1) })) }
  }

  @Test(
    arguments: [
      (5, "00 00 04 00"), (5, "00 FF FF FF"), (6, "00 00 00 00"), (6, "FF FF FF FF"), (7, "00 00 00 00 00 00 04 00"),
      (7, "FF FF FF FF FF FF FF FF"), (8, "FF FF FF FF FF FF FF FF"), (9, "FF FF FF FF FF FF FF FF"), (10, "FF FF FF FF"),
    ] as [(UInt16, String)])
  func `the outermost right values are taken and a call works with them`(tag: UInt16, value: String) throws {
    let server = ServerEnd(hello: Hello(), limits: WireLimits())
    var bytes = ByteBuffer(bytes: FrameDecoder.preface)
    bytes.writeImmutableBuffer(hello([versions, (tag, ByteBuffer(hex: value))]))
    bytes.writeImmutableBuffer(openBytes(1))
    #expect(try server.events(bytes).count == 1)
    server.sendStatus(1, StatusFrame(code: 0), message: ByteBuffer(count: 500))
    #expect(
      try frames(server.takeAll()).last == .status(stream: 1, StatusFrame(code: 0), message: ByteBuffer(count: 500), codec: 0))
  }

  @Test func `the first frame must be HELLO and it comes once`() throws {
    for name in ["open-minimal", "ping", "goaway-final", "unknown-ignorable"] {
      let server = ServerEnd(hello: Hello(), limits: WireLimits())
      var bytes = ByteBuffer(bytes: FrameDecoder.preface)
      bytes.writeImmutableBuffer(try Golden.bytes(name))
      #expect(server.errorCode(bytes) == .protocolError, "\(name)")
    }
    let server = try openServer()
    #expect(server.errorCode(try Golden.bytes("hello-server")) == .protocolError)
  }

  @Test(arguments: [(0, 1, true), (1, 1, true), (1, 9, true), (2, 9, false), (0, 0, false)] as [(UInt16, UInt16, Bool)])
  func `a version that both speak is needed`(min: UInt16, max: UInt16, accepted: Bool) throws {
    var stated = Hello.stating(goldenEnvironment)
    (stated.versionMin, stated.versionMax) = (min, max)
    try expectServer(stated, accepted ? nil : .versionUnsupported)
    try expectClient(of: Hello.stating(goldenEnvironment), hearing: stated, accepted ? nil : .versionUnsupported)
  }

  @Test(
    arguments: [
      (goldenEnvironment, nil), (Array(repeating: 0, count: 16), nil),
      ([0x11] + goldenEnvironment.dropFirst(), .environmentMismatch),
      (goldenEnvironment.dropLast() + [0], .environmentMismatch),
    ] as [([UInt8], ConnectionErrorCode?)])
  func `a client of one environment cannot talk to another`(environment: [UInt8], code: ConnectionErrorCode?) throws {
    try expectServer(.stating(environment), code)
    try expectClient(of: .stating(environment), hearing: .stating(goldenEnvironment), code)
  }

  /// A server of the golden environment hears this HELLO. If it refuses, it says why in a HELLO that a client understands.
  private func expectServer(_ client: Hello, _ code: ConnectionErrorCode?) throws {
    let server = ServerEnd(hello: .stating(goldenEnvironment), limits: WireLimits())
    var core = ConnectionCore(limits: WireLimits())
    core.out.writeBytes(FrameDecoder.preface)
    core.write(.hello, stream: 0) { client.write(to: &$0) }
    #expect(server.errorCode(core.out) == code)
    #expect(server.isOpen == (code == nil))
    if let code { server.fail(WireError(code, "refused")) }
    let honest = ClientEnd(hello: Hello(), limits: WireLimits())
    #expect(honest.errorCode(server.takeAll()) == code)
    #expect(honest.isReady == (code == nil))
  }

  private func expectClient(of own: Hello, hearing server: Hello, _ code: ConnectionErrorCode?) throws {
    let client = ClientEnd(hello: own, limits: WireLimits())
    var core = ConnectionCore(limits: WireLimits())
    core.write(.hello, stream: 0) { server.write(to: &$0) }
    #expect(client.errorCode(core.out) == code)
    #expect(client.isReady == (code == nil))
  }

  @Test func `a client that rejects is refused`() throws {
    let server = ServerEnd(hello: Hello(), limits: WireLimits())
    var bytes = ByteBuffer(bytes: FrameDecoder.preface)
    bytes.writeImmutableBuffer(try Golden.bytes("hello-refusing"))
    #expect(server.errorCode(bytes) == .badHello)
  }

  @Test func `each side states its own limits`() throws {
    var limits = WireLimits()
    limits.framePayloadBytesMax = 2_000
    limits.messageBytesMax = 3_000
    limits.streamWindowBytes = 4_000
    limits.callsMax = 5
    let pair = try Pair(serverLimits: limits)
    #expect(pair.client.peerMessageBytesMax == 3_000)
    let server = ServerEnd(hello: Hello(), limits: limits)
    _ = try server.events(try Golden.bytes("hello-client").withoutEnvironment())
    guard case .hello(let stated)? = try frames(server.takeAll()).first else { return #expect(Bool(false)) }
    #expect(stated.framePayloadBytesMax == 2_000)
    #expect(stated.messageBytesMax == 3_000)
    #expect(stated.streamWindowBytes == 4_000)
    #expect(stated.connectionWindowBytes == 20_000)
    #expect(stated.callsMax == 5)
  }
}

extension ByteBuffer {
  /// The golden client's HELLO with the environment zeroed: preface 8, header 12, versions 8, tag and length 4.
  fileprivate func withoutEnvironment() -> ByteBuffer {
    var copy = self
    copy.setRepeatingByte(0, count: 16, at: 32)
    return copy
  }
}

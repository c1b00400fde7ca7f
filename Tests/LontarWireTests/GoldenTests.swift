import NIOCore
import Testing

@testable import LontarWire

/// `proto/golden` was written from the specification, not from this code.
@Suite struct GoldenTests {
  static let metadata = try! MetadataBlock([("k", Array("v".utf8)), ("data-bin", [0, 0xFF, 0x80])], limits: WireLimits())
  static let trace = ByteBuffer(bytes: [UInt8](0xA0...0xAF) + [UInt8](0xB0...0xB7) + [1])
  static let key = ByteBuffer(bytes: [UInt8](0xC0...0xCF))
  static let method = ByteBuffer(string: "a.S/M")
  static let small = ByteBuffer(bytes: [0x08, 0x96, 0x01])

  /// Forty times "a", deflated in zlib's envelope.
  static let deflated: [UInt8] = [0x78, 0x9C, 0x4B, 0x4C, 0x24, 0x0E, 0x00, 0x00, 0x36, 0xEB, 0x0F, 0x29]

  static func hello(calls: UInt64, rejection: Hello.Rejection? = nil) -> Hello {
    var hello = Hello()
    hello.environment = goldenEnvironment
    hello.schemaHash = 0x0102_0304_0506_0708
    hello.software = "golden/1"
    hello.connectionWindowBytes = 26_214_400
    hello.callsMax = calls
    hello.rejection = rejection
    return hello
  }

  static let everything = OpenFrame(
    method: method, timeoutNanoseconds: .max / 2, traceContext: trace, idempotencyKey: key, metadata: metadata)
  static let notFound = StatusFrame(
    code: 5, message: "tidak ada", details: ByteBuffer(bytes: [8, 5]), pushbackMilliseconds: -1, metadata: metadata)

  static let frames: [String: Frame] = [
    "hello-client": .hello(hello(calls: 0)),
    "hello-server": .hello(hello(calls: 100)),
    "hello-refusing": .hello(hello(calls: 100, rejection: .init(code: 7, reason: "this is staging"))),
    "open-minimal": .open(stream: 1, OpenFrame(method: method), message: nil, codec: 0, end: false),
    "open-end": .open(stream: 3, OpenFrame(method: method), message: nil, codec: 0, end: true),
    "open-timeout": .open(
      stream: 5, OpenFrame(method: method, timeoutNanoseconds: 1_500_000_000), message: nil, codec: 0, end: false),
    "open-trace": .open(stream: 7, OpenFrame(method: method, traceContext: trace), message: nil, codec: 0, end: false),
    "open-key": .open(
      stream: 9, OpenFrame(method: method, attempt: 2, priority: 3, idempotencyKey: key), message: nil, codec: 0, end: false),
    "open-metadata": .open(stream: 11, OpenFrame(method: method, metadata: metadata), message: nil, codec: 0, end: false),
    "open-inline": .open(stream: 13, OpenFrame(method: method), message: small, codec: 0, end: true),
    "open-everything": .open(stream: 15, everything, message: ByteBuffer(bytes: [0x0A, 1, 0x78]), codec: 0, end: false),
    "head": .head(stream: 1, metadata),
    "msg-first": .message(
      stream: 1, bytes: ByteBuffer(bytes: [0, 0, 0, 28, 0, 0, 0, 28] + [UInt8](0..<8)), codec: 0, more: true, end: false),
    "msg-continued": .message(stream: 1, bytes: ByteBuffer(bytes: 8..<24), codec: 0, more: true, end: false),
    "msg-last": .message(stream: 1, bytes: ByteBuffer(bytes: 24..<28), codec: 0, more: false, end: false),
    "msg-whole": .message(
      stream: 5, bytes: ByteBuffer(bytes: [0, 0, 0, 3, 0, 0, 0, 3, 0x08, 0x96, 0x01]), codec: 0, more: false, end: true),
    "msg-empty": .message(stream: 1, bytes: ByteBuffer(repeating: 0, count: 8), codec: 0, more: false, end: false),
    "half-close": .message(stream: 1, bytes: ByteBuffer(), codec: 0, more: false, end: true),
    "status-ok": .status(stream: 1, StatusFrame(code: 0), message: nil, codec: 0),
    "status-inline": .status(stream: 13, StatusFrame(code: 0), message: small, codec: 0),
    "status-everything": .status(stream: 15, notFound, message: ByteBuffer(string: "x"), codec: 0),
    "reset": .reset(stream: 3, code: 1, reason: "too late", notProcessed: false),
    "reset-not-processed": .reset(stream: 9, code: 2, reason: "the server is shutting down", notProcessed: true),
    "credit-stream": .credit(stream: 1, offset: 393_216),
    "credit-connection": .credit(stream: 0, offset: 1_099_511_627_776),
    "max-calls": .maxCalls(125),
    "ping": .ping(0x1122_3344_5566_7788, ack: false),
    "ping-ack": .ping(0x1122_3344_5566_7788, ack: true),
    "goaway-drain": .goAway(lastStream: 0x7FFF_FFFF, code: 0, reason: "restart", final: false),
    "goaway-final": .goAway(lastStream: 15, code: 0, reason: "restart", final: true),
    "open-compressed": .open(
      stream: 17, OpenFrame(method: method), message: ByteBuffer(bytes: [0, 0, 0, 40] + deflated), codec: 2, end: true),
    "msg-compressed": .message(
      stream: 5, bytes: ByteBuffer(bytes: [0, 0, 0, 12, 0, 0, 0, 40] + deflated), codec: 2, more: false, end: true),
    "status-compressed": .status(
      stream: 17, StatusFrame(code: 0), message: ByteBuffer(bytes: [0, 0, 0, 40] + deflated), codec: 2),
    "blocked-stream": .blocked(BlockedNotice(stream: 1, limit: .streamCredit, offset: 262_144)),
    "blocked-connection": .blocked(BlockedNotice(stream: 0, limit: .connectionCredit, offset: 26_214_400)),
    "blocked-calls": .blocked(BlockedNotice(stream: 0, limit: .calls, offset: 100)),
    "hint": .hint(OverloadHint(.overloaded, retryAfterMilliseconds: 1_500)),
    "unknown-ignorable": .ignorable(type: 0x7F),
  ]

  @Test func `every golden file has its frame here and every frame its file`() throws {
    #expect(try Golden.names == Self.frames.keys.sorted())
  }

  @Test(arguments: frames.keys.sorted()) func `golden bytes are decoded into the frame that they are`(name: String) throws {
    let decoded = try LontarWireTests.frames(try Golden.bytes(name), preface: name == "hello-client")
    #expect(decoded == [try #require(Self.frames[name])])
  }

  @Test(arguments: frames.keys.sorted().filter { $0 != "unknown-ignorable" })
  func `the frame is encoded into the golden bytes`(name: String) throws {
    #expect(try encode(name, try #require(Self.frames[name])) == Golden.bytes(name))
  }

  /// Writes a frame with the writers that the connections use.
  private func encode(_ name: String, _ frame: Frame) throws -> ByteBuffer {
    var core = ConnectionCore(limits: WireLimits())
    switch frame {
    case .hello(let hello):
      if name == "hello-client" { core.out.writeBytes(FrameDecoder.preface) }
      core.write(.hello, stream: 0) { hello.write(to: &$0) }
    case .open(let stream, let open, let message, let codec, let end):
      core.writeOpen(stream, open, message: try wire(message, codec), end: end)
    case .head(let stream, let metadata): core.write(.head, stream: stream) { metadata.write(to: &$0) }
    case .message: return try sendMessage(name)
    case .status(let stream, let status, let message, let codec):
      core.writeStatus(stream, status, message: try wire(message, codec))
    case .reset(let stream, let code, let reason, let notProcessed):
      try core.writeReset(stream, StreamFault(try #require(ResetCode(rawValue: code)), reason), notProcessed: notProcessed)
    case .credit(let stream, let offset): try core.writeCredit(stream: stream, offset)
    case .maxCalls(let granted): core.writeMaxCalls(granted)
    case .ping(let value, let ack): try core.writePing(value, ack: ack)
    case .goAway(let last, let code, let reason, let final):
      core.writeGoAway(lastStream: last, WireError(try #require(ConnectionErrorCode(rawValue: code)), reason), final: final)
    case .blocked(let notice): core.writeBlocked(notice)
    case .hint(let hint): core.writeHint(hint)
    case .ignorable: Issue.record("there is no writer for frames of unknown type")
    }
    return core.out
  }

  private func wire(_ payload: ByteBuffer?, _ codec: UInt8) throws -> WireMessage? {
    var limits = WireLimits()
    limits.codecs = 1 << codec | 1
    return try payload.map { try WireMessage.readInline($0, codec: codec, limits: limits) }
  }

  /// MSG frames come out of the queue of a stream; frames of 16 bytes make three of 28 bytes of message.
  private func sendMessage(_ name: String) throws -> ByteBuffer {
    var limits = WireLimits()
    limits.framePayloadBytesMax = name == "msg-compressed" ? 1_024 : 16
    var core = ConnectionCore(limits: limits)
    core.adopt(Hello())
    let stream: UInt32 = ["msg-whole", "msg-compressed"].contains(name) ? 5 : 1
    core.streams.insert(core.newStream(stream))
    switch name {
    case "msg-whole": _ = core.enqueueMessage(stream, WireMessage(Self.small), end: true)
    case "msg-compressed":
      _ = core.enqueueMessage(stream, WireMessage(ByteBuffer(bytes: Self.deflated), codec: 2, plainBytes: 40), end: true)
    case "msg-empty": _ = core.enqueueMessage(stream, WireMessage(ByteBuffer()), end: false)
    case "half-close": core.enqueue(stream, .halfClose)
    default: _ = core.enqueueMessage(stream, WireMessage(ByteBuffer(bytes: 0..<28)), end: false)
    }
    core.pump { _ in }
    guard ["msg-first", "msg-continued", "msg-last"].contains(name) else { return core.out }
    #expect(core.out.readableBytes == 28 + 28 + 16)
    let offset = ["msg-first": 0, "msg-continued": 28, "msg-last": 56][name]!
    return try #require(core.out.getSlice(at: offset, length: name == "msg-last" ? 16 : 28))
  }
}

import NIOCore
import Testing

@testable import LontarWire

/// What a server may send on one stream, and what the client makes of it.
@Suite struct ClientStreamTests {
  @Test(
    arguments: [
      ("status", [rawFrame(5, stream: 1, flags: 1, ByteBuffer(hex: "00 05 00 00"))], ["status 7 5 inline -1"]),
      ("status with message", [rawFrame(5, stream: 1, flags: 5, ByteBuffer(hex: "00 00 00 00 AA"))], ["status 7 0 inline 1"]),
      ("head", [rawFrame(3, stream: 1, ByteBuffer(hex: "00 00"))], ["head 7 0"]),
      ("message", [rawFrame(4, stream: 1, lengths(2, then: 2))], ["message 1 7 2"]),
      (
        "head, message", [rawFrame(3, stream: 1, ByteBuffer(hex: "00 00")), rawFrame(4, stream: 1, lengths(0))],
        ["head 7 0", "message 1 7 0"]
      ),
      (
        "two heads", Array(repeating: rawFrame(3, stream: 1, ByteBuffer(hex: "00 00")), count: 2),
        ["head 7 0", "failed 7 malformed"]
      ),
      (
        "message, head", [rawFrame(4, stream: 1, lengths(0)), rawFrame(3, stream: 1, ByteBuffer(hex: "00 00"))],
        ["message 1 7 0", "failed 7 malformed"]
      ),
      ("MSG with END", [rawFrame(4, stream: 1, flags: 1, lengths(0))], ["failed 7 malformed"]),
      ("empty MSG", [rawFrame(4, stream: 1)], ["failed 7 malformed"]),
      (
        "status inside a message",
        [
          rawFrame(4, stream: 1, flags: 2, lengths(5, then: 2)), rawFrame(5, stream: 1, flags: 1, ByteBuffer(hex: "00 00 00 00")),
        ], ["failed 7 malformed"]
      ),
      ("codec in MSG", [rawFrame(4, stream: 1, codec: 3, lengths(0))], ["failed 7 codecUnsupported"]),
      (
        "codec in STATUS", [rawFrame(5, stream: 1, flags: 5, codec: 3, ByteBuffer(hex: "00 00 00 00"))],
        ["failed 7 codecUnsupported"]
      ),
      ("reset", [rawFrame(6, stream: 1, flags: 0x10, ByteBuffer(hex: "00 00 00 02"))], ["reset 7 2 not processed"]),
      (
        "two ends", Array(repeating: rawFrame(5, stream: 1, flags: 1, ByteBuffer(hex: "00 00 00 00")), count: 2),
        ["status 7 0 inline -1"]
      ),
    ] as [(String, [ByteBuffer], [String])])
  func `an answer takes its frames in order`(name: String, frames: [ByteBuffer], events: [String]) throws {
    let client = try openClient()
    _ = client.open(Call(7), openFrame(), message: nil, end: true)
    #expect(try frames.flatMap { try client.events($0) }.map(\.line) == events)
    #expect(try client.events(try Golden.bytes("max-calls")).map(\.line) == ["more calls"])
  }

  @Test func `a call may not be longer than the message limit even inline`() throws {
    var limits = WireLimits()
    limits.messageBytesMax = 100
    for (bytes, event) in [(100, "status 1 0 inline 100"), (101, "failed 1 messageTooLarge")] {
      let client = try openClient(limits)
      _ = client.open(Call(1), openFrame(), message: nil, end: true)
      var payload = ByteBuffer(hex: "00 00 00 00")
      payload.writeImmutableBuffer(ByteBuffer(count: bytes))
      #expect(try client.events(rawFrame(5, stream: 1, flags: 5, payload)).map(\.line) == [event])
    }
  }

  @Test(arguments: ["head", "msg-empty", "status-ok", "credit-stream", "reset"])
  func `a frame for a stream that was never opened ends the connection`(name: String) throws {
    let client = try openClient()
    #expect(client.errorCode(try Golden.bytes(name)) == .protocolError)
  }

  @Test(arguments: ["open-minimal", "hello-server"]) func `a server may not send what only a client says`(name: String) throws {
    let client = try openClient()
    #expect(client.errorCode(try Golden.bytes(name)) == .protocolError)
  }

  @Test func `a call that was given up hears nothing more`() throws {
    let client = try openClient()
    let stream = client.open(Call(1), openFrame(), message: nil, end: false)
    try client.cancel(stream, .cancelled, "no longer wanted")
    #expect(!client.sendMessage(stream, ByteBuffer(count: 1)))
    for name in ["msg-empty", "status-ok"] { #expect(try client.events(try Golden.bytes(name)).isEmpty) }
    let sent = try frames(client.takeAll())
    #expect(sent.last == .reset(stream: 1, code: 0, reason: "no longer wanted", notProcessed: false))
    #expect(client.isIdle)
  }

  @Test func `a client sends messages and then half-closes once`() throws {
    let client = try openClient()
    let stream = client.open(Call(1), openFrame(), message: ByteBuffer(count: 2), end: false)
    #expect(!client.sendMessage(stream, ByteBuffer(count: 3)))
    client.halfClose(stream)
    client.halfClose(stream)
    #expect(!client.sendMessage(stream, ByteBuffer(count: 4)))
    #expect(
      try frames(client.takeAll()) == [
        .open(stream: 1, openFrame(), message: ByteBuffer(count: 2), codec: 0, end: false),
        .message(stream: 1, bytes: lengths(3, then: 3), codec: 0, more: false, end: false),
        .message(stream: 1, bytes: ByteBuffer(), codec: 0, more: false, end: true),
      ])
  }

  @Test func `a request that ends needs one frame and so does its answer`() throws {
    let pair = try Pair()
    _ = pair.client.open(Call(1), openFrame("lontar.Echo/Unary"), message: ByteBuffer(count: 10), end: true)
    let bytes = try #require(pair.client.takeOutbound())
    #expect(bytes.readableBytes == 12 + 4 + 17 + 10)
    #expect(try pair.server.events(bytes).map(\.line) == ["open 1 lontar.Echo/Unary inline 10 end"])
    pair.server.sendStatus(1, StatusFrame(code: 0), message: ByteBuffer(count: 10))
    let answer = try #require(pair.server.takeOutbound())
    #expect(answer.readableBytes == 12 + 4 + 10)
    #expect(try pair.client.events(answer).map(\.line) == ["status 1 0 inline 10"])
  }

  // 16,372 less 4 for STATUS's head, 9 for OPEN's with a method of five bytes.
  @Test(arguments: [(16_363, 1), (16_364, 2)]) func `a message goes inline if the whole frame fits`(bytes: Int, count: Int) throws
  {
    let client = try openClient()
    _ = client.open(Call(1), openFrame(), message: ByteBuffer(count: bytes), end: true)
    let sent = try frames(client.takeAll())
    #expect(sent.count == count)
    guard case .open(_, _, let message, _, let end)? = sent.first else { return }
    #expect((message != nil) == (count == 1))
    #expect(end == (count == 1))
  }
}

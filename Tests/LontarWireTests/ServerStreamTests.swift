import NIOCore
import Testing

@testable import LontarWire

/// What a client may send on one stream, in which order, and what the server makes of it.
@Suite struct ServerStreamTests {
  /// What follows an OPEN of stream 1 that leaves the stream open, and the events it makes.
  @Test(
    arguments: [
      ("half-close", [rawFrame(4, stream: 1, flags: 1)], ["half-closed 1"]),
      ("message", [rawFrame(4, stream: 1, lengths(3, then: 3))], ["message 1 3"]),
      ("last message", [rawFrame(4, stream: 1, flags: 1, lengths(3, then: 3))], ["message 1 3 end"]),
      ("empty message", [rawFrame(4, stream: 1, lengths(0))], ["message 1 0"]),
      ("empty last message", [rawFrame(4, stream: 1, flags: 1, lengths(0))], ["message 1 0 end"]),
      (
        "fragments",
        [rawFrame(4, stream: 1, flags: 2, lengths(5, then: 2)), rawFrame(4, stream: 1, flags: 1, ByteBuffer(count: 3))],
        ["message 1 5 end"]
      ),
      (
        "lengths alone first", [rawFrame(4, stream: 1, flags: 2, lengths(3)), rawFrame(4, stream: 1, ByteBuffer(count: 3))],
        ["message 1 3"]
      ),
      ("empty frame without END", [rawFrame(4, stream: 1)], ["failed 1 malformed"]),
      ("empty frame with MORE and END", [rawFrame(4, stream: 1, flags: 3)], ["failed 1 malformed"]),
      ("MORE with END", [rawFrame(4, stream: 1, flags: 3, lengths(5, then: 2))], ["failed 1 malformed"]),
      ("seven bytes are no lengths", [rawFrame(4, stream: 1, ByteBuffer(count: 7))], ["failed 1 malformed"]),
      ("two lengths that differ", [rawFrame(4, stream: 1, lengths(3, uncompressed: 4, then: 3))], ["failed 1 malformed"]),
      ("too few bytes", [rawFrame(4, stream: 1, lengths(3, then: 2))], ["failed 1 malformed"]),
      ("too many bytes", [rawFrame(4, stream: 1, lengths(3, then: 4))], ["failed 1 malformed"]),
      ("whole with MORE", [rawFrame(4, stream: 1, flags: 2, lengths(3, then: 3))], ["failed 1 malformed"]),
      (
        "empty fragment", [rawFrame(4, stream: 1, flags: 2, lengths(5, then: 2)), rawFrame(4, stream: 1, flags: 2)],
        ["failed 1 malformed"]
      ),
      (
        "fragments too long",
        [rawFrame(4, stream: 1, flags: 2, lengths(5, then: 2)), rawFrame(4, stream: 1, ByteBuffer(count: 4))],
        ["failed 1 malformed"]
      ),
      (
        "half-close in the middle", [rawFrame(4, stream: 1, flags: 2, lengths(5, then: 2)), rawFrame(4, stream: 1, flags: 1)],
        ["failed 1 malformed"]
      ),
      (
        "message after half-close", [rawFrame(4, stream: 1, flags: 1), rawFrame(4, stream: 1, lengths(3, then: 3))],
        ["half-closed 1", "failed 1 malformed"]
      ),
      (
        "half-close twice", [rawFrame(4, stream: 1, flags: 1), rawFrame(4, stream: 1, flags: 1)],
        ["half-closed 1", "failed 1 malformed"]
      ),
      ("codec 1", [rawFrame(4, stream: 1, codec: 1, lengths(3, then: 3))], ["failed 1 codecUnsupported"]),
      ("half-close with a codec", [rawFrame(4, stream: 1, flags: 1, codec: 1)], ["failed 1 malformed"]),
      (
        "codec changes",
        [rawFrame(4, stream: 1, flags: 2, lengths(5, then: 2)), rawFrame(4, stream: 1, codec: 1, ByteBuffer(count: 3))],
        ["failed 1 malformed"]
      ),
      ("reset", [rawFrame(6, stream: 1, ByteBuffer(hex: "00 00 00 01"))], ["cancelled 1"]),
      (
        "message after reset",
        [rawFrame(6, stream: 1, ByteBuffer(hex: "00 00 00 00")), rawFrame(4, stream: 1, lengths(3, then: 3))], ["cancelled 0"]
      ),
    ] as [(String, [ByteBuffer], [String])])
  func `a stream takes its frames in order`(name: String, frames: [ByteBuffer], events: [String]) throws {
    let server = try openServer()
    _ = try server.events(openBytes(1))
    #expect(try frames.flatMap { try server.events($0) }.map(\.line) == events)
    // Whatever happened to stream 1, the connection lives.
    #expect(
      try server.events(openBytes(3, message: ByteBuffer(count: 2), end: true)).map(\.line) == ["open 3 a.S/M inline 2 end"])
  }

  @Test func `a broken stream fails once and what still comes is dropped`() throws {
    let server = try openServer()
    _ = try server.events(openBytes(1))
    server.attach(Call(1), to: 1)
    let wrong = rawFrame(4, stream: 1, lengths(3, then: 2))
    let first = try server.events(wrong)
    guard case .failed(1, let failed?, let fault)? = first.first, first.count == 1 else {
      Issue.record("expected one failure, not \(first)")
      return
    }
    #expect((failed as? Call)?.id == 1)
    #expect(fault.code == .malformed)
    for _ in 0..<500 { #expect(try server.events(wrong).isEmpty) }
    server.sendStatus(1, StatusFrame(code: 13))
    #expect(
      try LontarWireTests.frames(server.takeAll()).contains(.status(stream: 1, StatusFrame(code: 13), message: nil, codec: 0)))
    #expect(server.runningStreams == 0)
  }

  @Test(arguments: [
    ("message", rawFrame(4, stream: 1, lengths(3, then: 3))), ("half-close", rawFrame(4, stream: 1, flags: 1)),
    ("nonsense", rawFrame(4, stream: 1, flags: 3)), ("reset", rawFrame(6, stream: 1, ByteBuffer(hex: "00 00 00 00"))),
    ("credit", rawFrame(7, stream: 1, ByteBuffer(hex: "00 00 00 00 00 10 00 00"))),
  ])
  func `frames of a call that is already answered are dropped`(name: String, frame: ByteBuffer) throws {
    let server = try openServer()
    _ = try server.events(openBytes(1))
    server.sendStatus(1, StatusFrame(code: 0))
    #expect(try server.events(frame).isEmpty)
    server.handlerFinished()
    #expect(server.runningStreams == 0)
  }

  @Test(arguments: [UInt8(2), 4, 6, 7]) func `a frame for a stream that was never opened ends the connection`(type: UInt8) throws
  {
    let server = try openServer()
    _ = try server.events(openBytes(5))
    let payload = type == 4 ? lengths(0) : ByteBuffer(repeating: 0, count: 8)
    // An OPEN with a number that does not rise is the same fault.
    let frame = type == 2 ? openBytes(5) : rawFrame(type, stream: 7, payload)
    #expect(server.errorCode(frame) == .protocolError)
  }

  @Test(arguments: ["head", "status-ok", "max-calls", "hello-server"])
  func `a client may not send what only a server says`(name: String) throws {
    let server = try openServer()
    _ = try server.events(openBytes(1))
    #expect(server.errorCode(try Golden.bytes(name)) == .protocolError)
  }

  @Test func `only the first end of a call is sent`() throws {
    let server = try openServer { $0.streamWindowBytes = 1_024 }
    _ = try server.events(openBytes(1))
    server.sendStatus(1, StatusFrame(code: 0), message: ByteBuffer(count: 3_000))
    server.sendStatus(1, StatusFrame(code: 13))
    #expect(!server.sendMessage(1, ByteBuffer(count: 3)))
    #expect(try server.events(rawFrame(7, stream: 1, ByteBuffer(hex: "00 00 00 00 00 01 00 00"))).isEmpty)
    let sent = try frames(server.takeAll())
    #expect(sent == [.status(stream: 1, StatusFrame(code: 0), message: ByteBuffer(count: 3_000), codec: 0)])
    #expect(server.runningStreams == 0)
  }

  @Test func `initial metadata goes once and before the first message`() throws {
    let server = try openServer()
    _ = try server.events(openBytes(1))
    server.sendHead(1, GoldenTests.metadata)
    server.sendHead(1, GoldenTests.metadata)
    #expect(try frames(server.takeAll()) == [.head(stream: 1, GoldenTests.metadata)])
    _ = try server.events(openBytes(3))
    _ = server.sendMessage(3, ByteBuffer(count: 1))
    server.sendHead(3, GoldenTests.metadata)
    #expect(try frames(server.takeAll()) == [.message(stream: 3, bytes: lengths(1, then: 1), codec: 0, more: false, end: false)])
  }

  @Test func `a status behind messages waits for them`() throws {
    let server = try openServer()
    _ = try server.events(openBytes(1))
    _ = server.sendMessage(1, ByteBuffer(count: 20_000))
    server.sendStatus(1, StatusFrame(code: 0), message: ByteBuffer(count: 5))
    let sent = try frames(server.takeAll())
    #expect(sent.count == 3)
    #expect(sent.last == .status(stream: 1, StatusFrame(code: 0), message: ByteBuffer(count: 5), codec: 0))
  }
}

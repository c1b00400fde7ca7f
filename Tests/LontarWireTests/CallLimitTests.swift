import NIOCore
import Testing

@testable import LontarWire

/// MAX_CALLS, floods, and the ways in which a connection ends.
@Suite struct CallLimitTests {
  private let reset = ByteBuffer(hex: "00 00 00 00")

  private func granted(_ bytes: ByteBuffer) throws -> [UInt64] {
    try frames(bytes).compactMap { if case .maxCalls(let calls) = $0 { calls } else { nil } }
  }

  @Test(arguments: [UInt64(1), 2, 100]) func `a client may open MAX_CALLS calls and not one more`(callsMax: UInt64) throws {
    var limits = WireLimits()
    limits.callsMax = callsMax
    let server = try openServer(limits)
    for number in 0..<UInt32(callsMax) { #expect(try server.events(openBytes(number * 2 + 1)).count == 1) }
    #expect(server.errorCode(openBytes(UInt32(callsMax) * 2 + 1)) == .callLimit)
  }

  @Test func `resets give no calls back but finished handlers do`() throws {
    var limits = WireLimits()
    limits.callsMax = 4
    let server = try openServer(limits)
    for stream: UInt32 in [1, 3, 5, 7] {
      _ = try server.events(openBytes(stream))
      _ = try server.events(rawFrame(6, stream: stream, reset))
    }
    #expect(try granted(server.takeAll()) == [])
    server.handlerFinished()
    #expect(try granted(server.takeAll()) == [5])
    #expect(try server.events(openBytes(9)).count == 1)
    #expect(server.errorCode(openBytes(11)) == .callLimit)
  }

  @Test func `a client that takes no answers gets no further calls`() throws {
    var limits = WireLimits()
    limits.callsMax = 4
    let server = try openServer(limits) { $0.streamWindowBytes = 1_024 }
    for stream: UInt32 in [1, 3, 5, 7] {
      _ = try server.events(openBytes(stream, end: true))
      server.sendStatus(stream, StatusFrame(code: 0), message: ByteBuffer(count: 5_000))
      server.handlerFinished()
    }
    #expect(try granted(server.takeAll()) == [])
    // Room for the answer of stream 5: it leaves, and one call more can be opened.
    #expect(try server.events(rawFrame(7, stream: 5, ByteBuffer(hex: "00 00 00 00 00 00 20 00"))).isEmpty)
    #expect(try granted(server.takeAll()) == [5])
    #expect(server.runningStreams == 3)
  }

  @Test func `calls are granted in steps of a quarter`() throws {
    let server = try openServer()
    for number in 0..<UInt32(60) {
      _ = try server.events(openBytes(number * 2 + 1, end: true))
      server.sendStatus(number * 2 + 1, StatusFrame(code: 0))
      server.handlerFinished()
    }
    #expect(try granted(server.takeAll()) == [160])
    #expect(try granted(server.takeAll()) == [])
  }

  @Test func `a handler that is reported twice gives no extra call`() {
    var credit = CallCredit(size: 2)
    let first = credit.open()
    for _ in 0..<5 { credit.finish() }
    let granted = credit.grant(liveStreams: 0)
    #expect(first && granted == 3)
  }

  @Test func `a call that failed in OPEN has no handler to wait for`() throws {
    var limits = WireLimits()
    limits.callsMax = 1
    let server = try openServer(limits)
    #expect(try server.events(openBytes(1, message: ByteBuffer(count: 1), codec: 1)).map(\.line) == ["failed 1 codecUnsupported"])
    server.sendStatus(1, StatusFrame(code: 12))
    #expect(try granted(server.takeAll()) == [2])
  }

  /// 200 in 30 seconds are borne, the next one is not; after the window they are forgotten.
  @Test(arguments: [
    "reset", "reset of a finished call", "ping", "goaway", "blocked", "hint", "malformed message", "empty message",
    "message over the limit", "unknown codec", "credit overrun",
  ]) func `a flood ends the connection`(kind: String) throws {
    var limits = WireLimits()
    limits.callsMax = 1_000
    limits.streamWindowBytes = 1_024
    limits.pingStrikesMax = .max
    let server = try openServer(limits)
    var stream: UInt32 = 1
    func bytes() -> ByteBuffer {
      var bytes = openBytes(stream)
      switch kind {
      case "reset": bytes.writeImmutableBuffer(rawFrame(6, stream: stream, reset))
      case "ping": bytes = rawFrame(9, ByteBuffer(count: 8))
      case "blocked": bytes = rawFrame(0x0B, flags: 0x80)
      case "hint": bytes = rawFrame(0x0C, flags: 0x80)
      case "goaway": bytes = rawFrame(0x0A, ByteBuffer(repeating: 0, count: 10))
      case "reset of a finished call":
        if stream > 1 { bytes = rawFrame(6, stream: 1, reset) } else { bytes.writeImmutableBuffer(rawFrame(6, stream: 1, reset)) }
      case "empty message": bytes.writeImmutableBuffer(rawFrame(4, stream: stream))
      case "message over the limit": bytes.writeImmutableBuffer(rawFrame(4, stream: stream, flags: 2, lengths(5 << 20, then: 1)))
      case "unknown codec": bytes = openBytes(stream, message: ByteBuffer(count: 1), codec: 0xC8)
      case "credit overrun": bytes.writeImmutableBuffer(rawFrame(4, stream: stream, lengths(1_017, then: 1_017)))
      default: bytes.writeImmutableBuffer(rawFrame(4, stream: stream, ByteBuffer(count: 1)))
      }
      stream += 2
      return bytes
    }
    let start: UInt64 = 100_000_000_000
    for _ in 0..<200 { _ = try server.events(bytes(), now: start) }
    for _ in 0..<200 { _ = try server.events(bytes(), now: start + 30_000_000_001) }
    #expect(server.errorCode(bytes(), now: start + 60_000_000_000) == .enhanceYourCalm)
  }

  private static let second: UInt64 = 1_000_000_000

  @Test func `three PINGs in ten seconds each are borne, the fourth is not`() throws {
    let server = try openServer()
    let ping = try Golden.bytes("ping")
    for step in 0..<3 { _ = try server.events(ping, now: (100 + 9 * UInt64(step)) * Self.second) }
    #expect(server.errorCode(ping, now: 127 * Self.second) == .enhanceYourCalm)
  }

  @Test func `PINGs ten seconds apart are borne for ever`() throws {
    let server = try openServer()
    for step in 0..<1_000 { _ = try server.events(try Golden.bytes("ping"), now: (100 + 10 * UInt64(step)) * Self.second) }
  }

  @Test(arguments: ["head", "message", "status", "answer"])
  func `whatever the server sends of a call forgets the PINGs before it`(
    _ kind: String
  ) throws {
    var limits = WireLimits()
    limits.callsMax = 100
    let server = try openServer(limits)
    for stream in stride(from: UInt32(1), to: 41, by: 2) {
      _ = try server.events(openBytes(stream))
      switch kind {
      case "head": server.connection.sendHead(stream, .empty)
      case "message": _ = server.connection.sendMessage(stream, WireMessage(ByteBuffer()))
      case "status": server.sendStatus(stream, StatusFrame(code: 5))
      default: server.connection.sendAnswer(stream, WireMessage(ByteBuffer()))
      }
      for _ in 0..<3 { _ = try server.events(try Golden.bytes("ping"), now: 100 * Self.second) }
    }
    #expect(server.errorCode(try Golden.bytes("ping"), now: 100 * Self.second) == .enhanceYourCalm)
  }

  /// Three frames of 1,024 bytes at a time, as the client gives credit: the answer was handed over once, long ago.
  @Test func `a long message that is on its way forgets the PINGs, too`() throws {
    var limits = WireLimits()
    limits.framePayloadBytesMax = 1_024
    limits.outboundBytesHigh = 3_000
    let server = try openServer(limits)
    _ = try server.events(openBytes(1))
    server.connection.sendAnswer(1, WireMessage(ByteBuffer(count: 100_000)))
    for _ in 0..<20 {
      #expect(server.connection.takeOutbound() != nil)
      for _ in 0..<3 { _ = try server.events(try Golden.bytes("ping"), now: 100 * Self.second) }
    }
    #expect(server.errorCode(try Golden.bytes("ping"), now: 100 * Self.second) == .enhanceYourCalm)
  }

  @Test func `frames of unknown type are borne a hundred times`() throws {
    let server = try openServer()
    for _ in 0..<100 { _ = try server.events(try Golden.bytes("unknown-ignorable")) }
    #expect(server.errorCode(try Golden.bytes("unknown-ignorable")) == .enhanceYourCalm)
  }

  @Test func `a client that does not read cannot make the server queue answers without end`() throws {
    var limits = WireLimits()
    (limits.glitchesMax, limits.pingStrikesMax) = (.max, .max)
    let server = try openServer(limits)
    for _ in 0..<1_000 { _ = try server.events(try Golden.bytes("ping")) }
    #expect(server.errorCode(try Golden.bytes("ping")) == .enhanceYourCalm)
  }

  @Test func `the answer to a PING that was never sent ends the connection`() throws {
    let server = try openServer()
    try server.ping(5)
    #expect(try server.events(try Golden.bytes("ping-ack")).count == 1)
    #expect(server.errorCode(try Golden.bytes("ping-ack")) == .protocolError)
    let client = try openClient()
    #expect(client.errorCode(try Golden.bytes("ping-ack")) == .protocolError)
  }

  @Test func `a client opens what was granted, and an old grant takes nothing back`() throws {
    let client = try openClient { $0.callsMax = 2 }
    for number in 1...2 {
      #expect(client.canOpen)
      _ = client.open(Call(number), openFrame(), end: true)
    }
    #expect(!client.canOpen)
    #expect(try client.events(rawFrame(8, ByteBuffer(hex: "00 00 00 00 00 00 00 01"))).isEmpty)
    #expect(!client.canOpen)
    #expect(try client.events(rawFrame(8, ByteBuffer(hex: "00 00 00 00 00 00 00 03"))).map(\.line) == ["more calls"])
    #expect(client.canOpen)
  }

  @Test func `one call at a time is enough for any number of calls`() throws {
    var limits = WireLimits()
    limits.callsMax = 1
    let pair = try Pair(serverLimits: limits)
    for number in 1...10 {
      #expect(pair.client.canOpen)
      _ = pair.client.open(Call(number), openFrame(), end: true)
      #expect(!pair.client.canOpen)
      try pair.exchange { event in
        guard case .open(let stream, _, _, _) = event else { return }
        pair.server.sendStatus(stream, StatusFrame(code: 0))
        pair.server.handlerFinished()
      }
    }
    #expect(pair.clientEvents.filter { $0.line.hasPrefix("status") }.count == 10)
  }
}

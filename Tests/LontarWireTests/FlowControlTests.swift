import NIOCore
import Testing

@testable import LontarWire

@Suite struct FlowControlTests {
  private func messages(_ events: [ServerConnection.Event]) -> [ByteBuffer] {
    events.compactMap { if case .message(_, _, let message, _) = $0 { message.bytes } else { nil } }
  }

  private func credit(_ stream: UInt32, _ offset: UInt64) -> ByteBuffer {
    var payload = ByteBuffer()
    payload.writeInteger(offset)
    return rawFrame(7, stream: stream, payload)
  }

  @Test(arguments: [(4 << 20, true), ((4 << 20) + 1, false), (5 << 20, false)])
  func `a message of 4 MiB passes through a window of 256 KiB and not one byte more`(bytes: Int, accepted: Bool) throws {
    let pair = try Pair()
    let stream = pair.client.open(Call(1), openFrame())
    var pattern = ByteBuffer()
    while pattern.readableBytes < bytes { pattern.writeInteger(UInt64(pattern.readableBytes)) }
    let message = try #require(pattern.getSlice(at: 0, length: bytes))
    #expect(pair.client.sendMessage(stream, message, end: true))
    try pair.exchange { event in
      if case .failed(let stream, _, _) = event { pair.server.sendStatus(stream, StatusFrame(code: 8)) }
    }
    #expect(messages(pair.serverEvents) == (accepted ? [message] : []))
    #expect(pair.serverEvents.map(\.line).last == (accepted ? "message 1 \(bytes) end" : "failed 1 messageTooLarge"))
    #expect(pair.clientEvents.map(\.line) == (accepted ? [] : ["status 1 8 inline -1"]))
    #expect(pair.server.runningStreams == (accepted ? 1 : 0))
  }

  @Test func `a message over the limit is refused at its first fragment`() throws {
    let server = try openServer()
    _ = try server.events(openBytes(1))
    #expect(try server.events(rawFrame(4, stream: 1, flags: 2, lengths(4 << 20, then: 1))).isEmpty)
    _ = try server.events(openBytes(3))
    #expect(
      try server.events(rawFrame(4, stream: 3, flags: 2, lengths((4 << 20) + 1, then: 1))).map(\.line) == [
        "failed 3 messageTooLarge"
      ])
    _ = try server.events(openBytes(5))
    #expect(
      try server.events(rawFrame(4, stream: 5, flags: 2, lengths(Int(UInt32.max), then: 1))).map(\.line) == [
        "failed 5 messageTooLarge"
      ])
  }

  @Test(arguments: [(100, ["open 1 a.S/M inline 100"]), (101, ["failed 1 messageTooLarge"])])
  func `an inline message has the same limit`(bytes: Int, lines: [String]) throws {
    var limits = WireLimits()
    limits.messageBytesMax = 100
    let server = try openServer(limits)
    #expect(try server.events(openBytes(1, message: ByteBuffer(count: bytes))).map(\.line) == lines)
  }

  // The window is 1,024 bytes; a message costs eight bytes more than it is long, an inline message does not.
  @Test(arguments: [
    (0, 1_016, "message 1 1016"), (0, 1_017, "failed 1 flowControl"), (24, 992, "message 1 992"),
    (24, 993, "failed 1 flowControl"),
  ])
  func `a stream may send its window and not one byte more`(inline: Int, message: Int, line: String) throws {
    var limits = WireLimits()
    limits.streamWindowBytes = 1_024
    let server = try openServer(limits)
    _ = try server.events(openBytes(1, message: ByteBuffer(count: inline)))
    #expect(try server.events(rawFrame(4, stream: 1, lengths(message, then: message))).map(\.line) == [line])
  }

  @Test func `an inline message over the window fails its stream`() throws {
    var limits = WireLimits()
    limits.streamWindowBytes = 1_024
    let server = try openServer(limits)
    #expect(try server.events(openBytes(1, message: ByteBuffer(count: 1_024))).map(\.line) == ["open 1 a.S/M inline 1024"])
    #expect(try server.events(openBytes(3, message: ByteBuffer(count: 1_025))).map(\.line) == ["failed 3 flowControl"])
  }

  @Test func `the connection's window holds for all streams together`() {
    // A stream's faults come first, so only the core can be overrun: 1,024 bytes per call, one call.
    var limits = WireLimits()
    limits.streamWindowBytes = 1_024
    limits.callsMax = 1
    var core = ConnectionCore(limits: limits)
    #expect(throws: WireError(.flowControl, "more message bytes than the connection's credit allows")) {
      try core.receiveOnConnection(1_025)
    }
  }

  @Test func `bytes for finished streams count on the connection and are given back`() throws {
    var limits = WireLimits()
    limits.streamWindowBytes = 16_384
    limits.callsMax = 2
    let server = try openServer(limits)
    _ = try server.events(openBytes(1))
    server.sendStatus(1, StatusFrame(code: 0))
    _ = server.takeAll()
    #expect(try server.events(rawFrame(4, stream: 1, ByteBuffer(count: 16_000))).isEmpty)
    #expect(try server.events(rawFrame(4, stream: 1, ByteBuffer(count: 384))).isEmpty)
    #expect(try frames(server.takeAll()).contains(.credit(stream: 0, offset: 16_384 + 32_768)))
  }

  @Test func `credit comes when half of the window has been taken`() throws {
    let server = try openServer()
    _ = try server.events(openBytes(1))
    for _ in 0..<7 { _ = try server.events(rawFrame(4, stream: 1, lengths(16_364, then: 16_364))) }
    server.messagesTaken(1)
    #expect(try frames(server.takeAll()).isEmpty)  // 7 × 16,372 = 114,604 < 131,072
    _ = try server.events(rawFrame(4, stream: 1, lengths(16_364, then: 16_364)))
    #expect(try frames(server.takeAll()).isEmpty)
    _ = try server.events(rawFrame(4, stream: 1, lengths(16_364, then: 16_364)))
    server.messagesTaken(1)
    #expect(try frames(server.takeAll()) == [.credit(stream: 1, offset: 9 * 16_372 + 262_144)])
    server.messagesTaken(1)
    #expect(try frames(server.takeAll()).isEmpty)
  }

  @Test func `an inline message gives its credit back when it is taken`() throws {
    var limits = WireLimits()
    limits.streamWindowBytes = 1_024
    let server = try openServer(limits)
    _ = try server.events(openBytes(1, message: ByteBuffer(count: 1_000)))
    server.messagesTaken(1)
    #expect(try frames(server.takeAll()) == [.credit(stream: 1, offset: 2_024)])
  }

  @Test func `a reader that takes nothing holds one window`() throws {
    let pair = try Pair()
    let stream = pair.client.open(Call(1), openFrame())
    for _ in 0..<100 { _ = pair.client.sendMessage(stream, ByteBuffer(count: 10_000)) }
    try pair.exchange()
    // 26 messages of 10,008 bytes fit into 262,144; the 27th has begun.
    #expect(messages(pair.serverEvents).count == 26)
    pair.server.messagesTaken(1)
    try pair.exchange()
    #expect(messages(pair.serverEvents).count == 52)
  }

  @Test func `while a message waits to be taken the parts of the next give no credit back`() throws {
    let server = try openServer()
    _ = try server.events(openBytes(1))
    _ = try server.events(rawFrame(4, stream: 1, lengths(1, then: 1)))
    _ = try server.events(rawFrame(4, stream: 1, flags: 2, lengths(1 << 20, then: 16_000)))
    for _ in 0..<15 { _ = try server.events(rawFrame(4, stream: 1, flags: 2, ByteBuffer(count: 16_000))) }
    #expect(try frames(server.takeAll()).isEmpty)
    // Taking the first gives back all that came: 9 and 8 + 16 × 16,000 bytes.
    server.messagesTaken(1)
    #expect(try frames(server.takeAll()) == [.credit(stream: 1, offset: 256_017 + 262_144)])
  }

  @Test func `a stalled stream blocks no other`() throws {
    let server = try openServer { $0.streamWindowBytes = 1_024 }
    for stream: UInt32 in [1, 3] { _ = try server.events(openBytes(stream)) }
    #expect(server.sendMessage(1, ByteBuffer(count: 100_000)))
    server.sendStatus(3, StatusFrame(code: 0), message: ByteBuffer(count: 1_000))
    let sent = try frames(server.takeAll())
    #expect(
      sent == [
        .status(stream: 3, StatusFrame(code: 0), message: ByteBuffer(count: 1_000), codec: 0),
        .message(stream: 1, bytes: lengths(100_000, then: 1_016), codec: 0, more: true, end: false),
      ])
  }

  @Test func `streams take turns of one frame`() throws {
    let server = try openServer()
    for stream: UInt32 in [1, 3, 5] {
      _ = try server.events(openBytes(stream))
      _ = server.sendMessage(stream, ByteBuffer(count: 40_000))
    }
    let order = try frames(server.takeAll()).compactMap { if case .message(let stream, _, _, _, _) = $0 { stream } else { nil } }
    #expect(order == [1, 3, 5, 1, 3, 5, 1, 3, 5])
  }

  @Test func `when the connection's credit ends everybody waits and goes on where it was`() throws {
    let server = try openServer { $0.connectionWindowBytes = 20_000 }
    for stream: UInt32 in [1, 3] {
      _ = try server.events(openBytes(stream))
      _ = server.sendMessage(stream, ByteBuffer(count: 30_000))
    }
    func sentBytes() throws -> Int {
      try frames(server.takeAll()).reduce(0) {
        if case .message(_, let bytes, _, _, _) = $1 { $0 + bytes.readableBytes } else { $0 }
      }
    }
    #expect(try sentBytes() == 20_000)
    #expect(try sentBytes() == 0)
    #expect(try server.events(credit(0, 20_000)).isEmpty)
    #expect(try sentBytes() == 0)
    _ = try server.events(credit(0, 60_016))
    #expect(try sentBytes() == 40_016)
    #expect(!server.isIdle)
  }

  @Test func `credit that is stale changes nothing and credit cannot overflow`() {
    var window = SendWindow(granted: 1_000)
    let answers = [0, 999, 1_000, 1_001, 1_000, .max, 5, .max].map { window.grant(upTo: $0) }
    #expect(answers == [false, false, false, true, false, true, false, false])
    #expect(window.available == Int.max)
    window.send(1)
    #expect(window.available == Int.max)
  }

  @Test(arguments: [(1_024, 1_025), (1_024, 10_000), (5_000, 10_000), (16_384, 60_000)])
  func `an answer longer than a small window goes in parts`(window: UInt64, bytes: Int) throws {
    var limits = WireLimits()
    limits.streamWindowBytes = window
    let pair = try Pair(clientLimits: limits)
    _ = pair.client.open(Call(1), openFrame(), end: true)
    try pair.exchange { event in
      guard case .open(let stream, _, _, _) = event else { return }
      pair.server.sendStatus(stream, StatusFrame(code: 0), message: ByteBuffer(count: bytes))
    }
    #expect(pair.clientEvents.map(\.line) == ["message 1 1 \(bytes)", "status 1 0 inline -1"])
  }

  @Test func `a writer that waits for its batch to leave is not forgotten when another of its stream queues`() throws {
    var limits = WireLimits()
    limits.outboundBytesHigh = 20_000
    let server = try openServer(limits)
    _ = try server.events(openBytes(1))
    _ = server.takeAll()
    // 10,020 bytes with header and lengths: a second one does not fit into the batch.
    #expect(server.sendMessage(1, ByteBuffer(count: 10_000)))
    // Another task's: queued, and far below what a stream may hold.
    #expect(!server.sendMessage(1, ByteBuffer(count: 10_000)))
    #expect(server.takeWritable().isEmpty)
    _ = server.takeAll()
    #expect(server.takeWritable() == [1])
  }

  @Test func `a writer waits at streamSendBytesHigh and goes on below`() throws {
    let server = try openServer { $0.streamWindowBytes = 30_000 }
    _ = try server.events(openBytes(1))
    #expect(!server.sendMessage(1, ByteBuffer(count: 65_527)))  // 65,535 with its lengths
    #expect(server.sendMessage(1, ByteBuffer()))
    #expect(server.takeWritable().isEmpty)
    _ = server.takeAll()
    #expect(server.takeWritable() == [1])
    #expect(server.takeWritable().isEmpty)
  }

  @Test func `empty messages have a weight`() throws {
    let server = try openServer { $0.streamWindowBytes = 1_024 }
    _ = try server.events(openBytes(1))
    var accepted = 0
    while !server.sendMessage(1, ByteBuffer()) { accepted += 1 }
    // 128 go out on the stream's 1,024 bytes of credit; then 8,191 wait below 65,536 bytes.
    #expect(accepted == 1_024 / 8 + 65_536 / 8 - 1)
  }

  @Test func `what waits for the socket is bounded`() throws {
    let server = try openServer()
    for number in 0..<UInt32(50) {
      _ = try server.events(openBytes(number * 2 + 1))
      server.sendStatus(number * 2 + 1, StatusFrame(code: 0), message: ByteBuffer(count: 16_000))
    }
    var largest = 0
    var all = 0
    while let bytes = server.takeOutbound() {
      largest = max(largest, bytes.readableBytes)
      all += bytes.readableBytes
    }
    #expect(largest <= 65_536 + 16_384)
    #expect(all > 50 * 16_000)
  }
}

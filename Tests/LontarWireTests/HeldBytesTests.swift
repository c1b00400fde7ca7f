import NIOCore
import Testing

@testable import LontarWire

/// What a connection holds for a peer that means it ill, by count of bytes.
@Suite struct HeldBytesTests {
  private func credit(_ stream: UInt32, _ offset: UInt64) -> ByteBuffer {
    var payload = ByteBuffer()
    payload.writeInteger(offset)
    return rawFrame(7, stream: stream, payload)
  }

  /// A writer that heeds the mark holds it and one message more for a reader without credit.
  @Test(arguments: [1_000, 16_364, 100_000]) func `for a slow reader the server holds a mark and a message`(bytes: Int) throws {
    let server = try openServer { $0.streamWindowBytes = 1_024 }
    _ = try server.events(openBytes(1))
    var written = 0
    repeat { written += 1 } while !server.sendMessage(1, ByteBuffer(count: bytes))
    _ = server.takeAll()
    let held = server.connection.heldBytes
    print("a reader with a window of 1,024 bytes: \(written) messages of \(bytes) bytes written, \(held) bytes held")
    #expect(held <= 65_536 + bytes + 8)
    #expect(held >= 65_536 - bytes)
  }

  /// 100 calls, each a message of 4 MiB that never comes to its end: the window is all that comes before somebody has to give credit.
  @Test func `half-open streams hold what has come and not what was announced`() throws {
    let server = try openServer()
    for number in 0..<UInt32(100) {
      _ = try server.events(openBytes(number * 2 + 1))
      _ = try server.events(rawFrame(4, stream: number * 2 + 1, flags: 2, lengths(4 << 20, then: 1)))
    }
    #expect(server.connection.heldBytes == 100)
    print("100 messages of 4 MiB announced: \(server.connection.heldBytes) bytes held")
  }

  /// Fragments of 16 KiB as long as credit lets them pass, of messages of 4 MiB that all stop short of their end.
  @Test func `a hundred long messages that never end hold their windows and the room, not 400 MiB`() throws {
    let server = try openServer()
    var granted: [UInt32: Int] = [:]
    var sent: [UInt32: Int] = [:]
    for number in 0..<UInt32(100) {
      let stream = number * 2 + 1
      _ = try server.events(openBytes(stream))
      _ = try server.events(rawFrame(4, stream: stream, flags: 2, lengths(4 << 20, then: 16_364)))
      (sent[stream], granted[stream]) = (16_372, 262_144)
    }
    let end = 8 + (4 << 20) - 16_372
    var moved = true
    while moved {
      moved = false
      for (stream, count) in sent where count + 16_372 <= min(granted[stream]!, end) {
        _ = try server.events(rawFrame(4, stream: stream, flags: 2, ByteBuffer(repeating: 0, count: 16_372)))
        sent[stream] = count + 16_372
        moved = true
      }
      for case .credit(let stream, let offset) in try frames(server.takeAll()) where stream != 0 { granted[stream] = Int(offset) }
    }
    let held = server.connection.heldBytes
    print("100 messages of 4 MiB begun and not ended: \(held) bytes held")
    // Four of them find room for the 3.75 MiB beyond their windows, the others hold one window.
    #expect(sent.values.count { $0 > 262_144 } == 4)
    #expect(held <= 100 * 262_144 + 16 << 20)
    #expect(held > 16 << 20)
    // One is given up: the next in turn gets credit.
    _ = try server.events(rawFrame(6, stream: sent.first { $0.value > 262_144 }!.key, ByteBuffer(bytes: [0, 0, 0, 1])))
    let credits = try frames(server.takeAll()).compactMap {
      if case .credit(let stream, _) = $0, stream != 0 { stream } else { nil }
    }
    #expect(credits.count == 1)
    #expect(sent[credits[0]]! <= 262_144)
  }

  /// The server ends each at once, so the client has not even to reset it.
  @Test(arguments: ["status", "reset", "fault"]) func `long messages that end while they wait leave nothing behind`(
    _ end: String
  ) throws {
    var limits = WireLimits()
    (limits.streamWindowBytes, limits.assemblyBytesMax, limits.callsMax) = (20_000, 1, 100_000)
    limits.glitchesMax = .max
    let server = try openServer(limits)
    func begin(_ stream: UInt32) throws {
      _ = try server.events(openBytes(stream))
      _ = try server.events(rawFrame(4, stream: stream, flags: 2, lengths(50_000, then: 100)))
    }
    try begin(1)
    try begin(3)
    #expect(Array(server.connection.core.room.waiting) == [3])
    for stream in stride(from: UInt32(5), to: 2_005, by: 2) {
      try begin(stream)
      switch end {
      case "status": server.sendStatus(stream, StatusFrame(code: 12))
      case "reset": _ = try server.events(rawFrame(6, stream: stream, ByteBuffer(bytes: [0, 0, 0, 1])))
      default: _ = try server.events(rawFrame(4, stream: stream, flags: 2))
      }
      _ = server.takeAll()
    }
    #expect(Array(server.connection.core.room.waiting) == [3])
    // The first gives its place to the one that has waited.
    server.sendStatus(1, StatusFrame(code: 12))
    #expect(Array(server.connection.core.room.waiting) == [])
  }

  @Test func `a long message behind one that nobody takes keeps no room from others`() throws {
    var limits = WireLimits()
    (limits.streamWindowBytes, limits.assemblyBytesMax, limits.callsMax) = (20_000, 1, 10)
    let server = try openServer(limits)
    for stream: UInt32 in [1, 3] { _ = try server.events(openBytes(stream)) }
    _ = try server.events(rawFrame(4, stream: 1, lengths(92, then: 92)))
    _ = try server.events(rawFrame(4, stream: 1, flags: 2, lengths(50_000, then: 12_000)))
    #expect(try frames(server.takeAll()).isEmpty)
    // Its reader stalls; the other's does not.
    _ = try server.events(rawFrame(4, stream: 3, flags: 2, lengths(50_000, then: 12_000)))
    #expect(try frames(server.takeAll()) == [.credit(stream: 3, offset: 12_008 + 20_000)])
    _ = try server.events(rawFrame(6, stream: 3, ByteBuffer(bytes: [0, 0, 0, 1])))
    server.messagesTaken(1)
    // 100 bytes of the first message are too little to give back by themselves.
    #expect(try frames(server.takeAll()).contains(.credit(stream: 1, offset: 100 + 12_008 + 20_000)))
  }

  @Test func `a reader that takes nothing makes its sender hold back at one window`() throws {
    let server = try openServer()
    _ = try server.events(openBytes(1))
    for _ in 0..<16 { _ = try server.events(rawFrame(4, stream: 1, lengths(16_364, then: 16_364))) }
    #expect(server.connection.heldBytes == 16 * 16_372)
    #expect(try frames(server.takeAll()).isEmpty, "no credit is given")
    #expect(try server.events(rawFrame(4, stream: 1, lengths(16_364, then: 16_364))).map(\.line) == ["failed 1 flowControl"])
  }

  @Test func `what is given up is no longer held, and its place is granted anew`() throws {
    var limits = WireLimits()
    limits.callsMax = 1
    let server = try openServer(limits) { $0.streamWindowBytes = 1_024 }
    _ = try server.events(openBytes(1, end: true))
    server.sendStatus(1, StatusFrame(code: 0), message: ByteBuffer(count: 1_000_000))
    server.handlerFinished()
    let sent = try frames(server.takeAll())
    #expect(sent == [.message(stream: 1, bytes: lengths(1_000_000, then: 1_016), codec: 0, more: true, end: false)])
    #expect(server.connection.heldBytes == 1_000_000 - 1_016)
    try server.connection.giveUp(1)
    #expect(server.connection.heldBytes == 12 + 4 + "the deadline of the call passed before its answer could leave".utf8.count)
    let last = try frames(server.takeAll())
    #expect(
      last == [
        .reset(
          stream: 1, code: 1, reason: "the deadline of the call passed before its answer could leave", notProcessed: false),
        .maxCalls(2),
      ])
    #expect(server.connection.heldBytes == 0 && server.isIdle)
    // Credit that comes too late, and a second giving up, change nothing.
    #expect(try server.events(credit(1, 1 << 40)).isEmpty)
    try server.connection.giveUp(1)
    #expect(server.takeOutbound() == nil)
  }

  /// Else a client could have megabytes queued, give credit for all of them, and break a rule.
  @Test func `behind the GOAWAY of a fault nothing more is sent`() throws {
    let server = try openServer { ($0.streamWindowBytes, $0.connectionWindowBytes) = (1 << 30, 1 << 30) }
    for stream: UInt32 in [1, 3] {
      _ = try server.events(openBytes(stream, end: true))
      server.sendStatus(stream, StatusFrame(code: 0), message: ByteBuffer(count: 4 << 20))
    }
    server.fail(WireError(.protocolError, "a rule"))
    #expect(try frames(server.takeAll()) == [.goAway(lastStream: 3, code: 1, reason: "a rule", final: true)])
    let client = try openClient()
    let stream = client.open(Call(1), openFrame())
    _ = client.takeAll()
    _ = client.sendMessage(stream, ByteBuffer(count: 4 << 20), end: true)
    client.fail(WireError(.protocolError, "a rule"))
    #expect(try frames(client.takeAll()) == [.goAway(lastStream: 0, code: 1, reason: "a rule", final: true)])
  }

  @Test func `a call that has been answered whole cannot be given up`() throws {
    let server = try openServer()
    _ = try server.events(openBytes(1, end: true))
    server.sendStatus(1, StatusFrame(code: 0), message: ByteBuffer(count: 10))
    try server.connection.giveUp(1)
    #expect(try frames(server.takeAll()) == [.status(stream: 1, StatusFrame(code: 0), message: ByteBuffer(count: 10), codec: 0)])
  }

  @Test func `a client hears a call that was given up as RESET with its code`() throws {
    let pair = try Pair()
    _ = pair.client.open(Call(1), openFrame(), end: true)
    try pair.exchange()
    try pair.server.connection.giveUp(1)
    try pair.exchange()
    #expect(pair.clientEvents.map(\.line) == ["reset 1 1"])
    #expect(pair.client.isIdle && pair.server.isIdle)
  }

  /// Frames that are legal and mean nothing: they cost what reading them costs.
  @Test func `floods of frames without meaning leave nothing behind`() throws {
    let server = try openServer()
    _ = try server.events(openBytes(1, end: true))
    server.sendStatus(1, StatusFrame(code: 0))
    _ = try server.events(openBytes(3))
    _ = server.takeAll()
    var flood = ByteBuffer()
    for _ in 0..<10_000 {
      flood.writeImmutableBuffer(rawFrame(4, stream: 1, flags: 1))
      flood.writeImmutableBuffer(credit(1, 5))
      flood.writeImmutableBuffer(credit(3, 5))
      flood.writeImmutableBuffer(credit(0, 5))
    }
    #expect(try server.events(flood).isEmpty)
    #expect(server.connection.heldBytes == 0)
    #expect(server.takeOutbound() == nil)
  }

  @Test func `no windows at all make nobody wait for ever`() throws {
    var limits = WireLimits()
    limits.streamWindowBytes = 1_024
    let pair = try Pair(clientLimits: limits, serverLimits: limits)
    let stream = pair.client.open(Call(1), openFrame())
    _ = pair.client.sendMessage(stream, ByteBuffer(count: 50_000), end: true)
    try pair.exchange { event in
      guard case .message(let stream, _, let message, true) = event else { return }
      pair.server.messagesTaken(stream)
      pair.server.sendStatus(stream, StatusFrame(code: 0), message: message.bytes)
    }
    #expect(pair.clientEvents.map(\.line) == ["message 1 1 50000", "status 1 0 inline -1"])
  }
}

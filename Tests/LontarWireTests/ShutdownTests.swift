import NIOCore
import Testing

@testable import LontarWire

@Suite struct ShutdownTests {
  @Test func `a drained server answers what it took and refuses the rest as not processed`() throws {
    let pair = try Pair()
    _ = pair.client.open(Call(1), openFrame(), end: true)
    try pair.exchange()
    pair.server.drain("restart")
    // Two calls cross the first GOAWAY: one before the second step, one after it.
    _ = pair.client.open(Call(2), openFrame(), end: true)
    #expect(try pair.server.events(try #require(pair.client.takeOutbound())).count == 1)
    _ = pair.client.open(Call(3), openFrame(), message: ByteBuffer(count: 40_000), end: true)
    pair.server.finishDrain("restart")
    try pair.exchange()
    #expect(pair.clientEvents.map(\.line) == ["go away 0 drain []", "go away 0 final [3]"])
    #expect(!pair.client.canOpen)
    for stream: UInt32 in [1, 3] { pair.server.sendStatus(stream, StatusFrame(code: 0)) }
    try pair.exchange()
    #expect(pair.clientEvents.suffix(2).map(\.line) == ["status 1 0 inline -1", "status 2 0 inline -1"])
    #expect(pair.client.isIdle && pair.server.isIdle)
  }

  @Test func `a call that crosses the final GOAWAY is reset as not processed`() throws {
    let server = try openServer()
    server.drain("restart")
    server.finishDrain("restart")
    _ = server.takeAll()
    #expect(try server.events(openBytes(1, message: ByteBuffer(count: 9), end: true)).isEmpty)
    #expect(try server.events(rawFrame(4, stream: 1, lengths(0))).isEmpty)
    #expect(
      try frames(server.takeAll()) == [.reset(stream: 1, code: 2, reason: "the server is shutting down", notProcessed: true)])
    #expect(server.isIdle)
  }

  @Test func `a drain before HELLO refuses every call`() throws {
    let server = ServerEnd(hello: .stating(goldenEnvironment), limits: WireLimits())
    server.drain("restart")
    #expect(server.takeOutbound() == nil)
    _ = try server.events(try Golden.bytes("hello-client"))
    let said = try frames(server.takeAll())
    #expect(said.count == 3)
    #expect(said.last == .goAway(lastStream: 0, code: 0, reason: "restart", final: true))
    #expect(try server.events(openBytes(1)).isEmpty)
    #expect(try frames(server.takeAll()).count == 1)
    #expect(server.isIdle)
  }

  @Test func `each step of a drain is said once`() throws {
    let server = try openServer()
    server.finishDrain("too early")
    for _ in 0..<2 { server.drain("a") }
    for _ in 0..<2 { server.finishDrain("b") }
    #expect(
      try frames(server.takeAll()) == [
        .goAway(lastStream: 0x7FFF_FFFF, code: 0, reason: "a", final: false),
        .goAway(lastStream: 0, code: 0, reason: "b", final: true),
      ])
  }

  @Test func `no calls are granted while the server drains`() throws {
    var limits = WireLimits()
    limits.callsMax = 1
    let server = try openServer(limits)
    _ = try server.events(openBytes(1, end: true))
    server.drain("restart")
    server.sendStatus(1, StatusFrame(code: 0))
    server.handlerFinished()
    let sent = try frames(server.takeAll())
    #expect(sent.count == 2)
    #expect(!sent.contains(.maxCalls(2)))
  }

  @Test func `a failure names the last stream that may have been processed`() throws {
    let server = try openServer()
    for stream: UInt32 in [1, 7] { _ = try server.events(openBytes(stream)) }
    server.fail(WireError(.protocolError, "bad"))
    server.fail(WireError(.timeout, "once is enough"))
    #expect(try frames(server.takeAll()) == [.goAway(lastStream: 7, code: 1, reason: "bad", final: true)])
    #expect(try server.events(openBytes(9)).isEmpty)
    let calls = [1, 2, 3, 4, 5].map(Call.init)
    let client = try openClient()
    for call in calls { _ = client.open(call, openFrame(), end: true) }
    #expect(
      try client.events(rawFrame(10, ByteBuffer(hex: "00 00 00 07 00 00 00 01 01 00"))).map(\.line) == ["go away 1 final [5]"])
    #expect(client.runningStreams == 4)
    #expect(client.abandon().compactMap { ($0 as? Call)?.id }.sorted() == [1, 2, 3, 4])
    #expect(client.isIdle)
  }

  @Test func `nothing is kept of what comes after the end`() throws {
    let server = try openServer()
    _ = try server.events(openBytes(1))
    server.attach(Call(1), to: 1)
    #expect((server.call(of: 1) as? Call)?.id == 1)
    #expect(server.abandon().count == 1)
    #expect(try server.events(ByteBuffer(count: 100_000)).isEmpty)
    let holdsPartialFrame = server.connection.holdsPartialFrame
    #expect(!holdsPartialFrame)
  }

  @Test func `a client that leaves says so and its calls go on`() throws {
    let pair = try Pair()
    _ = pair.client.open(Call(1), openFrame(), end: true)
    pair.client.leave("idle")
    #expect(!pair.client.canOpen)
    try pair.exchange()
    #expect(pair.serverEvents.map(\.line) == ["open 1 a.S/M inline -1 end", "client leaves"])
    pair.server.sendStatus(1, StatusFrame(code: 0))
    try pair.exchange()
    #expect(pair.clientEvents.map(\.line) == ["status 1 0 inline -1"])
  }

  @Test(arguments: ["80 00 00 00 00 00 00 00 00 00", "00 00 00 00 00 00 00 00 02 00", "00 00 00 00 00 00 00 00 00 01"])
  func `GOAWAY with bits that must be zero is refused`(payload: String) throws {
    let client = try openClient()
    #expect(client.errorCode(rawFrame(10, ByteBuffer(hex: payload))) == .protocolError)
  }
}

import NIOCore
import Testing

@testable import LontarWire

/// Windows that grow when a round trip brings much of one.
@Suite struct WindowTuningTests {
  private static func limits(windowMax: UInt64, budget: UInt64 = 1 << 20) -> WireLimits {
    var limits = WireLimits()
    limits.streamWindowBytes = 10_000
    limits.streamWindowBytesMax = windowMax
    limits.windowGrowthBytesMax = budget
    limits.callsMax = 2
    return limits
  }

  /// A message of 4,992 bytes of payload: with its lengths half a window.
  private static func half(_ stream: UInt32) -> ByteBuffer { rawFrame(4, stream: stream, lengths(4_992, then: 4_992)) }

  private static func pingValue(_ frames: [Frame]) -> UInt64? {
    for case .ping(let value, ack: false) in frames { return value }
    return nil
  }

  private static func pong(_ value: UInt64) -> ByteBuffer {
    var payload = ByteBuffer()
    payload.writeInteger(value)
    return rawFrame(9, flags: 8, payload)
  }

  private static func credits(_ frames: [Frame]) -> [UInt32: UInt64] {
    var credits: [UInt32: UInt64] = [:]
    for case .credit(let stream, let offset) in frames { credits[stream] = offset }
    return credits
  }

  /// A server whose stream 1 has taken half a window and asked for a round trip.
  private static func probing(_ limits: WireLimits) throws -> (ServerEnd, UInt64) {
    let server = try openServer(limits)
    _ = try server.events(openBytes(1))
    _ = try server.events(half(1))
    server.messagesTaken(1)
    let sent = try frames(server.takeAll())
    #expect(credits(sent)[1] == 15_000)
    return (server, try #require(pingValue(sent)))
  }

  /// 3,334 bytes are a third of 10,000.
  @Test(arguments: [(3_333, nil), (3_334, 20_000), (9_000, 20_000)] as [(Int, UInt64?)])
  func `a window doubles when a round trip brings a third of it`(bytes: Int, size: UInt64?) throws {
    let (server, value) = try Self.probing(Self.limits(windowMax: 40_000))
    _ = try server.events(rawFrame(4, stream: 1, lengths(bytes - 8, then: bytes - 8)))
    _ = try server.events(Self.pong(value))
    // 5,000 bytes have been taken; the connection's window of 20,000 grows with the stream's.
    let credits = Self.credits(try frames(server.takeAll()))
    #expect(credits[1] == size.map { 5_000 + $0 })
    if size != nil { #expect(credits[0] == UInt64(5_000 + bytes) + 30_000) }
  }

  @Test func `a window grows no further than its largest size`() throws {
    let (server, first) = try Self.probing(Self.limits(windowMax: 15_000))
    _ = try server.events(Self.half(1))
    _ = try server.events(Self.half(1))
    _ = try server.events(Self.pong(first))
    #expect(Self.credits(try frames(server.takeAll()))[1] == 20_000)
    server.messagesTaken(1)
    _ = try server.events(Self.half(1))
    server.messagesTaken(1)
    #expect(Self.pingValue(try frames(server.takeAll())) == nil, "nothing is left to find out")
  }

  @Test func `what streams grow by is bounded for the connection and given back`() throws {
    let (server, value) = try Self.probing(Self.limits(windowMax: 40_000, budget: 3_000))
    _ = try server.events(Self.half(1))
    _ = try server.events(Self.half(1))
    _ = try server.events(Self.pong(value))
    #expect(Self.credits(try frames(server.takeAll()))[1] == 5_000 + 13_000)
    _ = try server.events(openBytes(3))
    _ = try server.events(Self.half(3))
    server.messagesTaken(3)
    #expect(Self.pingValue(try frames(server.takeAll())) == nil, "the budget is spent")
    server.sendStatus(1, StatusFrame(code: 0))
    _ = try server.events(Self.half(3))
    server.messagesTaken(3)
    #expect(Self.pingValue(try frames(server.takeAll())) != nil, "the first stream has given it back")
  }

  @Test func `probes that find nothing become rare`() throws {
    let limits = Self.limits(windowMax: 40_000)
    let server = try openServer(limits)
    _ = try server.events(openBytes(1))
    var probes: [Int] = []
    for step in 0..<40 {
      _ = try server.events(Self.half(1))
      server.messagesTaken(1)
      guard let value = Self.pingValue(try frames(server.takeAll())) else { continue }
      probes.append(step)
      _ = try server.events(Self.pong(value))
    }
    // Half windows 0, then 2, 4, 8, 16 later.
    #expect(probes == [0, 2, 6, 14, 30])
  }

  @Test func `an answer to another PING changes nothing and is told`() throws {
    let (server, _) = try Self.probing(Self.limits(windowMax: 40_000))
    try server.ping(7)
    let events = try server.events(Self.pong(7))
    #expect(events.map(\.line) == ["pong 7"])
    #expect(Self.credits(try frames(server.takeAll())).isEmpty)
  }

  @Test func `the answer for a stream that has ended is no harm`() throws {
    let (server, value) = try Self.probing(Self.limits(windowMax: 40_000))
    _ = try server.events(Self.half(1))
    _ = try server.events(Self.half(1))
    server.sendStatus(1, StatusFrame(code: 0))
    _ = server.takeAll()
    #expect(try server.events(Self.pong(value)).isEmpty)
    #expect(try frames(server.takeAll()).isEmpty)
  }

  @Test func `a stream that no reader takes from does not grow`() throws {
    let server = try openServer(Self.limits(windowMax: 40_000))
    _ = try server.events(openBytes(1))
    _ = try server.events(Self.half(1))
    _ = try server.events(Self.half(1))
    #expect(try frames(server.takeAll()).allSatisfy { if case .credit(0, _) = $0 { true } else { false } })
  }
}

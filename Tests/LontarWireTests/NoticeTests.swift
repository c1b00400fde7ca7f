import NIOCore
import Testing

@testable import LontarWire

/// BLOCKED and HINT.
@Suite struct NoticeTests {
  private static func notices(_ bytes: ByteBuffer) throws -> [BlockedNotice] {
    try frames(bytes).compactMap { if case .blocked(let notice) = $0 { notice } else { nil } }
  }

  @Test func `a stream that waits for credit twice at one offset is told once`() throws {
    let server = try openServer { $0.streamWindowBytes = 1_024 }
    _ = try server.events(openBytes(1, end: true))
    _ = server.sendMessage(1, ByteBuffer(count: 5_000))
    _ = server.takeAll()
    server.connection.reportBlocked()
    #expect(try Self.notices(server.takeAll()).isEmpty, "it may have waited for a moment only")
    server.connection.reportBlocked()
    #expect(try Self.notices(server.takeAll()) == [BlockedNotice(stream: 1, limit: .streamCredit, offset: 1_024)])
    server.connection.reportBlocked()
    #expect(try Self.notices(server.takeAll()).isEmpty)
    var more = ByteBuffer()
    more.writeInteger(UInt64(2_048))
    _ = try server.events(rawFrame(7, stream: 1, more))
    _ = server.takeAll()
    for _ in 0..<2 { server.connection.reportBlocked() }
    #expect(try Self.notices(server.takeAll()) == [BlockedNotice(stream: 1, limit: .streamCredit, offset: 2_048)])
  }

  @Test func `a connection that waits for credit is told of as stream 0`() throws {
    let server = try openServer {
      $0.streamWindowBytes = 10_000
      $0.connectionWindowBytes = 1_024
    }
    _ = try server.events(openBytes(1, end: true))
    _ = server.sendMessage(1, ByteBuffer(count: 5_000))
    _ = server.takeAll()
    for _ in 0..<2 { server.connection.reportBlocked() }
    #expect(try Self.notices(server.takeAll()) == [BlockedNotice(stream: 0, limit: .connectionCredit, offset: 1_024)])
  }

  @Test func `calls that wait for MAX_CALLS are told of`() throws {
    let client = try openClient { $0.callsMax = 1 }
    _ = client.open(Call(1), openFrame(), end: true)
    _ = client.takeAll()
    client.connection.reportBlocked(callsWait: false)
    for _ in 0..<3 { client.connection.reportBlocked(callsWait: true) }
    #expect(try Self.notices(client.takeAll()) == [BlockedNotice(stream: 0, limit: .calls, offset: 1)])
  }

  @Test func `what the other side waits for is known`() throws {
    let pair = try Pair()
    pair.client.connection.reportBlocked(callsWait: false)
    var payload = ByteBuffer()
    BlockedNotice(stream: 0, limit: .calls, offset: 100).write(to: &payload)
    _ = try pair.server.events(rawFrame(0x0B, flags: 0x80, payload))
    let blocked = pair.server.connection.peerBlocked
    #expect(blocked == BlockedNotice(stream: 0, limit: .calls, offset: 100))
  }

  @Test(arguments: [(0, 0), (1, 100), (2, 4_294_967_295)] as [(UInt8, UInt32)])
  func `a hint reaches the client`(level: UInt8, milliseconds: UInt32) throws {
    let pair = try Pair()
    let hint = OverloadHint(try #require(OverloadHint.Level(rawValue: level)), retryAfterMilliseconds: milliseconds)
    pair.server.connection.sendHint(hint)
    let events = try pair.client.events(pair.server.takeAll())
    #expect(events.map(\.line) == ["hint \(hint.level) \(milliseconds)"])
  }

  /// Later versions may say more, and things that we don't know.
  @Test(
    arguments: [
      (0x0B, [], []), (0x0B, [1], []), (0x0B, [4] + Array(repeating: 0, count: 8), []), (0x0C, [], []),
      (0x0C, [3, 0, 0, 0, 0], []),
      (0x0C, [1, 0, 0, 0], []), (0x0C, [1, 0, 0, 0, 5, 99], ["hint busy 5"]),
    ] as [(UInt8, [UInt8], [String])])
  func `a notice that cannot be read is skipped`(type: UInt8, bytes: [UInt8], lines: [String]) throws {
    let client = try openClient()
    let events = try client.events(rawFrame(type, flags: 0x80, ByteBuffer(bytes: bytes)))
    #expect(events.map(\.line) == lines)
    #expect(client.connection.peerBlocked == nil)
  }

  @Test func `a client that sends many notices is a flood`() throws {
    var limits = WireLimits()
    limits.glitchesMax = 5
    let server = try openServer(limits)
    var payload = ByteBuffer()
    BlockedNotice(stream: 0, limit: .calls, offset: 100).write(to: &payload)
    for _ in 0..<5 { _ = try server.events(rawFrame(0x0B, flags: 0x80, payload)) }
    #expect(server.errorCode(rawFrame(0x0B, flags: 0x80, payload)) == .enhanceYourCalm)
  }
}

import NIOCore
import Testing

@testable import LontarWire

/// A client that gives many calls up holds RESET back: 150 in any 30 s, where the server's budget is 200.
@Suite struct ResetPaceTests {
  /// The numbers of the streams that the client resets.
  private func resets(_ client: ClientEnd) throws -> [UInt32] {
    try frames(client.takeAll()).compactMap { if case .reset(let stream, _, _, _) = $0 { stream } else { nil } }
  }

  private func client(calls: Int) throws -> ClientEnd {
    let client = try openClient { $0.callsMax = 10_000 }
    for number in 0..<calls { #expect(client.open(Call(number), openFrame(), end: false) == UInt32(2 * number + 1)) }
    _ = client.takeAll()
    return client
  }

  @Test func `the first 150 go at once, the others in the order of their streams when half a minute has passed`() throws {
    let client = try client(calls: 400)
    for number in 0..<400 { try client.cancel(UInt32(2 * number + 1), .cancelled, "given up") }
    #expect(try resets(client) == (0..<150).map { UInt32(2 * $0 + 1) })
    // Nobody waits for the other streams: the connection may be closed.
    #expect(client.isIdle)
    for _ in 0..<30 {
      try client.secondPassed()
      #expect(try resets(client).isEmpty)
    }
    try client.secondPassed()
    #expect(try resets(client) == (150..<300).map { UInt32(2 * $0 + 1) })
    for _ in 0..<31 { try client.secondPassed() }
    #expect(try resets(client) == (300..<400).map { UInt32(2 * $0 + 1) })
    #expect(client.isIdle)
  }

  @Test func `PINGs count, too`() throws {
    let client = try client(calls: 200)
    for value in 0..<50 as Range<UInt64> { try client.ping(value) }
    _ = client.takeAll()
    for number in 0..<200 { try client.cancel(UInt32(2 * number + 1), .cancelled, "given up") }
    #expect(try resets(client).count == 100)
  }

  @Test func `a stream that ends while its RESET waits needs none, and what comes of it is dropped`() throws {
    let client = try client(calls: 153)
    for number in 0..<153 { try client.cancel(UInt32(2 * number + 1), .cancelled, "given up") }
    #expect(try resets(client).count == 150)
    // 301 ends with a message and a status, 303 with a RESET, 305 goes on.
    let frames = [
      rawFrame(0x04, stream: 301, lengths(10, then: 10)), rawFrame(0x05, stream: 301, flags: 1, ByteBuffer(hex: "00 00 00 00")),
      rawFrame(0x06, stream: 303, ByteBuffer(hex: "00 00 00 00")), rawFrame(0x04, stream: 305, lengths(20, then: 20)),
    ]
    for frame in frames { #expect(try client.events(frame).isEmpty) }
    #expect(client.isIdle)
    for _ in 0..<31 { try client.secondPassed() }
    #expect(try resets(client) == [305])
    #expect(client.runningStreams == 0)
  }

  @Test func `numbers that are used up make the connection leave`() throws {
    var limits = WireLimits()
    limits.streamNumberMax = 5
    let client = try openClient(limits)
    for stream in [1, 3, 5] as [UInt32] {
      #expect(client.canOpen && !client.streamsAreUsedUp)
      #expect(client.open(Call(Int(stream)), openFrame(), end: true) == stream)
    }
    #expect(!client.canOpen && client.streamsAreUsedUp)
  }
}

import NIOCore
import Testing

@testable import LontarWire

/// Both ends write until nothing may be sent any more in either direction, on no stream and on the connection. Whoever is read
/// then gets on, whether the other direction stands still or not.
@Suite struct ZeroWindowTests {
  /// The smallest window there may be.
  private static let window = 1_024

  /// Two machines with bidirectional calls between them, and the bytes on their way, which arrive when a test says so.
  private final class Wire {
    let client: ClientEnd
    let server: ServerEnd
    let streams: [UInt32]
    private(set) var toServer = ByteBuffer()
    private(set) var toClient = ByteBuffer()
    /// The messages that have come, by stream.
    private(set) var atServer: [UInt32: [ByteBuffer]] = [:]
    private(set) var atClient: [UInt32: [ByteBuffer]] = [:]
    /// What else was heard.
    private(set) var lines: [String] = []

    init(calls: Int) throws {
      var limits = WireLimits()
      (limits.streamWindowBytes, limits.callsMax) = (UInt64(ZeroWindowTests.window), UInt64(calls))
      let pair = try Pair(clientLimits: limits, serverLimits: limits)
      (client, server) = (pair.client, pair.server)
      streams = (0..<calls).map { pair.client.open(Call($0), openFrame()) }
      try pair.exchange()
    }

    /// Whatever may be sent is on its way then.
    func flush() {
      toServer.writeImmutableBuffer(client.takeAll())
      toClient.writeImmutableBuffer(server.takeAll())
    }

    /// All that is on its way arrives. False: there was nothing.
    func deliver() throws -> Bool {
      flush()
      let (up, down) = (toServer, toClient)
      (toServer, toClient) = (ByteBuffer(), ByteBuffer())
      for event in try server.events(up) {
        if case .message(let stream, _, let message, _) = event {
          atServer[stream, default: []].append(message.bytes)
        } else {
          lines.append("server: \(event.line)")
        }
      }
      for event in try client.events(down) {
        if case .message(let stream, _, let message) = event {
          atClient[stream, default: []].append(message.bytes)
        } else {
          lines.append("client: \(event.line)")
        }
      }
      return up.readableBytes + down.readableBytes > 0
    }

    /// Until nothing moves any more. `reads`: an end takes what it was given.
    func run(serverReads: Bool, clientReads: Bool) throws {
      repeat {
        for stream in streams {
          if serverReads { server.messagesTaken(stream) }
          if clientReads { client.messagesTaken(stream) }
        }
      } while try deliver()
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let calls: Int
    /// Of the messages, again and again. A window is used up to its last byte by each of these.
    let lengths: [Int]
    var testDescription: String { "\(calls) calls with messages of \(lengths) bytes" }
  }

  static let cases: [Case] = [1, 2, 5].flatMap { calls in
    [[120], [1_016], [5_000], [0, 1, 1_016, 1_017, 3_000], [300, 40_000]].map { Case(calls: calls, lengths: $0) }
  }

  /// Messages that tell their call, their direction and their number, for two windows and more.
  private func messages(_ lengths: [Int], stream: UInt32, up: Bool) -> [ByteBuffer] {
    var messages: [ByteBuffer] = []
    var bytes = 0
    while bytes < 4 * Self.window || messages.count < 2 * lengths.count {
      let length = lengths[messages.count % lengths.count]
      let mark = messages.count * 7 + Int(stream) * 2 + (up ? 1 : 0)
      messages.append(ByteBuffer(repeating: UInt8(truncatingIfNeeded: mark), count: length))
      bytes += 8 + length
    }
    return messages
  }

  /// Message bytes by stream.
  private func messageBytes(_ bytes: ByteBuffer) throws -> [UInt32: Int] {
    var counts: [UInt32: Int] = [:]
    for case .message(let stream, let payload, _, _, _) in try frames(bytes) {
      counts[stream, default: 0] += payload.readableBytes
    }
    return counts
  }

  /// A wire whose windows are all at zero, and what was written on each stream.
  private func exhausted(_ test: Case) throws -> (wire: Wire, up: [UInt32: [ByteBuffer]], down: [UInt32: [ByteBuffer]]) {
    let wire = try Wire(calls: test.calls)
    var (up, down): ([UInt32: [ByteBuffer]], [UInt32: [ByteBuffer]]) = ([:], [:])
    for stream in wire.streams {
      up[stream] = messages(test.lengths, stream: stream, up: true)
      down[stream] = messages(test.lengths, stream: stream, up: false)
      for message in up[stream, default: []] { _ = wire.client.sendMessage(stream, message) }
      for message in down[stream, default: []] { _ = wire.server.sendMessage(stream, message) }
    }
    wire.flush()
    // Each stream has sent its window, and all of them the connection's.
    let all = Dictionary(uniqueKeysWithValues: wire.streams.map { ($0, Self.window) })
    #expect(try messageBytes(wire.toServer) == all)
    #expect(try messageBytes(wire.toClient) == all)
    let connection = wire.server.connection.snapshot()
    #expect(connection.creditOut == 0)
    for stream in wire.streams {
      let left = wire.server.connection.snapshot(of: stream)?.creditOut
      #expect(left == 0)
    }
    #expect(wire.client.takeOutbound() == nil && wire.server.takeOutbound() == nil)
    return (wire, up, down)
  }

  @Test(arguments: cases, [true, false])
  func `whoever reads gets all there is, in order, while the other direction stands`(test: Case, serverReads: Bool) throws {
    let (wire, up, down) = try exhausted(test)
    try wire.run(serverReads: serverReads, clientReads: !serverReads)
    let (read, unread) = serverReads ? (wire.atServer, wire.atClient) : (wire.atClient, wire.atServer)
    #expect(read == (serverReads ? up : down))
    // The others have a beginning: their reader took nothing, so their writer was held back.
    for (stream, sent) in serverReads ? down : up {
      let come = unread[stream, default: []]
      #expect(come.count < sent.count && come == Array(sent.prefix(come.count)))
    }
    try finish(wire, up: up, down: down)
  }

  @Test(arguments: cases) func `nobody reads, nothing moves, and then all of it comes`(test: Case) throws {
    let (wire, up, down) = try exhausted(test)
    try wire.run(serverReads: false, clientReads: false)
    for (stream, sent) in up { #expect(wire.atServer[stream, default: []].count < sent.count) }
    for (stream, sent) in down { #expect(wire.atClient[stream, default: []].count < sent.count) }
    try finish(wire, up: up, down: down)
  }

  /// Everybody reads, and the calls come to their ends.
  private func finish(_ wire: Wire, up: [UInt32: [ByteBuffer]], down: [UInt32: [ByteBuffer]]) throws {
    try wire.run(serverReads: true, clientReads: true)
    #expect(wire.atServer == up && wire.atClient == down)
    #expect(wire.lines.isEmpty)
    for stream in wire.streams { wire.client.halfClose(stream) }
    try wire.run(serverReads: true, clientReads: true)
    for stream in wire.streams {
      wire.server.sendStatus(stream, StatusFrame(code: 0))
      wire.server.handlerFinished()
    }
    try wire.run(serverReads: true, clientReads: true)
    let ends = wire.streams.map { "server: half-closed \($0)" } + wire.streams.indices.map { "client: status \($0) 0 inline -1" }
    #expect(Set(wire.lines).subtracting(["client: more calls"]) == Set(ends))
    #expect(wire.client.isIdle && wire.server.isIdle)
  }
}

import NIOCore
import Testing

@testable import LontarWire

/// A recorded conversation, cut, split and damaged everywhere.
@Suite struct RecordedSessionTests {
  /// Events of one end that hears `pieces`, and how it ended.
  struct Heard: Equatable {
    var lines: [String] = []
    var error: WireError?
    /// Of a server: part of a frame is there.
    var waits = false
    /// What the other side said last that it waits for; no event tells of it.
    var blocked: BlockedNotice?
  }

  /// Both ends take gzip and deflate, so that the compressed messages are messages.
  private static let limits: WireLimits = {
    var limits = WireLimits()
    limits.codecs = 7
    return limits
  }()

  /// - Returns: `held`: bytes that the machine has for its peer.
  private func server(reads pieces: [ByteBuffer]) -> (heard: Heard, held: Int) {
    var connection = ServerConnection(hello: .stating(goldenEnvironment), limits: Self.limits)
    var heard = Heard()
    var order = EventOrder()
    do throws(WireError) {
      for piece in pieces {
        connection.feed(piece)
        while let event = try connection.next(now: 0) {
          heard.lines.append(event.line)
          order.check(event)
        }
      }
    } catch {
      heard.error = error
    }
    heard.waits = connection.holdsPartialFrame
    heard.blocked = connection.peerBlocked
    #expect(order.fault == nil)
    return (heard, connection.heldBytes)
  }

  private func client(reads pieces: [ByteBuffer]) -> (heard: Heard, held: Int) {
    var connection = ClientConnection(hello: .stating(goldenEnvironment), limits: Self.limits)
    var heard = Heard()
    var ended: Set<Int> = []
    do throws(WireError) {
      for piece in pieces {
        connection.feed(piece)
        while let event = try connection.next() {
          heard.lines.append(event.line)
          if case .ready = event {
            for number in 1...9 where connection.canOpen {
              _ = connection.open(Call(number), openFrame(), message: nil, end: true)
            }
          }
          for id in event.endedCalls { #expect(ended.insert(id).inserted, "call \(id) ended twice") }
        }
      }
    } catch {
      heard.error = error
    }
    heard.blocked = connection.peerBlocked
    return (heard, connection.heldBytes)
  }

  private func server(hears pieces: [ByteBuffer]) -> Heard { server(reads: pieces).heard }
  private func client(hears pieces: [ByteBuffer]) -> Heard { client(reads: pieces).heard }

  // MARK: The sessions

  /// The golden frames in the order of `names`, and behind some of them others that the golden sessions leave out.
  private static func frames(_ names: [String], _ added: [String: [ByteBuffer]]) throws -> [ByteBuffer] {
    #expect(added.keys.allSatisfy { names.contains($0) })
    return try names.flatMap { [try Golden.bytes($0)] + (added[$0] ?? []) }
  }

  /// What the client says: the preface, then frame by frame. BLOCKED comes amid a message, too, and HINT from the side that has
  /// none to give.
  private static func clientFrames() throws -> [ByteBuffer] {
    let said = try frames(
      Golden.clientSession,
      [
        "open-everything": [try Golden.bytes("open-compressed")],
        "msg-continued": [try Golden.bytes("blocked-stream")],
        "msg-whole": [
          try Golden.bytes("msg-compressed").on(stream: 7, flags: 1), try Golden.bytes("hint"),
          try Golden.bytes("blocked-connection"), try Golden.bytes("blocked-calls"),
        ],
      ])
    var hello = said[0]
    let start = hello.readSlice(length: FrameDecoder.preface.count)
    let preface = try #require(start)
    return [preface, hello] + said.dropFirst()
  }

  /// What the server says to a client that has opened streams 1 to 17. Only STATUS ends a server's stream, so its message has no
  /// END.
  private static func serverFrames() throws -> [ByteBuffer] {
    try frames(
      Golden.serverSession,
      [
        "msg-continued": [try Golden.bytes("blocked-stream")],
        "max-calls": [try Golden.bytes("hint")],
        "status-inline": [try Golden.bytes("status-compressed"), try Golden.bytes("msg-compressed").on(stream: 5, flags: 0)],
        "goaway-drain": [try Golden.bytes("blocked-connection")],
      ])
  }

  private static func joined(_ frames: [ByteBuffer]) -> ByteBuffer {
    frames.reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) }
  }

  private static let heardByServer = Heard(
    lines: [
      "open 1 a.S/M inline -1", "open 3 a.S/M inline -1 end", "open 5 a.S/M inline -1", "open 7 a.S/M inline -1",
      "open 9 a.S/M inline -1", "open 11 a.S/M inline -1", "open 13 a.S/M inline 3 end", "open 15 a.S/M inline 3",
      "open 17 a.S/M inline 12 end", "message 1 28", "message 1 0", "message 5 3 end", "message 7 12 end", "cancelled 1",
      "half-closed 1", "client leaves",
    ], blocked: BlockedNotice(stream: 0, limit: .calls, offset: 100))

  private static let heardByClient = Heard(
    lines: [
      "ready 100", "head 1 2", "more calls", "hint overloaded 1500", "message 1 1 28", "message 1 1 0", "status 1 0 inline -1",
      "status 7 0 inline 3", "status 9 0 inline 12", "message 5 3 12", "go away 0 drain []", "status 8 5 inline 1", "reset 2 1",
      "reset 5 2 not processed", "go away 0 final []",
    ], blocked: BlockedNotice(stream: 0, limit: .connectionCredit, offset: 26_214_400))

  // MARK: Tests

  @Test func `the recorded sessions are understood`() throws {
    #expect(server(hears: [Self.joined(try Self.clientFrames())]) == Self.heardByServer)
    #expect(client(hears: [Self.joined(try Self.serverFrames())]) == Self.heardByClient)
  }

  @Test func `a session in two pieces says the same wherever it is split`() throws {
    let toServer = Self.joined(try Self.clientFrames())
    for at in 1..<toServer.readableBytes {
      #expect(server(hears: split(toServer, at)) == Self.heardByServer, "split at \(at)")
    }
    let toClient = Self.joined(try Self.serverFrames())
    for at in 1..<toClient.readableBytes {
      #expect(client(hears: split(toClient, at)) == Self.heardByClient, "split at \(at)")
    }
  }

  @Test func `a session in single bytes says the same`() throws {
    let toServer = Self.joined(try Self.clientFrames()).readableBytesView.map { ByteBuffer(bytes: [$0]) }
    #expect(server(hears: toServer) == Self.heardByServer)
    let toClient = Self.joined(try Self.serverFrames()).readableBytesView.map { ByteBuffer(bytes: [$0]) }
    #expect(client(hears: toClient) == Self.heardByClient)
  }

  @Test func `a session cut anywhere leaves the server waiting`() throws {
    try expectWaiting(Self.clientFrames(), waits: true) { server(reads: $0) }
  }

  @Test func `a session cut anywhere leaves the client waiting`() throws {
    try expectWaiting(Self.serverFrames(), waits: false) { client(reads: $0) }
  }

  /// Of a frame that is not whole nothing is heard, and just its bytes are held.
  private func expectWaiting(
    _ frames: [ByteBuffer], waits: Bool, _ read: ([ByteBuffer]) -> (heard: Heard, held: Int)
  ) throws {
    let session = Self.joined(frames)
    var begin = 0
    for frame in frames {
      let before = read([try #require(session.getSlice(at: 0, length: begin))])
      for part in 0..<frame.readableBytes {
        let cut = read([try #require(session.getSlice(at: 0, length: begin + part))])
        #expect(cut.heard.error == nil)
        #expect(cut.heard.lines == before.heard.lines, "cut at \(begin + part)")
        #expect(cut.heard.waits == (waits && part > 0), "cut at \(begin + part)")
        #expect(cut.held == before.held + part, "cut at \(begin + part)")
      }
      begin += frame.readableBytes
    }
  }

  /// It never traps, and what it says is in order (`server` and `client` check that), or it ends with an error.
  @Test func `any one bit may be wrong`() throws {
    let (clientFrames, serverFrames) = (try Self.clientFrames(), try Self.serverFrames())
    let (toServer, toClient) = (Self.joined(clientFrames), Self.joined(serverFrames))
    var refused = 0
    for bit in 0..<(toServer.readableBytes * 8) {
      if server(hears: [flip(toServer, bit)]).error != nil { refused += 1 }
    }
    // Every bit of preface (64) counts; so do most bits of the headers.
    #expect(refused > 64 + (clientFrames.count - 1) * 40)
    refused = 0
    for bit in 0..<(toClient.readableBytes * 8) {
      if client(hears: [flip(toClient, bit)]).error != nil { refused += 1 }
    }
    #expect(refused > serverFrames.count * 40)
  }

  private func split(_ bytes: ByteBuffer, _ at: Int) -> [ByteBuffer] {
    [bytes.getSlice(at: 0, length: at)!, bytes.getSlice(at: at, length: bytes.readableBytes - at)!]
  }

  private func flip(_ bytes: ByteBuffer, _ bit: Int) -> ByteBuffer {
    var copy = bytes
    copy.setInteger(bytes.getInteger(at: bit / 8, as: UInt8.self)! ^ (1 << (bit % 8)), at: bit / 8)
    return copy
  }
}

extension ByteBuffer {
  /// A golden frame where the session needs it: on another stream, with other flags.
  fileprivate func on(stream: UInt32, flags: UInt8) -> ByteBuffer {
    var copy = self
    copy.setInteger(stream, at: 4)
    copy.setInteger(flags, at: 8)
    return copy
  }
}

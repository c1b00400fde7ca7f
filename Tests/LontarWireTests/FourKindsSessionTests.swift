import NIOCore
import Testing

@testable import LontarWire

/// A conversation with a call of each kind through windows that force CREDIT and fragments, recorded as it happens, then cut, split and
/// damaged everywhere.
@Suite struct FourKindsSessionTests {
  /// What one end hears of recorded bytes.
  struct Heard: Equatable {
    var lines: [String] = []
    var error: WireError?
  }

  private static let limits: WireLimits = {
    var limits = WireLimits()
    limits.framePayloadBytesMax = 1_024
    limits.streamWindowBytes = 1_024
    limits.callsMax = 8
    return limits
  }()

  /// A client with a unary call (1), a stream of answers (3), a stream of requests (5) and both (7).
  private struct Caller: ~Copyable {
    var connection = ClientConnection(hello: .stating(goldenEnvironment), limits: FourKindsSessionTests.limits)
    var heard = Heard()
    private var ended: Set<Int> = []

    mutating func hear(_ bytes: ByteBuffer) {
      connection.feed(bytes)
      do throws(WireError) {
        while let event = try connection.next() {
          heard.lines.append(event.line)
          for id in event.endedCalls { #expect(ended.insert(id).inserted, "call \(id) ended twice") }
          try act(on: event)
        }
      } catch {
        heard.error = error
        connection.fail(error)
      }
    }

    private mutating func act(on event: ClientConnection.Event) throws(WireError) {
      switch event {
      case .ready:
        guard connection.canOpen else { return }
        _ = connection.open(Call(1), openFrame("a.S/Unary"), message: WireMessage(ByteBuffer(count: 100)), end: true)
        _ = connection.open(Call(2), openFrame("a.S/Answers"), message: WireMessage(ByteBuffer(count: 10)), end: true)
        _ = connection.open(Call(3), openFrame("a.S/Requests"), message: nil, end: false)
        _ = connection.open(Call(4), openFrame("a.S/Both"), message: nil, end: false)
        for _ in 0..<2 { _ = connection.sendMessage(5, WireMessage(ByteBuffer(count: 530))) }
        connection.halfClose(5)
        _ = connection.sendMessage(7, WireMessage(ByteBuffer(count: 1_100)))
        try connection.ping(7)
      case .message(7, _, _):
        connection.messagesTaken(7)
        _ = connection.sendMessage(7, WireMessage(ByteBuffer()), end: true)
      case .message(let stream, _, _): connection.messagesTaken(stream)
      default: break
      }
    }
  }

  private struct Answerer: ~Copyable {
    var connection = ServerConnection(hello: .stating(goldenEnvironment), limits: FourKindsSessionTests.limits)
    var heard = Heard()
    private var order = EventOrder()

    mutating func hear(_ bytes: ByteBuffer) {
      connection.feed(bytes)
      do throws(WireError) {
        while let event = try connection.next(now: 0) {
          heard.lines.append(event.line)
          order.check(event)
          act(on: event)
        }
      } catch {
        heard.error = error
        connection.fail(error)
      }
      #expect(order.fault == nil)
    }

    private mutating func act(on event: ServerConnection.Event) {
      switch event {
      case .open(1, _, _, _):
        connection.sendHead(1, FourKindsSessionTests.metadata)
        end(1, message: WireMessage(ByteBuffer(count: 50)))
      case .open(3, _, _, _):
        for _ in 0..<3 { _ = connection.sendMessage(3, WireMessage(ByteBuffer(count: 400))) }
        end(3, metadata: FourKindsSessionTests.metadata)
      case .message(7, _, let message, true):
        connection.messagesTaken(7)
        _ = message
        end(7)
      case .message(7, _, let message, false):
        connection.messagesTaken(7)
        _ = connection.sendMessage(7, message)
      case .message(let stream, _, _, _): connection.messagesTaken(stream)
      case .halfClosed(let stream, _):
        end(stream, message: WireMessage(ByteBuffer(count: 3)))
        connection.drain("done")
        connection.finishDrain("done")
      case .failed(let stream, _, _): end(stream, code: 13)
      default: break
      }
    }

    private mutating func end(
      _ stream: UInt32, code: UInt16 = 0, message: WireMessage? = nil, metadata: MetadataBlock = .empty
    ) {
      connection.sendStatus(stream, StatusFrame(code: code, metadata: metadata), message: message)
      connection.handlerFinished()
    }
  }

  private static let metadata = try! MetadataBlock([("k", [1, 2, 3])], limits: WireLimits())

  private struct Session: Sendable {
    var toServer = ByteBuffer()
    var toClient = ByteBuffer()
    var server = Heard()
    var client = Heard()
  }

  private static let session: Session = {
    var caller = Caller()
    var answerer = Answerer()
    var session = Session()
    var quiet = false
    while !quiet {
      quiet = true
      while let bytes = caller.connection.takeOutbound() {
        quiet = false
        session.toServer.writeImmutableBuffer(bytes)
        answerer.hear(bytes)
      }
      while let bytes = answerer.connection.takeOutbound() {
        quiet = false
        session.toClient.writeImmutableBuffer(bytes)
        caller.hear(bytes)
      }
    }
    (session.server, session.client) = (answerer.heard, caller.heard)
    return session
  }()

  private static func server(hears pieces: [ByteBuffer]) -> Heard {
    var answerer = Answerer()
    for piece in pieces where answerer.heard.error == nil {
      answerer.hear(piece)
      _ = answerer.connection.takeOutbound()
    }
    return answerer.heard
  }

  private static func client(hears pieces: [ByteBuffer]) -> Heard {
    var caller = Caller()
    for piece in pieces where caller.heard.error == nil {
      caller.hear(piece)
      _ = caller.connection.takeOutbound()
    }
    return caller.heard
  }

  @Test func `calls of all four kinds are heard as they were made`() {
    let (server, client) = (Self.session.server, Self.session.client)
    #expect(server.error == nil && client.error == nil)
    #expect(
      server.lines.filter { !$0.hasPrefix("message 7") && !$0.hasPrefix("message 5") && !$0.hasPrefix("half") } == [
        "open 1 a.S/Unary inline 100 end", "open 3 a.S/Answers inline 10 end", "open 5 a.S/Requests inline -1",
        "open 7 a.S/Both inline -1",
      ])
    #expect(
      server.lines.filter { $0.contains(" 5") && !$0.hasPrefix("open") } == ["message 5 530", "message 5 530", "half-closed 5"])
    #expect(server.lines.filter { $0.hasPrefix("message 7") } == ["message 7 1100", "message 7 0 end"])
    #expect(client.lines.filter { $0.hasPrefix("message 3") } == Array(repeating: "message 3 2 400", count: 3))
    #expect(client.lines.filter { $0.hasPrefix("message 7") } == ["message 7 4 1100"])
    #expect(
      client.lines.filter { $0.hasPrefix("status") }.sorted() == [
        "status 1 0 inline 50", "status 2 0 inline -1", "status 3 0 inline 3", "status 4 0 inline -1",
      ])
    #expect(client.lines.contains("head 1 1") && client.lines.contains("pong 7"))
    // Each side had to give credit on a stream: 538 and 1,108 bytes of requests, 408 a message of answers, in a window of 1,024.
    for bytes in [Self.session.toServer, Self.session.toClient] { #expect(Self.streamCredits(bytes) > 0) }
  }

  private static func streamCredits(_ bytes: ByteBuffer) -> Int {
    var bytes = bytes
    if bytes.readableBytesView.starts(with: FrameDecoder.preface) { bytes.moveReaderIndex(forwardBy: 8) }
    var decoder = FrameDecoder(limits: limits, expectsPreface: false)
    decoder.feed(bytes)
    var count = 0
    while let frame = try? decoder.next() {
      if case .credit(let stream, _) = frame, stream > 0 { count += 1 }
    }
    return count
  }

  @Test func `the session says the same wherever it is split`() {
    for at in places(Self.session.toServer) {
      #expect(Self.server(hears: split(Self.session.toServer, at)) == Self.session.server, "split at \(at)")
    }
    for at in places(Self.session.toClient) {
      #expect(Self.client(hears: split(Self.session.toClient, at)) == Self.session.client, "split at \(at)")
    }
  }

  @Test func `the session cut anywhere is a beginning of what it says`() {
    for length in places(Self.session.toServer) {
      let heard = Self.server(hears: [Self.session.toServer.getSlice(at: 0, length: length)!])
      #expect(heard.error == nil && heard.lines == Array(Self.session.server.lines.prefix(heard.lines.count)), "cut at \(length)")
    }
    for length in places(Self.session.toClient) {
      let heard = Self.client(hears: [Self.session.toClient.getSlice(at: 0, length: length)!])
      #expect(heard.error == nil && heard.lines == Array(Self.session.client.lines.prefix(heard.lines.count)), "cut at \(length)")
    }
  }

  /// It ends with an error, or goes on in an order that `EventOrder` and the client's count of ends allow.
  @Test func `any one bit of what the client says may be wrong`() {
    var refused = 0
    for bit in places(Self.session.toServer).flatMap({ $0 * 8..<$0 * 8 + 8 }) {
      if Self.server(hears: [flip(Self.session.toServer, bit)]).error != nil { refused += 1 }
    }
    // Every bit of the preface, and of each of 4 OPENs and 7 further frames the 16 zeros, the codec and most flags.
    #expect(refused > 64 + 11 * 24)
  }

  @Test func `any one bit of what the server says may be wrong`() {
    var refused = 0
    for bit in places(Self.session.toClient).flatMap({ $0 * 8..<$0 * 8 + 8 }) {
      if Self.client(hears: [flip(Self.session.toClient, bit)]).error != nil { refused += 1 }
    }
    #expect(refused > 12 * 24)
  }

  /// Every byte, but of the filling of messages, where all bytes mean the same, only one in 16.
  private func places(_ bytes: ByteBuffer) -> [Int] {
    let view = Array(bytes.readableBytesView)
    return view.indices.dropFirst().filter { at in
      let isFilling = at + 1 < view.count && view[at - 1] == 0x5A && view[at] == 0x5A && view[at + 1] == 0x5A
      return !isFilling || at.isMultiple(of: 16)
    }
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

import NIOCore
import Testing

@testable import LontarWire

/// A recorded conversation, cut, split and damaged everywhere.
@Suite struct RecordedSessionTests {
  /// Events of a server that hears `pieces`, and how it ended.
  struct Heard: Equatable {
    var lines: [String] = []
    var error: WireError?
    var waits = false
  }

  private func server(hears pieces: [ByteBuffer]) -> Heard {
    var connection = ServerConnection(hello: .stating(goldenEnvironment), limits: WireLimits())
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
    #expect(order.fault == nil)
    return heard
  }

  private func client(hears pieces: [ByteBuffer]) -> Heard {
    var connection = ClientConnection(hello: .stating(goldenEnvironment), limits: WireLimits())
    var heard = Heard()
    var ended: Set<Int> = []
    do throws(WireError) {
      for piece in pieces {
        connection.feed(piece)
        while let event = try connection.next() {
          heard.lines.append(event.line)
          if case .ready = event {
            for number in 1...8 where connection.canOpen {
              _ = connection.open(Call(number), openFrame(), message: nil, end: true)
            }
          }
          for id in event.endedCalls { #expect(ended.insert(id).inserted, "call \(id) ended twice") }
        }
      }
    } catch {
      heard.error = error
    }
    return heard
  }

  private static let clientLines = [
    "open 1 a.S/M inline -1", "open 3 a.S/M inline -1 end", "open 5 a.S/M inline -1", "open 7 a.S/M inline -1",
    "open 9 a.S/M inline -1", "open 11 a.S/M inline -1", "open 13 a.S/M inline 3 end", "open 15 a.S/M inline 3",
    "message 1 28", "message 1 0", "message 5 3 end", "cancelled 1", "half-closed 1", "client leaves",
  ]

  private static let serverLines = [
    "ready 100", "head 1 2", "more calls", "message 1 1 28", "message 1 1 0", "status 1 0 inline -1", "status 7 0 inline 3",
    "go away 0 drain []", "status 8 5 inline 1", "reset 2 1", "reset 5 2 not processed", "go away 0 final []",
  ]

  @Test func `the recorded sessions are understood`() throws {
    #expect(server(hears: [try Golden.session(Golden.clientSession)]) == Heard(lines: Self.clientLines))
    #expect(client(hears: [try Golden.session(Golden.serverSession)]) == Heard(lines: Self.serverLines))
  }

  @Test func `a session in two pieces says the same wherever it is split`() throws {
    let toServer = try Golden.session(Golden.clientSession)
    for at in 1..<toServer.readableBytes {
      #expect(server(hears: split(toServer, at)) == Heard(lines: Self.clientLines), "split at \(at)")
    }
    let toClient = try Golden.session(Golden.serverSession)
    for at in 1..<toClient.readableBytes {
      #expect(client(hears: split(toClient, at)) == Heard(lines: Self.serverLines), "split at \(at)")
    }
  }

  @Test func `a session in single bytes says the same`() throws {
    let toServer = try Golden.session(Golden.clientSession).readableBytesView.map { ByteBuffer(bytes: [$0]) }
    #expect(server(hears: toServer) == Heard(lines: Self.clientLines))
    let toClient = try Golden.session(Golden.serverSession).readableBytesView.map { ByteBuffer(bytes: [$0]) }
    #expect(client(hears: toClient) == Heard(lines: Self.serverLines))
  }

  @Test func `a session cut anywhere leaves the reader waiting`() throws {
    let session = try Golden.session(Golden.clientSession)
    var ends: Set<Int> = [0, 8]
    for count in 1...Golden.clientSession.count {
      ends.insert(try Golden.session(Array(Golden.clientSession.prefix(count))).readableBytes)
    }
    for length in 0..<session.readableBytes {
      let heard = server(hears: [try #require(session.getSlice(at: 0, length: length))])
      #expect(heard.error == nil)
      #expect(heard.lines == Array(Self.clientLines.prefix(heard.lines.count)))
      #expect(heard.waits == !ends.contains(length), "cut at \(length)")
    }
  }

  /// It never traps, and what it says is in order (`server` and `client` check that), or it ends with an error.
  @Test func `any one bit may be wrong`() throws {
    let toServer = try Golden.session(Golden.clientSession)
    let toClient = try Golden.session(Golden.serverSession)
    var refused = 0
    for bit in 0..<(toServer.readableBytes * 8) {
      if server(hears: [flip(toServer, bit)]).error != nil { refused += 1 }
    }
    // Every bit of preface (64) counts; so do most bits of the 21 headers.
    #expect(refused > 64 + 21 * 40)
    refused = 0
    for bit in 0..<(toClient.readableBytes * 8) {
      if client(hears: [flip(toClient, bit)]).error != nil { refused += 1 }
    }
    #expect(refused > 18 * 40)
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

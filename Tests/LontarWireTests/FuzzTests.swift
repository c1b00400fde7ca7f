import NIOCore
import Testing

@testable import LontarWire

/// Damaged and invented frames by the hundred thousand. Nothing may trap, no rule of `EventOrder` may break, and what is kept stays small.
@Suite struct FuzzTests {
  private static let inputs = 200_000

  /// Frames of every type, some right, to start from.
  private static let seeds: [[UInt8]] = try!
    (Golden.names.filter { $0 != "hello-client" }.map { Array(try Golden.bytes($0).readableBytesView) })

  @Test(arguments: [UInt64(1), 2]) func `a server survives damaged frames`(seed: UInt64) throws {
    var random = Seeded(seed)
    var end = try openServer()
    var order = EventOrder()
    var faults: [ConnectionErrorCode: Int] = [:]
    for number in 0..<(Self.inputs / 4) {
      end.connection.feed(Self.input(&random))
      do throws(WireError) {
        while let event = try end.connection.next(now: UInt64(number) * 1_000_000) {
          order.check(event)
          Self.answer(event, &end.connection, &random)
        }
        if number % 8 == 0 { _ = end.connection.takeOutbound() }
      } catch {
        faults[error.code, default: 0] += 1
        end.connection.fail(error)
        let last = end.connection.takeOutbound()
        #expect(last != nil)
        end = try openServer()
        order = EventOrder()
      }
      if let fault = order.fault {
        Issue.record("\(fault); seed \(seed), input \(number)")
        return
      }
    }
    // The damage reaches every kind of check that single frames can break.
    for code: ConnectionErrorCode in [.protocolError, .frameTooLarge] { #expect(faults[code, default: 0] > 500) }
  }

  @Test(arguments: [UInt64(3), 4]) func `a client survives damaged frames`(seed: UInt64) throws {
    var random = Seeded(seed)
    var end = try openClient()
    var faults = 0
    var ended: Set<Int> = []
    var opened = 0
    for number in 0..<(Self.inputs / 4) {
      if end.connection.canOpen, end.connection.runningStreams < 8 {
        opened += 1
        _ = end.connection.open(Call(opened), openFrame(), message: nil, end: Bool.random(using: &random))
      }
      end.connection.feed(Self.input(&random))
      do throws(WireError) {
        while let event = try end.connection.next() {
          for id in event.endedCalls where !ended.insert(id).inserted {
            Issue.record("call \(id) ended twice; seed \(seed), input \(number)")
            return
          }
        }
        if number % 8 == 0 { _ = end.connection.takeOutbound() }
      } catch {
        faults += 1
        end.connection.fail(error)
        for case let call as Call in end.connection.abandon() where !ended.insert(call.id).inserted {
          Issue.record("call \(call.id) was given up after its end; seed \(seed), input \(number)")
          return
        }
        end = try openClient()
      }
    }
    #expect(faults > 0)
    #expect(ended.count > 100)
  }

  @Test(arguments: [UInt64(5)]) func `a decoder survives random bytes`(seed: UInt64) {
    var random = Seeded(seed)
    var failed = 0
    for _ in 0..<20_000 {
      var decoder = FrameDecoder(limits: WireLimits(), expectsPreface: false)
      // Random words with a small length and a plausible type get past the first checks now and then.
      var bytes = (0..<Int.random(in: 0..<80, using: &random)).map { _ in UInt8.random(in: .min ... .max, using: &random) }
      if bytes.count > 12, Bool.random(using: &random) {
        bytes.replaceSubrange(0..<5, with: [0, 0, UInt8(bytes.count - 12), UInt8.random(in: 1...12, using: &random), 0])
        bytes.replaceSubrange(9..<12, with: [0, 0, 0])
      }
      decoder.feed(ByteBuffer(bytes: bytes))
      do throws(WireError) {
        while try decoder.next() != nil {}
      } catch {
        failed += 1
      }
    }
    #expect(failed > 10_000)
  }

  /// What an upper layer may do when it hears of something.
  private static func answer(_ event: ServerConnection.Event, _ connection: inout ServerConnection, _ random: inout Seeded) {
    switch event {
    case .open(let stream, _, _, _), .message(let stream, _, _, _), .halfClosed(let stream, _):
      switch Int.random(in: 0..<6, using: &random) {
      case 0: connection.sendStatus(stream, StatusFrame(code: 0), message: WireMessage(ByteBuffer(count: 5)))
      case 1: _ = connection.sendMessage(stream, WireMessage(ByteBuffer(count: 30)))
      case 2: connection.messagesTaken(stream)
      case 3: connection.handlerFinished()
      default: break
      }
    case .failed(let stream, _, let fault): connection.sendStatus(stream, StatusFrame(code: 13, message: fault.reason))
    case .cancelled: connection.handlerFinished()
    case .pong, .clientLeaves: break
    }
  }

  /// A right frame on some stream, then up to three changes.
  private static func input(_ random: inout Seeded) -> ByteBuffer {
    var bytes = seeds.randomElement(using: &random)!
    if Int.random(in: 0..<4, using: &random) > 0, bytes[7] != 0 {
      bytes[7] = UInt8.random(in: 0..<128, using: &random) * 2 + 1
      bytes[6] = bytes[3] == 2 ? UInt8.random(in: 0..<8, using: &random) : 0
    }
    for _ in 0..<max(0, Int.random(in: -4..<4, using: &random)) {
      let at = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 1: bytes[at] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random)!
      case 2: bytes.insert(UInt8.random(in: .min ... .max, using: &random), at: at)
      case 3 where bytes.count > 13: bytes.remove(at: at)
      default: bytes[8] = UInt8.random(in: .min ... .max, using: &random) & 0x97
      }
    }
    // Half of the changed lengths are put right again, so that the damage reaches the payload.
    if bytes.count >= 12, Bool.random(using: &random) {
      bytes.replaceSubrange(0..<3, with: [0, UInt8((bytes.count - 12) >> 8), UInt8((bytes.count - 12) & 0xFF)])
    }
    return ByteBuffer(bytes: bytes)
  }
}

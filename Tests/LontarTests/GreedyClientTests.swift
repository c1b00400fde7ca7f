internal import Foundation
internal import Lontar
internal import LontarTesting
internal import LontarWire
internal import NIOCore
internal import Testing

/// Clients that keep to the letter of the protocol and hold on to what they have: places, bytes, connections.
@Suite(.timeLimit(.minutes(3))) struct GreedyClientTests {
  private static let unary = "lontar.testing.v1.Echo/Unary"
  private static let stream = "lontar.testing.v1.Echo/ServerStream"

  /// EchoRequest with response_bytes (field 2) and one response (field 3), both as varints.
  private static func asking(for bytes: UInt32) -> [UInt8] {
    var varint: [UInt8] = []
    var rest = bytes
    while rest > 127 {
      varint.append(UInt8(rest & 127) | 128)
      rest >>= 7
    }
    return [0x10] + varint + [UInt8(rest), 0x18, 1]
  }

  /// The server has one place. The client takes an answer's first 1,024 bytes and gives no credit for the rest; what it says of a
  /// deadline, or the server's longest, frees the place.
  @Test(arguments: [(unary, UInt64(500_000_000)), (unary, nil), (stream, 500_000_000), (stream, nil)] as [(String, UInt64?)])
  func `an answer without credit ends at the deadline, and its place is free again`(method: String, timeout: UInt64?) async throws
  {
    let echo = try await EchoServer.start(callsMax: 1, adjust: { $0.limits.callTimeoutSecondsMax = timeout == nil ? 1 : 300 })
    let raw = try await RawClient.secure(to: echo)
    let open = RawFrames.open(1, method, nanoseconds: timeout, message: Self.asking(for: 100_000))
    await raw.send(RawFrames.greeting(streamCredit: 1_024) + open)
    let frames = try await raw.frames { if case .maxCalls(2) = $0 { true } else { false } }
    #expect(frames.contains { if case .message(1, let bytes, _, true, _) = $0 { bytes.readableBytes == 1_024 } else { false } })
    #expect(frames.contains { if case .reset(1, 1, _, false) = $0 { true } else { false } }, "RESET with deadlineExceeded")
    #expect(!frames.contains { if case .status(_, _, _, _) = $0 { true } else { false } })
    // The place is there for a call that wants less.
    await raw.send(RawFrames.open(3, Self.unary, message: Self.asking(for: 10)))
    let answer = try await raw.frames { if case .status(3, _, _, _) = $0 { true } else { false } }
    #expect(answer.contains { if case .status(3, let status, _, _) = $0 { status.code == 0 } else { false } })
    await raw.close()
    await echo.stop()
  }

  /// 100 answers of 1 MB without credit: other connections are served all the while, and afterwards nothing is left of them.
  @Test func `a hundred answers without credit hold no other client up and end at their deadlines`() async throws {
    let records = Signals<StatusCode>()
    let echo = try await EchoServer.start(
      onCall: { records.send($0.code) }, adjust: { $0.limits.callTimeoutSecondsMax = 2 })
    let raw = try await RawClient.secure(to: echo)
    let opens = (0..<100).flatMap { RawFrames.open(UInt32($0) * 2 + 1, Self.unary, message: Self.asking(for: 1_000_000)) }
    await raw.send(RawFrames.greeting(streamCredit: 1_024) + opens)
    #expect(await records.next(100) == Array(repeating: .ok, count: 100))
    let client = try echo.client()
    #expect(try await EchoClient(client).isServed())
    var resets = 0
    while resets < 100 {
      _ = try await raw.frames { if case .reset(_, 1, _, false) = $0 { true } else { false } }
      resets += 1
    }
    #expect(try await EchoClient(client).isServed())
    await raw.close()
    await echo.stop(client)
  }

  /// It sends and never reads its socket: what the server holds for it is bounded, and other clients do not notice.
  @Test func `a client that does not read its socket is let go, and no other is held up`() async throws {
    let errors = Signals<ConnectionErrorCode?>()
    let echo = try await EchoServer.start(
      onConnectionError: { _, error in errors.send((error as? WireError)?.code) },
      adjust: { ($0.limits.keepaliveSeconds, $0.limits.keepaliveTimeoutSeconds) = (1, 1) })
    let raw = try await RawClient.secure(to: echo)
    await raw.send(RawFrames.greeting())
    _ = try await raw.frames { if case .hello(_) = $0 { true } else { false } }
    try await raw.stopReading()
    await raw.send((0..<100).flatMap { RawFrames.open(UInt32($0) * 2 + 1, Self.stream, message: Self.asking(for: 250_000)) })
    let client = try echo.client()
    #expect(try await EchoClient(client).isServed())
    #expect(await errors.next() == .timeout)
    #expect(try await EchoClient(client).isServed())
    await raw.close()
    await echo.stop(client)
  }

  /// Frames on calls that are over are read past and answered by nothing.
  @Test func `frames for finished calls cost no more than reading them`() async throws {
    let echo = try await EchoServer.start()
    let raw = try await RawClient.secure(to: echo)
    await raw.send(RawFrames.greeting() + RawFrames.open(1, Self.unary, message: []))
    _ = try await raw.frames { if case .status(1, _, _, _) = $0 { true } else { false } }
    let empty = RawFrames.frame(0x04, 1, flags: 1, [])
    let stale = RawFrames.frame(0x07, 1, RawFrames.number(5))
    await raw.send((0..<20_000).flatMap { _ in empty + stale } + RawFrames.open(3, Self.unary, message: []))
    let frames = try await raw.frames { if case .status(3, _, _, _) = $0 { true } else { false } }
    #expect(frames.count == 1)
    await raw.close()
    await echo.stop()
  }
}

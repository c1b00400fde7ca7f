internal import Lontar
internal import LontarTesting
internal import LontarWire
internal import NIOCore
internal import Testing

/// More message bytes than the connection's credit, over TLS. With one call the connection has what its stream has, 262,144 bytes,
/// and gives them back as it reads: only a frame that is longer than they are can overrun it, so this server takes such frames.
@Suite(.timeLimit(.minutes(3))) struct CreditOverrunTests {
  private static let window = 262_144
  private static let stream = "lontar.testing.v1.Echo/ClientStream"

  struct Overrun: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
  }

  /// MSG with so many message bytes, of which the first eight are its lengths.
  private static func message(_ bytes: Int) -> [UInt8] {
    let length = [UInt8](RawFrames.number(UInt64(bytes - 8)).suffix(4))
    return RawFrames.frame(0x04, 1, length + length + [UInt8](repeating: 0, count: bytes - 8))
  }

  static let overruns: [Overrun] = [
    Overrun(testDescription: "a message", bytes: RawFrames.open(1, stream, end: false) + message(window + 1)),
    Overrun(
      testDescription: "an inline message",
      bytes: RawFrames.open(1, stream, message: [UInt8](repeating: 0, count: window + 1), end: false)),
  ]

  private static func attack(_ body: (RawClient) async throws -> Void) async throws -> [ConnectionErrorCode] {
    try await Attacked.server(callsMax: 1, adjust: { $0.limits.framePayloadBytesMax = 300_000 }) { echo async throws in
      let raw = try await RawClient.greeted(by: echo)
      try await body(raw)
      #expect(try await raw.goAway().code == .flowControl)
      _ = try await raw.ended()
    }
  }

  @Test(arguments: overruns)
  func `a byte over the connection's credit is answered by GOAWAY`(overrun: Overrun) async throws {
    let codes = try await Self.attack { raw async throws in await raw.send(overrun.bytes) }
    #expect(codes == [.flowControl])
  }

  /// The call is over, so no stream's credit is in the way: a whole window is read past and given back, a byte more is too much.
  @Test func `bytes for a finished call are borne up to the connection's credit`() async throws {
    let codes = try await Self.attack { raw async throws in
      await raw.send(RawFrames.open(1, "a.S/M", end: false))
      _ = try await raw.frames { if case .status(1, _, _, _) = $0 { true } else { false } }
      await raw.send(Self.message(Self.window))
      let offset = UInt64(2 * Self.window)
      _ = try await raw.frames { if case .credit(0, offset) = $0 { true } else { false } }
      await raw.send(Self.message(Self.window + 1))
    }
    #expect(codes == [.flowControl])
  }
}

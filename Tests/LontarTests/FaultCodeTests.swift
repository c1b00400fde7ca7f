internal import Lontar
internal import LontarTesting
internal import LontarWire
internal import NIOCore
internal import Testing

/// What a server answers to each fault of a stream: the code of its STATUS, read from the bytes that come. The codes that the
/// machines name for the same faults, and those of RESET and GOAWAY, are in LontarWireTests.
@Suite(.timeLimit(.minutes(3))) struct FaultCodeTests {
  private struct Fault: Sendable {
    let name: String
    let code: StatusCode
    /// All that the client says on one stream.
    let says: @Sendable (_ stream: UInt32) -> [UInt8]

    init(_ name: String, _ code: StatusCode, _ says: @escaping @Sendable (_ stream: UInt32) -> [UInt8]) {
      (self.name, self.code, self.says) = (name, code, says)
    }
  }

  /// A call whose handler answers nothing by itself.
  private static func begin(_ stream: UInt32) -> [UInt8] { RawFrames.open(stream, "a.S/M", end: false) }

  private static let unary = "lontar.testing.v1.Echo/Unary"

  private static func word(_ value: Int) -> [UInt8] { [UInt8](RawFrames.number(UInt64(value)).suffix(4)) }

  /// MSG with two lengths and so many bytes.
  private static func message(
    _ stream: UInt32, _ length: Int, plain: Int? = nil, bytes: Int, flags: UInt8 = 0, codec: UInt8 = 0
  ) -> [UInt8] {
    let payload = word(length) + word(plain ?? length) + [UInt8](repeating: 0, count: bytes)
    return RawFrames.frame(0x04, stream, flags: flags, codec: codec, payload)
  }

  /// MSG without lengths: a further piece, or what is wrong by itself.
  private static func piece(_ stream: UInt32, _ bytes: Int, flags: UInt8 = 0, codec: UInt8 = 0) -> [UInt8] {
    RawFrames.frame(0x04, stream, flags: flags, codec: codec, [UInt8](repeating: 0, count: bytes))
  }

  /// The greatest message is 10,000 bytes.
  private static let malformed: [Fault] = [
    Fault("MSG of nothing", .internalError) { begin($0) + piece($0, 0) },
    Fault("MORE with END", .internalError) { begin($0) + message($0, 5, bytes: 2, flags: 3) },
    Fault("lengths cut off", .internalError) { begin($0) + piece($0, 7) },
    Fault("two lengths without a codec", .internalError) { begin($0) + message($0, 3, plain: 4, bytes: 3) },
    Fault("too few bytes", .internalError) { begin($0) + message($0, 3, bytes: 2) },
    Fault("too many bytes", .internalError) { begin($0) + message($0, 3, bytes: 4) },
    Fault("MORE on a whole message", .internalError) { begin($0) + message($0, 3, bytes: 3, flags: 2) },
    Fault("a further piece too long", .internalError) { begin($0) + message($0, 5, bytes: 2, flags: 2) + piece($0, 4) },
    Fault("another codec amid a message", .internalError) {
      begin($0) + message($0, 5, bytes: 2, flags: 2) + piece($0, 3, codec: 1)
    },
    Fault("a half-close amid a message", .internalError) {
      begin($0) + message($0, 5, bytes: 2, flags: 2) + piece($0, 0, flags: 1)
    },
    Fault("a half-close with a codec", .internalError) { begin($0) + piece($0, 0, flags: 1, codec: 1) },
    Fault("a message behind the half-close", .internalError) { begin($0) + piece($0, 0, flags: 1) + message($0, 0, bytes: 0) },
    Fault("an inline message whose length is cut off", .internalError) {
      RawFrames.open($0, unary, message: [0, 0, 0], codec: 1)
    },
    Fault("27 messages of 10,000 bytes that nobody takes", .internalError) { stream in
      (0..<27).reduce(into: begin(stream)) { said, _ in said += message(stream, 9_992, bytes: 9_992) }
    },
  ]

  private static let others: [Fault] = [
    Fault("longer than the limit", .resourceExhausted) { begin($0) + message($0, 10_001, bytes: 1, flags: 2) },
    Fault("the greatest length", .resourceExhausted) { begin($0) + message($0, Int(UInt32.max), bytes: 1, flags: 2) },
    Fault("longer than the limit without its codec", .resourceExhausted) {
      begin($0) + message($0, 5_000, plain: 10_001, bytes: 1, flags: 2, codec: 1)
    },
    Fault("more than a hundredfold without its codec", .resourceExhausted) {
      begin($0) + message($0, 10, plain: 1_001, bytes: 10, codec: 1)
    },
    Fault("longer than the limit, inline", .resourceExhausted) {
      RawFrames.open($0, unary, message: [UInt8](repeating: 0, count: 10_001))
    },
    Fault("a codec that is none", .unimplemented) { begin($0) + message($0, 3, bytes: 3, codec: 4) },
    Fault("a codec that is none, inline", .unimplemented) { RawFrames.open($0, unary, message: [1, 2, 3], codec: 0xC8) },
    Fault("a method that there is not", .unimplemented) { RawFrames.open($0, "a.S/No", message: []) },
    Fault("no request for a call with one", .unimplemented) { RawFrames.open($0, unary) },
    Fault("two requests for a call with one", .unimplemented) {
      RawFrames.open($0, unary, end: false) + RawFrames.message($0, []) + RawFrames.message($0, [], end: true)
    },
    Fault("a request that is no protobuf", .internalError) { RawFrames.open($0, unary, message: [0x0A, 0x05]) },
    Fault("a request that is no gzip", .internalError) { RawFrames.open($0, unary, message: [0, 0, 0, 10, 1, 2, 3], codec: 1) },
    Fault("a deadline that has passed", .deadlineExceeded) { RawFrames.open($0, unary, nanoseconds: 0, message: []) },
  ]

  /// All on one connection: none of these may end it.
  @Test func `each fault of a stream is answered by its code, and the connection lives`() async throws {
    let register = { @Sendable (router: inout Router) in
      router.register(EchoService())
      router.clientStreaming(Method<EchoRequest, EchoResponse>(service: "a.S", name: "M", kind: .clientStreaming)) { _, _ in
        try await waitForCancellation()
        return EchoResponse()
      }
    }
    let adjust = { @Sendable (server: inout ServerConfiguration) in server.limits.messageBytesMax = 10_000 }
    let codes = try await Attacked.server(register: register, adjust: adjust) { echo async throws in
      let raw = try await RawClient.greeted(by: echo)
      for (number, fault) in (Self.malformed + Self.others).enumerated() {
        let stream = UInt32(number * 2 + 1)
        await raw.send(fault.says(stream))
        #expect(try await Self.status(of: stream, raw) == fault.code, "\(fault.name)")
      }
      let last = UInt32((Self.malformed + Self.others).count * 2 + 1)
      await raw.send(RawFrames.open(last, Self.unary, message: []))
      #expect(try await Self.status(of: last, raw) == .ok)
      await raw.close()
    }
    #expect(codes.isEmpty)
  }

  /// A stream ends by STATUS: RESET and GOAWAY are for other faults.
  private static func status(of stream: UInt32, _ raw: RawClient) async throws -> StatusCode? {
    let frames = try await raw.frames { if case .status(stream, _, _, _) = $0 { true } else { false } }
    for frame in frames {
      switch frame {
      case .reset, .goAway: Issue.record("\(frame) came for stream \(stream)")
      default: break
      }
    }
    guard case .status(_, let status, _, _)? = frames.last else { return nil }
    return StatusCode(rawValue: status.code)
  }
}

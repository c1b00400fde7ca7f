internal import Foundation
internal import Lontar
internal import LontarCompression
internal import LontarTesting
internal import LontarWire
internal import NIOCore
internal import Testing

/// Compressed messages: gRPC's compression probes, both sides' choices, and bombs.
///
/// gRPC's probes send zeros, which shrink more than a hundredfold and so go as they are here (PROTOCOL.md, section 4). These send text.
@Suite(.timeLimit(.minutes(3))) struct CompressionTests {
  private static func text(_ bytes: Int) -> Data {
    var text = Data()
    var number = 1
    while text.count < bytes {
      number = number * 48_271 % 2_147_483_647
      text.append(contentsOf: "kota \(number % 10_000) nilai \(number % 500); ".utf8)
    }
    return text.prefix(bytes)
  }

  private static func options(_ codec: MessageCodec?) -> CallOptions {
    var options = CallOptions()
    options.compression = codec
    return options
  }

  private static func probe(_ bytes: Int, expects: Bool = true, answer: MessageCodec? = nil) -> EchoRequest {
    EchoRequest {
      $0.payload = text(bytes)
      $0.expectCompressed = expects
      $0.responseCodec = UInt32(answer?.rawValue ?? 0)
      $0.responseCount = 1
    }
  }

  /// Of a full TLS record, and the smallest.
  private static let frameLimits = [16_372, 1_024]

  @Test(arguments: MessageCodec.allCases, frameLimits)
  func `client_compressed_unary`(codec: MessageCodec, frames: Int) async throws {
    try await EchoServer.with(adjust: { $0.limits.framePayloadBytesMax = frames }) { _, client async throws in
      let echo = EchoClient(client)
      #expect(await RPCError.of { try await echo.unary(Self.probe(271_828)) }?.code == .invalidArgument, "the probe")
      #expect(try await echo.unary(Self.probe(271_828), options: Self.options(codec)).payload == Self.text(271_828))
      #expect(try await echo.unary(Self.probe(271_828, expects: false)).payload == Self.text(271_828))
    }
  }

  @Test(arguments: MessageCodec.allCases, [100, 10_000, 314_159])
  func `server_compressed_unary`(codec: MessageCodec, bytes: Int) async throws {
    try await EchoServer.with { server, _ async throws in
      for frames in Self.frameLimits {
        let client = try server.client { $0.options.framePayloadBytesMax = frames }
        let method = Lontar_Testing_V1_Echo.unary
        let compressed = try await client.unaryResponse(method, Self.probe(bytes, expects: false, answer: codec))
        #expect(compressed.codec == codec)
        #expect(compressed.message.payload == Self.text(bytes))
        let plain = try await client.unaryResponse(method, Self.probe(bytes, expects: false))
        #expect(plain.codec == nil)
        #expect(plain.message.payload == Self.text(bytes))
        await client.shutdown()
      }
    }
  }

  @Test(arguments: MessageCodec.allCases, frameLimits)
  func `client_compressed_streaming`(codec: MessageCodec, frames: Int) async throws {
    try await EchoServer.with(adjust: { $0.limits.framePayloadBytesMax = frames }) { _, client async throws in
      let echo = EchoClient(client)
      let refused = try await echo.clientStream()
      try await refused.requests.write(Self.probe(27_182))
      #expect(await RPCError.of { try await refused.response() }?.code == .invalidArgument, "the probe")
      let call = try await echo.clientStream(options: Self.options(codec))
      try await call.requests.write(Self.probe(27_182))
      try await call.requests.write(Self.probe(45_904, expects: false), compressed: false)
      #expect(try await call.response().payload == Self.text(27_182) + Self.text(45_904))
      let mixed = try await echo.clientStream(options: Self.options(codec))
      try await mixed.requests.write(Self.probe(45_904), compressed: false)
      #expect(await RPCError.of { try await mixed.response() }?.code == .invalidArgument, "one message goes as it is")
    }
  }

  @Test(arguments: MessageCodec.allCases, frameLimits)
  func `server_compressed_streaming`(codec: MessageCodec, frames: Int) async throws {
    try await EchoServer.with { server, _ async throws in
      let client = try server.client { $0.options.framePayloadBytesMax = frames }
      let call = try await EchoClient(client).bidiStream()
      var answers = call.responses.makeAsyncIterator()
      for (bytes, answer) in [(31_415, codec), (92_653, nil)] {
        try await call.requests.write(Self.probe(bytes, expects: false, answer: answer))
        #expect(try await answers.next()?.payload == Self.text(bytes))
      }
      call.requests.finish()
      #expect(try await answers.next() == nil)
      await client.shutdown()
    }
  }

  @Test func `a side that takes no codec is sent plain messages`() async throws {
    try await EchoServer.with(adjust: { $0.limits.codecs = [] }) { echo, client async throws in
      let answer = try await EchoClient(client).unary(Self.probe(10_000, expects: false), options: Self.options(.gzip))
      #expect(answer.payload == Self.text(10_000))
    }
    try await EchoServer.with { echo, _ async throws in
      let client = try echo.client { $0.options.codecs = [.zstd] }
      let method = Lontar_Testing_V1_Echo.unary
      for (asked, came) in [(MessageCodec.gzip, nil), (.deflate, nil), (.zstd, MessageCodec.zstd)] {
        let answer = try await client.unaryResponse(method, Self.probe(10_000, expects: false, answer: asked))
        #expect(answer.codec == came)
        #expect(answer.message.payload == Self.text(10_000))
      }
      await client.shutdown()
    }
  }

  // MARK: Bombs and broken messages

  private static let gzipOfForty: [UInt8] = [
    0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x4B, 0x4C, 0x24, 0x0E, 0x00, 0x00, 0x25, 0x8A, 0x5B, 0xC9, 0x28,
    0x00,
    0x00, 0x00,
  ]

  private static func frame(_ type: UInt8, flags: UInt8, codec: UInt8, _ payload: ByteBuffer) -> ByteBuffer {
    var buffer = ByteBuffer()
    buffer.writeInteger(UInt32(payload.readableBytes) << 8 | UInt32(type))
    buffer.writeInteger(UInt32(1))
    buffer.writeMultipleIntegers(flags, codec, UInt16(0))
    buffer.writeImmutableBuffer(payload)
    return buffer
  }

  /// OPEN of Echo/Unary with a compressed message inline that says how long it is.
  private static func open(codec: UInt8, plainBytes: UInt32?, _ bytes: [UInt8]) -> ByteBuffer {
    var payload = ByteBuffer()
    OpenFrame(method: ByteBuffer(string: "lontar.testing.v1.Echo/Unary")).write(to: &payload)
    if let plainBytes { payload.writeInteger(plainBytes) }
    payload.writeBytes(bytes)
    return frame(2, flags: 5, codec: codec, payload)
  }

  private static func hello() -> ByteBuffer {
    var bytes = ByteBuffer(bytes: FrameDecoder.preface)
    bytes.writeBytes([0, 0, 8, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 4, 0, 1, 0, 1])
    return bytes
  }

  /// The status that the server gives this call; nil: it ended the connection.
  private static func status(_ open: ByteBuffer) async throws -> UInt16? {
    let echo = try await EchoServer.start()
    let raw = try await RawClient.secure(to: echo)
    await raw.send(hello())
    await raw.send(open)
    // What comes behind the call ends the connection, after the call has been answered.
    await raw.send(ByteBuffer(repeating: 0xFF, count: 12))
    let ending = try await raw.ended()
    await echo.stop()
    var decoder = FrameDecoder(limits: WireLimits(), expectsPreface: false)
    decoder.feed(ending.received)
    while let frame = try decoder.next() {
      if case .status(_, let status, _, _) = frame { return status.code }
    }
    return nil
  }

  @Test(
    arguments: [
      (1, 41, gzipOfForty, 13, "a byte fewer than it says"), (1, 39, gzipOfForty, 13, "a byte more than it says"),
      (1, 40, Array(gzipOfForty.dropLast()), 13, "cut short"), (1, 40, gzipOfForty + [0], 13, "something behind it"),
      (2, 40, gzipOfForty, 13, "another codec's"), (3, 40, gzipOfForty, 13, "another codec's"),
      (1, 2_400, gzipOfForty, 13, "just what the ratio allows, and wrong"), (1, 2_401, gzipOfForty, 8, "a byte over the ratio"),
      (1, 4_194_305, Array(repeating: 0, count: 16_000), 8, "a byte over the limit of messages"),
      (4, 40, gzipOfForty, 12, "no such codec"),
      (31, 40, gzipOfForty, 12, "no such codec"), (32, 40, gzipOfForty, 12, "no such codec"),
      (255, 40, gzipOfForty, 12, "no such codec"),
      (1, nil, [], 13, "no length"), (1, nil, [0, 0, 0], 13, "half a length"), (1, 0, [], 13, "an empty message, compressed"),
      (1, 40, gzipOfForty, 13, "forty times a is no message"),
    ] as [(UInt8, UInt32?, [UInt8], UInt16, String)])
  func `a compressed message that is not what it says ends its call and nothing else`(
    codec: UInt8, plainBytes: UInt32?, bytes: [UInt8], status: UInt16, what: String
  ) async throws {
    #expect(try await Self.status(Self.open(codec: codec, plainBytes: plainBytes, bytes)) == status, "\(what)")
  }
}

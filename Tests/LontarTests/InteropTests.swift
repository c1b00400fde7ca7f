internal import Foundation
internal import Lontar
internal import LontarTesting
internal import Synchronization
internal import Testing

/// gRPC's interoperability cases with their own sizes (doc/interop-test-descriptions.md), under their names there, once with frames of a
/// full TLS record and once with the smallest.
@Suite(.timeLimit(.minutes(3))) struct InteropTests {
  private static let frameLimits = [16_372, 1_024]

  private func with(
    frames: Int, register: (@Sendable (inout Router) -> Void)? = nil, _ body: (LontarClient) async throws -> Void
  ) async throws {
    let echo = try await EchoServer.start(register: register, adjust: { $0.limits.framePayloadBytesMax = frames })
    let client = try echo.client { $0.options.framePayloadBytesMax = frames }
    do { try await body(client) } catch {
      await echo.stop(client)
      throw error
    }
    await echo.stop(client)
  }

  private static func payload(_ bytes: Int) -> EchoRequest { EchoRequest { $0.payload = Data(count: bytes) } }

  private static func asking(_ payload: Int, for bytes: Int) -> EchoRequest {
    EchoRequest {
      $0.payload = Data(count: payload)
      $0.responseBytes = UInt32(bytes)
    }
  }

  @Test(arguments: frameLimits)
  func `empty_unary`(frames: Int) async throws {
    try await with(frames: frames) { client async throws in
      let answer = try await EchoClient(client).unary(EchoRequest())
      #expect(answer.payload.isEmpty)
    }
  }

  @Test(arguments: frameLimits)
  func `large_unary`(frames: Int) async throws {
    try await with(frames: frames) { client async throws in
      #expect(try await EchoClient(client).unary(Self.asking(271_828, for: 314_159)).payload == Data(count: 314_159))
    }
  }

  @Test(arguments: frameLimits)
  func `client_streaming`(frames: Int) async throws {
    try await with(frames: frames) { client async throws in
      let call = try await EchoClient(client).clientStream()
      for bytes in [27_182, 8, 1_828, 45_904] { try await call.requests.write(Self.payload(bytes)) }
      #expect(try await call.response().payload == Data(count: 74_922))
    }
  }

  @Test(arguments: frameLimits)
  func `server_streaming`(frames: Int) async throws {
    let sizes = [31_415, 9, 2_653, 58_979]
    try await with(
      frames: frames,
      register: { router in
        router.serverStreaming(Lontar_Testing_V1_Echo.serverStream) { _, writer, _ in
          for bytes in sizes { try await writer.write(EchoResponse { $0.payload = Data(count: bytes) }) }
        }
      }
    ) { client async throws in
      let (messages, error) = try await EchoClient(client).serverStream(EchoRequest()).collect()
      #expect(messages.map(\.payload.count) == sizes)
      #expect(error == nil)
    }
  }

  @Test(arguments: frameLimits)
  func `ping_pong`(frames: Int) async throws {
    try await with(frames: frames) { client async throws in
      let call = try await EchoClient(client).bidiStream()
      var answers = call.responses.makeAsyncIterator()
      for (request, answer) in [(27_182, 31_415), (8, 9), (1_828, 2_653), (45_904, 58_979)] {
        try await call.requests.write(Self.asking(request, for: answer))
        #expect(try await answers.next()?.payload.count == answer)
      }
      call.requests.finish()
      #expect(try await answers.next() == nil)
    }
  }

  @Test(arguments: frameLimits)
  func `empty_stream`(frames: Int) async throws {
    try await with(frames: frames) { client async throws in
      let call = try await EchoClient(client).bidiStream()
      call.requests.finish()
      let (messages, error) = await call.responses.collect()
      #expect(messages.isEmpty)
      #expect(error == nil)
    }
  }

  @Test(arguments: frameLimits)
  func `custom_metadata`(frames: Int) async throws {
    let (initial, trailing) = ("x-grpc-test-echo-initial", "x-grpc-test-echo-trailing-bin")
    let binary: [UInt8] = [0xAB, 0xAB, 0xAB]
    try await with(frames: frames, register: { $0.register(InteropService()) }) { client async throws in
      var options = CallOptions(metadata: [initial: "test_initial_metadata_value"])
      options.metadata.add(trailing, bytes: binary)
      let request = Self.asking(271_828, for: 314_159)
      let answer = try await client.unaryResponse(Lontar_Testing_V1_Echo.unary, request, options: options)
      #expect(answer.message.payload.count == 314_159)
      #expect(answer.initialMetadata[initial] == "test_initial_metadata_value")
      #expect(answer.trailingMetadata.bytes(trailing) == binary)

      let both = try await EchoClient(client).bidiStream(options: options)
      try await both.requests.write(request)
      both.requests.finish()
      #expect(try await both.responses.initialMetadata[initial] == "test_initial_metadata_value")
      let (messages, error) = await both.responses.collect()
      #expect(messages.map(\.payload.count) == [314_159])
      #expect(error == nil)
      #expect(both.responses.trailingMetadata.bytes(trailing) == binary)
    }
  }

  @Test(arguments: frameLimits)
  func `status_code_and_message`(frames: Int) async throws {
    try await with(frames: frames) { client async throws in
      let failing = EchoRequest {
        $0.failWithCode = 2
        $0.failMessage = "test status message"
      }
      let unary = await RPCError.of { try await EchoClient(client).unary(failing) }
      #expect(unary?.code == .unknown)
      #expect(unary?.message == "test status message")
      let call = try await EchoClient(client).bidiStream()
      try await call.requests.write(failing)
      let both = await call.responses.collect().error
      #expect(both?.code == .unknown)
      #expect(both?.message == "test status message")
    }
  }

  @Test(arguments: frameLimits)
  func `special_status_message`(frames: Int) async throws {
    let text = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
    try await with(frames: frames) { client async throws in
      let error = await RPCError.of {
        try await EchoClient(client).unary(
          EchoRequest {
            $0.failWithCode = 2
            $0.failMessage = text
          })
      }
      #expect(error?.message == text)
    }
  }

  @Test(arguments: ["lontar.testing.v1.Echo", "lontar.testing.v1.Nobody"], frameLimits)
  func `unimplemented_method and unimplemented_service`(service: String, frames: Int) async throws {
    try await with(frames: frames) { client async throws in
      let method = Method<EchoRequest, EchoResponse>(service: service, name: "UnimplementedCall", kind: .unary)
      #expect(await RPCError.of { try await client.unary(method, EchoRequest()) }?.code == .unimplemented)
      let stream = Method<EchoRequest, EchoResponse>(service: service, name: "UnimplementedStream", kind: .bidirectional)
      let call = try await client.bidirectional(stream)
      #expect(await call.responses.collect().error?.code == .unimplemented)
    }
  }

  @Test(arguments: frameLimits)
  func `cancel_after_begin`(frames: Int) async throws {
    let (begun, ends) = (Signals<Void>(), Signals<HandlerEnd>())
    let register = { @Sendable (router: inout Router) in
      router.clientStreaming(Lontar_Testing_V1_Echo.clientStream) { _, _ in
        begun.send(())
        try await waitForCancellation(telling: ends)
        return EchoResponse()
      }
    }
    try await with(frames: frames, register: register) { client async throws in
      let call = try await EchoClient(client).clientStream()
      await begun.next()
      let answer = Task { await RPCError.of { try await call.response() }?.code }
      answer.cancel()
      #expect(await answer.value == .cancelled)
      #expect(await ends.next() == .cancelled)
    }
  }

  @Test(arguments: frameLimits)
  func `cancel_after_first_response`(frames: Int) async throws {
    try await with(frames: frames) { client async throws in
      let call = try await EchoClient(client).bidiStream()
      try await call.requests.write(Self.asking(27_182, for: 31_415))
      let (first, rest) = (Signals<Int>(), call.responses)
      let reading = Task {
        var answers = rest.makeAsyncIterator()
        first.send(try await answers.next()?.payload.count ?? -1)
        return await RPCError.of { try await answers.next() }?.code
      }
      #expect(await first.next() == 31_415)
      reading.cancel()
      #expect(try await reading.value == .cancelled)
    }
  }

  @Test(arguments: frameLimits)
  func `timeout_on_sleeping_server`(frames: Int) async throws {
    try await with(frames: frames) { client async throws in
      let call = try await EchoClient(client).bidiStream(options: CallOptions(timeout: .milliseconds(1)))
      try? await call.requests.write(
        EchoRequest {
          $0.payload = Data(count: 27_182)
          $0.sleepMilliseconds = 60_000
        })
      #expect(await call.responses.collect().error?.code == .deadlineExceeded)
    }
  }

  // MARK: Soaks

  /// Large unary calls one after the other, so many by each client in turn.
  /// - Returns: the server's names for the connections they came by, none of which is left.
  private func soak(frames: Int, clients: Int, callsEach: Int) async throws -> Set<String> {
    let connections = Mutex<Set<String>>([])
    let register = { @Sendable (router: inout Router) in
      router.unary(Lontar_Testing_V1_Echo.unary) { request, context in
        let connection = String(context.requestID.prefix { $0 != "-" })
        connections.withLock { _ = $0.insert(connection) }
        return EchoResponse { $0.payload = Data(count: Int(request.responseBytes)) }
      }
    }
    let echo = try await EchoServer.start(register: register, adjust: { $0.limits.framePayloadBytesMax = frames })
    for _ in 0..<clients {
      let client = try echo.client { $0.options.framePayloadBytesMax = frames }
      for _ in 0..<callsEach {
        let answer = try await EchoClient(client).unary(Self.asking(271_828, for: 314_159))
        #expect(answer.payload == Data(count: 314_159))
      }
      await client.shutdown()
    }
    while echo.server.connectionCount > 0 { await Task.yield() }
    await echo.stop()
    return connections.withLock { $0 }
  }

  @Test(arguments: frameLimits)
  func `rpc_soak`(frames: Int) async throws {
    #expect(try await soak(frames: frames, clients: 1, callsEach: 200).count == 1)
  }

  @Test(arguments: frameLimits)
  func `channel_soak`(frames: Int) async throws {
    #expect(try await soak(frames: frames, clients: 30, callsEach: 1).count == 30)
  }
}

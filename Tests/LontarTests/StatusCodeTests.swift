internal import Foundation
internal import LontarTesting
internal import LontarWire
internal import NIOCore
internal import Synchronization
internal import Testing

@testable internal import Lontar

/// gRPC's table of the codes that the library itself produces (doc/statuscodes.md), a test for each row under its words there.
///
/// Rows without a test, because there is nothing in Lontar that they speak of:
/// - "Incorrect Auth metadata": the library has no credentials of calls. A token is the application's, and a certificate that is refused
///   is a connection that never was (UNAVAILABLE).
/// - "Some data transmitted before connection breaks" speaks of TCP; the row is tested with a call whose OPEN has been sent.
@Suite(.timeLimit(.minutes(3))) struct StatusCodeTests {
  private static func unary(
    _ client: LontarClient, _ request: EchoRequest = EchoRequest(), _ options: CallOptions = CallOptions()
  ) async -> StatusCode? {
    await RPCError.of { try await EchoClient(client).unary(request, options: options) }?.code
  }

  private static let endless = EchoRequest { $0.sleepMilliseconds = 1 }

  /// A server whose handler waits to be cancelled, and the code that it recorded for the call.
  private static func waiting(
    adjust: @Sendable (inout ServerConfiguration) -> Void = { _ in },
    _ body: (_ client: LontarClient, _ started: Signals<Void>) async throws -> Void
  ) async throws -> StatusCode? {
    let (started, records) = (Signals<Void>(), Signals<StatusCode>())
    try await EchoServer.with(
      register: { router in
        router.unary(Lontar_Testing_V1_Echo.unary) { request, _ in
          if request.sleepMilliseconds == 0 { return EchoResponse { $0.payload = request.payload } }
          started.send(())
          try await waitForCancellation()
          return EchoResponse()
        }
      }, onCall: { if $0.code != .ok { records.send($0.code) } }, adjust: adjust
    ) { _, client async throws in
      // The deadline is to pass at the server, not while the client connects.
      #expect(try await EchoClient(client).isServed())
      try await body(client, started)
    }
    return await records.next()
  }

  @Test func `client application cancelled the request: CANCELLED at both`() async throws {
    let recorded = try await Self.waiting { client, started async throws in
      let call = Task { await Self.unary(client, Self.endless) }
      await started.next()
      call.cancel()
      #expect(await call.value == .cancelled)
    }
    #expect(recorded == .cancelled)
  }

  @Test func `deadline expires before server returns status: DEADLINE_EXCEEDED at both`() async throws {
    let recorded = try await Self.waiting { client, _ async throws in
      #expect(await Self.unary(client, Self.endless, CallOptions(timeout: .milliseconds(500))) == .deadlineExceeded)
    }
    #expect(recorded == .deadlineExceeded)
    let servers = try await Self.waiting(adjust: { $0.limits.callTimeoutSecondsMax = 1 }) { client, _ async throws in
      #expect(await Self.unary(client, Self.endless) == .deadlineExceeded)
    }
    #expect(servers == .deadlineExceeded)
  }

  @Test func `method not found at server: UNIMPLEMENTED`() async throws {
    try await EchoServer.with { _, client async throws in
      let method = Method<EchoRequest, EchoResponse>(service: Lontar_Testing_V1_Echo.serviceName, name: "No", kind: .unary)
      #expect(await RPCError.of { try await client.unary(method, EchoRequest()) }?.code == .unimplemented)
    }
  }

  /// Answers calls, after `gate` has let them go if they say that they take time.
  private static func held(_ started: Signals<Void>, _ gate: Signals<Void>) -> @Sendable (inout Router) -> Void {
    { router in
      router.unary(Lontar_Testing_V1_Echo.unary) { request, _ in
        if request.sleepMilliseconds > 0 {
          started.send(())
          await gate.next()
        }
        return EchoResponse { $0.payload = request.payload }
      }
    }
  }

  @Test func `server shutting down, by a real drain: UNAVAILABLE to a client that repeats nothing`() async throws {
    let (started, gate) = (Signals<Void>(), Signals<Void>())
    let echo = try await EchoServer.start(register: Self.held(started, gate))
    let client = try echo.client()
    let running = Task { await Self.unary(client, Self.endless) }
    await started.next()
    let stopping = Task { await echo.server.shutdown(graceSeconds: 60) }
    // Calls that cross the first GOAWAY are still taken.
    var late: StatusCode?
    while late == nil { late = await Self.unary(client) }
    #expect(late == .unavailable)
    gate.send(())
    #expect(await running.value == nil, "what ran is answered well")
    await stopping.value
    await client.shutdown()
  }

  /// The call comes although the server has said which is its last.
  @Test func `server shutting down, to a client that calls all the same: refused, not processed`() async throws {
    let (started, gate) = (Signals<Void>(), Signals<Void>())
    let echo = try await EchoServer.start(register: Self.held(started, gate))
    let raw = try await RawClient.secure(to: echo)
    // sleep_milliseconds is field 6.
    await raw.send(RawFrames.greeting() + RawFrames.open(1, Self.unaryName, message: [0x30, 1]))
    await started.next()
    let stopping = Task { await echo.server.shutdown(graceSeconds: 60) }
    _ = try await raw.frames { if case .goAway(_, 0, _, true) = $0 { true } else { false } }
    await raw.send(RawFrames.open(3, Self.unaryName, message: []))
    let refusal = try await raw.frames { if case .reset(3, _, _, _) = $0 { true } else { false } }
    #expect(refusal.contains { if case .reset(3, 2, _, true) = $0 { true } else { false } }, "\(refusal)")
    gate.send(())
    let answer = try await raw.frames { if case .status(1, _, _, _) = $0 { true } else { false } }
    #expect(answer.contains { if case .status(1, let status, _, _) = $0 { status.code == 0 } else { false } })
    await raw.close()
    await stopping.value
  }

  /// It is sent again once, and refused again.
  @Test func `server shutting down: UNAVAILABLE`() async throws {
    let client = ScriptedServer.client {
      [.says(RawFrames.frame(0x06, $0, flags: 0x10, [0, 0, 0, 2] + Array("the server is shutting down".utf8)))]
    }
    let call = try await EchoClient(client).clientStream()
    let error = await RPCError.of { try await call.response() }
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("shutting down") == true)
    await client.shutdown()
  }

  @Test func `server side application throws an exception: UNKNOWN`() async throws {
    struct Exception: Error {}
    try await EchoServer.with(register: { $0.unary(Lontar_Testing_V1_Echo.unary) { _, _ in throw Exception() } }) {
      _, client async throws in
      #expect(await Self.unary(client) == .unknown)
    }
  }

  @Test(arguments: [true, false])
  func `no response received before deadline expires: DEADLINE_EXCEEDED`(isSent: Bool) async throws {
    let client = ScriptedServer.client(greets: isSent)
    #expect(await Self.unary(client, EchoRequest(), CallOptions(timeout: .milliseconds(200))) == .deadlineExceeded)
    await client.shutdown()
  }

  @Test func `some data transmitted before connection breaks: UNAVAILABLE`() async throws {
    let client = ScriptedServer.client { _ in [.closes] }
    #expect(await Self.unary(client) == .unavailable)
    await client.shutdown()
  }

  /// Three bytes that are no gzip, said to be ten.
  private static let undecodable: [UInt8] = [0, 0, 0, 10, 1, 2, 3]

  @Test func `could not decompress, but compression algorithm supported, client to server: INTERNAL`() async throws {
    #expect(try await Self.heard(RawFrames.open(1, Self.unaryName, message: Self.undecodable, codec: 1)) == .internalError)
  }

  @Test func `could not decompress, but compression algorithm supported, server to client: INTERNAL`() async throws {
    let client = ScriptedServer.client {
      [.says(RawFrames.frame(0x05, $0, flags: 5, codec: 1, [0, 0, 0, 0] + Self.undecodable))]
    }
    #expect(await Self.unary(client) == .internalError)
    await client.shutdown()
  }

  @Test func `compression mechanism used by client not supported at server: UNIMPLEMENTED`() async throws {
    #expect(try await Self.heard(RawFrames.open(1, Self.unaryName, message: [1, 2, 3], codec: 0xC8)) == .unimplemented)
  }

  /// The server does not refuse: it grants calls as it can, and the client lets the others wait. When too many do, it says so.
  @Test func `temporarily out of resources: RESOURCE_EXHAUSTED`() async throws {
    var options = ClientOptions()
    options.waitingCallsMax = 0
    let client = ScriptedServer.client(greets: false, options: options)
    #expect(await Self.unary(client) == .resourceExhausted)
    await client.shutdown()
  }

  /// The same with a real server, whose only place is taken; when it is free again, the one who waits is served.
  @Test func `server temporarily out of places: RESOURCE_EXHAUSTED for those whom the client can't let wait`() async throws {
    let (started, gate) = (Signals<Void>(), Signals<Void>())
    try await EchoServer.with(callsMax: 1, register: Self.held(started, gate)) { echo, _ async throws in
      let client = try echo.client { $0.options.waitingCallsMax = 1 }
      let running = Task { await Self.unary(client, Self.endless) }
      await started.next()
      let waiting = Task { await Self.unary(client) }
      while try await !client.core.eventLoop.submit({ client.core.hasWaitingCalls }).get() {}
      #expect(await Self.unary(client) == .resourceExhausted)
      gate.send(())
      #expect(await running.value == nil)
      #expect(await waiting.value == nil)
      await client.shutdown()
    }
  }

  /// Requests that are whole, of calls that are not, hold 16 MiB of a connection at most. The client streams what the server takes
  /// for unary calls: 67 requests of 250,004 bytes are below that and 68 are not.
  @Test func `server temporarily out of resources, by its own word: RESOURCE_EXHAUSTED`() async throws {
    let refused = Signals<StatusCode>()
    try await EchoServer.with(onCall: { if $0.code != .ok { refused.send($0.code) } }) { _, client async throws in
      let method = Method<EchoRequest, EchoResponse>(
        service: Lontar_Testing_V1_Echo.serviceName, name: "Unary", kind: .clientStreaming)
      var calls: [ClientStreamingCall<EchoRequest, EchoResponse>] = []
      for _ in 0..<68 {
        let call = try await client.clientStreaming(method)
        calls.append(call)
        // One of them is refused, maybe while it writes.
        try? await call.requests.write(EchoRequest { $0.payload = Data(count: 250_000) })
      }
      #expect(await refused.next() == .resourceExhausted)
      // The others begin when they are whole.
      var codes: [StatusCode?] = []
      for call in calls { codes.append(await RPCError.of { try await call.response() }?.code) }
      #expect(codes.filter { $0 == nil }.count == 67)
      #expect(codes.filter { $0 == .resourceExhausted }.count == 1)
    }
  }

  /// Beyond `connectionsMax` there is no call yet that could be answered: the client hears that there is no connection, and the
  /// server's record says why.
  @Test func `server has no place for another connection: UNAVAILABLE, RESOURCE_EXHAUSTED in its record`() async throws {
    let refusals = Signals<StatusCode?>()
    let echo = try await EchoServer.start(
      onConnectionError: { _, error in refusals.send((error as? RPCError)?.code) }, adjust: { $0.connectionsMax = 1 })
    let first = try echo.client()
    let second = try echo.client { ($0.options.backoffFirstMilliseconds, $0.options.backoffMaxMilliseconds) = (1, 5) }
    #expect(try await EchoClient(first).isServed())
    #expect(await Self.unary(second) == .unavailable)
    #expect(await refusals.next() == .resourceExhausted)
    #expect(try await EchoClient(first).isServed())
    // When there is a place, it is had.
    await first.shutdown()
    #expect(await Self.unary(second, EchoRequest(), CallOptions(waitForReady: true)) == nil)
    await echo.stop(second)
  }

  /// The length is enough: nothing of the message has come, and nothing is kept for it.
  @Test func `client does not have enough memory to hold the server response: RESOURCE_EXHAUSTED`() async throws {
    let start: [UInt8] = [0, 0x40, 0, 1, 0, 0x40, 0, 1, 0]  // 4 MiB and one byte
    let client = ScriptedServer.client { [.says(RawFrames.frame(0x04, $0, flags: 2, start))] }
    #expect(await Self.unary(client) == .resourceExhausted)
    await client.shutdown()
  }

  /// 17 messages of 16,372 bytes are more than the 262,144 that each side grants, and nobody takes them.
  @Test func `flow-control protocol violation: INTERNAL at both`() async throws {
    let burst = { @Sendable (stream: UInt32) -> [UInt8] in
      (0..<17).flatMap { _ in RawFrames.message(stream, [UInt8](repeating: 0, count: 16_364)) }
    }
    let client = ScriptedServer.client { [.says(burst($0))] }
    #expect(await Self.unary(client) == .internalError)
    await client.shutdown()
    let deaf = { @Sendable (router: inout Router) in
      router.clientStreaming(Lontar_Testing_V1_Echo.clientStream) { _, _ in
        try await waitForCancellation()
        return EchoResponse()
      }
    }
    let code = try await Self.heard(
      RawFrames.open(1, "lontar.testing.v1.Echo/ClientStream", end: false) + burst(1), register: deaf)
    #expect(code == .internalError)
  }

  @Test func `error parsing returned status: UNKNOWN`() async throws {
    let client = ScriptedServer.client { [.says(RawFrames.frame(0x05, $0, flags: 1, [0x27, 0x0F, 0, 0]))] }
    #expect(await Self.unary(client) == .unknown)
    await client.shutdown()
  }

  @Test(arguments: [0, 2, 3])
  func `request cardinality violation: UNIMPLEMENTED`(requests: Int) async throws {
    let opening = RawFrames.open(1, Self.unaryName, end: requests == 0)
    let messages = (0..<requests).flatMap { RawFrames.message(1, [], end: $0 == requests - 1) }
    #expect(try await Self.heard(opening + messages) == .unimplemented)
  }

  @Test(arguments: [0, 2, 3])
  func `response cardinality violation: UNIMPLEMENTED`(responses: Int) async throws {
    let client = ScriptedServer.client { stream in
      let messages = (0..<responses).flatMap { _ in RawFrames.message(stream, []) }
      return [.says(messages + RawFrames.frame(0x05, stream, flags: 1, [0, 0, 0, 0]))]
    }
    #expect(await Self.unary(client) == .unimplemented)
    await client.shutdown()
  }

  /// Field 1 with five bytes announced and none there.
  private static let unparsable: [UInt8] = [0x0A, 0x05]

  @Test func `error parsing response proto: INTERNAL`() async throws {
    let client = ScriptedServer.client { [.says(RawFrames.frame(0x05, $0, flags: 5, [0, 0, 0, 0] + Self.unparsable))] }
    #expect(await Self.unary(client) == .internalError)
    await client.shutdown()
  }

  @Test func `error parsing request proto: INTERNAL`() async throws {
    #expect(try await Self.heard(RawFrames.open(1, Self.unaryName, message: Self.unparsable)) == .internalError)
  }

  @Test(arguments: [true, false])
  func `sent or received message was larger than configured limit: RESOURCE_EXHAUSTED at both`(isRequest: Bool) async throws {
    try await EchoServer.with(adjust: { $0.limits.messageBytesMax = 10_000 }) { _, client async throws in
      let request = EchoRequest {
        $0.payload = Data(count: isRequest ? 10_001 : 0)
        $0.responseBytes = isRequest ? 0 : 10_001
      }
      #expect(await Self.unary(client, request) == .resourceExhausted)
    }
    // A client that does not look at the server's limit.
    let start: [UInt8] = [0, 0x40, 0, 1, 0, 0x40, 0, 1, 0]
    let raw = RawFrames.open(1, Self.unaryName, end: false) + RawFrames.frame(0x04, 1, flags: 2, start)
    #expect(try await Self.heard(raw) == .resourceExhausted)
  }

  @Test func `keepalive watchdog times out: UNAVAILABLE`() async throws {
    var options = ClientOptions()
    (options.keepaliveSeconds, options.keepaliveTimeoutSeconds) = (1, 1)
    let client = ScriptedServer.client(options: options)
    #expect(await Self.unary(client) == .unavailable)
    await client.shutdown()
  }

  /// A real server, and between the two a network that lets nothing pass once the call runs. Each side finds out by itself.
  @Test func `keepalive watchdog times out, of a real client and a real server: UNAVAILABLE, and the handler is cancelled`()
    async throws
  {
    let (started, ends) = (Signals<Void>(), Signals<HandlerEnd>())
    let echo = try await EchoServer.start(
      register: { router in
        router.bidirectional(Lontar_Testing_V1_Echo.bidiStream) { _, _, _ in
          started.send(())
          try await waitForCancellation(telling: ends)
        }
      }, adjust: { ($0.limits.keepaliveSeconds, $0.limits.keepaliveTimeoutSeconds) = (1, 1) })
    // Handshake, HELLO and OPEN pass; the 20,000 bytes of a request do not.
    let proxy = try await FaultyProxy.start(to: echo) { _ in .swallow(.toServer, after: 8_000) }
    let client = try proxy.client(of: echo) {
      ($0.options.keepaliveSeconds, $0.options.keepaliveTimeoutSeconds) = (1, 1)
    }
    let call = try await EchoClient(client).bidiStream(options: CallOptions(waitForReady: true))
    await started.next()
    try await call.requests.write(EchoRequest { $0.payload = Data(count: 20_000) })
    let error = await call.responses.collect().error
    #expect(error?.code == .unavailable)
    #expect(error?.transportReason == .pingUnanswered)
    #expect(await ends.next() == .cancelled)
    await client.shutdown()
    await proxy.stop()
    await echo.stop()
  }

  // MARK: Raw clients

  private static let unaryName = "lontar.testing.v1.Echo/Unary"

  /// The code of the STATUS with which the server answers stream 1.
  private static func heard(_ bytes: [UInt8], register: (@Sendable (inout Router) -> Void)? = nil) async throws -> StatusCode? {
    let echo = try await EchoServer.start(register: register)
    let raw = try await RawClient.secure(to: echo)
    await raw.send(RawFrames.greeting())
    _ = try await raw.frames { if case .hello(_) = $0 { true } else { false } }
    await raw.send(bytes)
    let frames = try await raw.frames { if case .status(1, _, _, _) = $0 { true } else { false } }
    await raw.close()
    await echo.stop()
    guard case .status(1, let status, _, _) = frames.last else {
      Issue.record("no STATUS came: \(frames)")
      return nil
    }
    return StatusCode(rawValue: status.code)
  }
}

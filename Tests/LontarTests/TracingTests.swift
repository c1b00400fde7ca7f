internal import Foundation
internal import Instrumentation
internal import Lontar
internal import LontarTesting
internal import Synchronization
internal import Testing
internal import Tracing

/// One trace from a caller through its servers, by W3C's context.
@Suite(.timeLimit(.minutes(3))) struct TracingTests {
  /// An echo server and a client that share a tracer.
  private func traced(
    _ tracer: TestTracer, onCall: (@Sendable (CallRecord) -> Void)? = nil, interceptors: [any ClientInterceptor] = [],
    retry: RetryPolicy? = nil,
    register: (inout Router) -> Void = { $0.register(EchoService()) }, _ body: (LontarClient) async throws -> Void
  ) async throws {
    var router = Router()
    register(&router)
    var (there, options) = (Telemetry(), ClientOptions())
    there.tracer = tracer
    options.telemetry.tracer = tracer
    options.interceptors = interceptors
    options.service.methods[""] = MethodConfiguration(retry: retry)
    let client = InProcessServer(router: router, onCall: onCall, telemetry: there).client(options)
    try await body(client)
    await client.shutdown()
  }

  @Test func `the server's span is a child of the client's, in one trace`() async throws {
    let tracer = TestTracer()
    let records = Mutex<[CallRecord]>([])
    try await traced(tracer, onCall: { record in records.withLock { $0.append(record) } }) { client in
      _ = try await EchoClient(client).unary(EchoRequest())
    }
    let spans = tracer.finished
    let client = try #require(spans.first { $0.kind == .client })
    let server = try #require(spans.first { $0.kind == .server })
    #expect(spans.count == 2)
    #expect(client.ids.parent == nil)
    #expect(server.ids.trace == client.ids.trace && server.ids.parent == client.ids.span)
    for span in [client, server] {
      #expect(span.name == "lontar.testing.v1.Echo/Unary")
      #expect(span.attribute("rpc.system") == "lontar")
      #expect(span.attribute("rpc.service") == "lontar.testing.v1.Echo")
      #expect(span.attribute("rpc.method") == "Unary")
      #expect(span.attribute("rpc.lontar.status_code") == "0")
      #expect(span.status == nil && span.errors.isEmpty)
    }
    #expect(records.withLock { $0.map(\.traceID) } == [client.ids.trace])
  }

  @Test func `a call that its policy repeats keeps its span, and each attempt that failed is an event of it`() async throws {
    let tracer = TestTracer()
    let failures = Mutex(2)
    try await traced(
      tracer, retry: RetryPolicy(attemptsMax: 3, backoffFirst: .milliseconds(1), backoffMax: .milliseconds(2)),
      register: { router in
        router.unary(Lontar_Testing_V1_Echo.unary) { _, _ in
          let fails = failures.withLock { left in
            left -= 1
            return left >= 0
          }
          if fails { throw RPCError(.unavailable, "not yet") }
          return EchoResponse()
        }
      }
    ) { client in
      _ = try await EchoClient(client).unary(EchoRequest())
    }
    let spans = tracer.finished
    let client = try #require(spans.first { $0.kind == .client })
    #expect(spans.filter { $0.kind == .client }.count == 1)
    #expect(client.events.map(\.name) == ["attempt failed", "attempt failed"])
    #expect(client.events.map { $0.attributes.get("rpc.lontar.attempt") } == [.int64(1), .int64(2)])
    #expect(client.events.map { $0.attributes.get("rpc.lontar.status_code") } == [.int64(14), .int64(14)])
    #expect(client.attribute("rpc.lontar.status_code") == "0" && client.errors.isEmpty)
    let servers = spans.filter { $0.kind == .server }
    #expect(servers.count == 3 && servers.allSatisfy { $0.ids.parent == client.ids.span })
  }

  @Test func `a handler's own calls descend from its span`() async throws {
    let tracer = TestTracer()
    var inner = Router()
    inner.register(EchoService())
    var (there, options) = (Telemetry(), ClientOptions())
    there.tracer = tracer
    options.telemetry.tracer = tracer
    let behind = InProcessServer(router: inner, telemetry: there).client(options)
    try await traced(
      tracer,
      register: { router in
        router.unary(Lontar_Testing_V1_Echo.unary) { _, _ in
          let stream = try await EchoClient(behind).serverStream(EchoRequest { $0.responseCount = 2 })
          return EchoResponse { $0.payload = Data(count: 1) }.counting(await stream.collect().messages.count)
        }
      }
    ) { client async throws in
      #expect(try await EchoClient(client).unary(EchoRequest()).payload.count == 2)
    }
    await behind.shutdown()
    let spans = tracer.finished
    func only(_ name: String, _ kind: SpanKind) throws -> TestSpan {
      let found = spans.filter { $0.name == "lontar.testing.v1.Echo/\(name)" && $0.kind == kind }
      #expect(found.count == 1)
      return try #require(found.first)
    }
    let chain = [
      try only("Unary", .client), try only("Unary", .server), try only("ServerStream", .client),
      try only("ServerStream", .server),
    ]
    #expect(Set(chain.map(\.ids.trace)).count == 1)
    for (parent, child) in zip(chain, chain.dropFirst()) { #expect(child.ids.parent == parent.ids.span) }
  }

  @Test func `a span of the caller is the parent, and its flag is kept`() async throws {
    for isSampled in [true, false] {
      let tracer = TestTracer(isSampled: isSampled)
      try await traced(tracer) { client in
        try await tracer.withSpan("act", ofKind: .internal) { _ in _ = try await EchoClient(client).unary(EchoRequest()) }
      }
      let act = try #require(tracer.finished.first { $0.name == "act" })
      let client = try #require(tracer.finished.first { $0.kind == .client })
      let server = try #require(tracer.finished.first { $0.kind == .server })
      #expect(client.ids.parent == act.ids.span && server.ids.parent == client.ids.span)
      #expect(server.ids.isSampled == isSampled)
    }
  }

  @Test func `a traceparent in the options is the parent, before the task's own span`() async throws {
    let tracer = TestTracer()
    try await traced(tracer) { client in
      var options = CallOptions()
      options.traceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
      try await tracer.withSpan("act", ofKind: .internal) { _ in
        _ = try await EchoClient(client).unary(EchoRequest(), options: options)
      }
    }
    let client = try #require(tracer.finished.first { $0.kind == .client })
    #expect(client.ids.trace == "0af7651916cd43dd8448eb211c80319c" && client.ids.parent == "b7ad6b7169203331")
    #expect(!client.ids.isSampled)
  }

  @Test(arguments: [StatusCode.notFound, .internalError, .unknown])
  func `a failed call leaves failed spans`(code: StatusCode) async throws {
    let tracer = TestTracer()
    try await traced(tracer) { client in
      let request = EchoRequest {
        $0.failWithCode = Int32(code.rawValue)
        $0.failMessage = "as told"
      }
      _ = await RPCError.of { try await EchoClient(client).unary(request) }
    }
    #expect(tracer.finished.count == 2)
    for span in tracer.finished {
      #expect(span.attribute("rpc.lontar.status_code") == "\(code.rawValue)")
      #expect(span.status?.code == .error && span.status?.message == "as told")
      #expect(span.errors.count == 1)
    }
  }

  @Test func `a handler that outlives its deadline has a span that says so`() async throws {
    let (tracer, ended) = (TestTracer(), Signals<Void>())
    try await traced(
      tracer,
      register: { router in
        router.unary(Lontar_Testing_V1_Echo.unary) { _, _ in
          defer { ended.send(()) }
          try await waitForCancellation()
          return EchoResponse()
        }
      }
    ) { client in
      let error = await RPCError.of {
        try await EchoClient(client).unary(EchoRequest(), options: CallOptions(timeout: .seconds(3)))
      }
      #expect(error?.code == .deadlineExceeded)
      await ended.next()
      // The handler's span ends on the loop, behind its handler: another call over the same loop comes later.
      _ = await RPCError.of { try await EchoClient(client).clientStream().response() }
    }
    for kind in [SpanKind.client, .server] {
      let span = try #require(tracer.finished.first { $0.kind == kind && $0.name.hasSuffix("/Unary") })
      #expect(span.attribute("rpc.lontar.status_code") == "4")
    }
  }

  @Test func `each attempt has a span of its own, with its number`() async throws {
    let tracer = TestTracer()
    try await traced(
      tracer, interceptors: [Twice()],
      register: { router in
        router.unary(Lontar_Testing_V1_Echo.unary) { _, context in
          if context.attempt == 1 { throw RPCError(.unavailable, "once more") }
          return EchoResponse()
        }
      }
    ) { client in
      try await tracer.withSpan("act", ofKind: .internal) { _ in _ = try await EchoClient(client).unary(EchoRequest()) }
    }
    let attempts = tracer.finished.filter { $0.kind == .client }
    #expect(attempts.map { $0.attribute("rpc.lontar.attempt") } == [nil, "2"])
    #expect(Set(attempts.map(\.ids.trace)).count == 1)
    #expect(Set(attempts.map(\.ids.span)).count == 2)
  }

  @Test func `without a tracer the caller's context goes through, and the record of the call names its trace`() async throws {
    let records = Mutex<[CallRecord]>([])
    var router = Router()
    router.register(EchoService())
    let server = InProcessServer(router: router, onCall: { record in records.withLock { $0.append(record) } })
    let client = server.client()
    var options = CallOptions()
    options.traceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    _ = try await EchoClient(client).unary(EchoRequest(), options: options)
    _ = try await EchoClient(client).unary(EchoRequest())
    #expect(records.withLock { $0.map(\.traceID) } == ["0af7651916cd43dd8448eb211c80319c", ""])
    await client.shutdown()
  }
}

extension EchoResponse {
  fileprivate func counting(_ count: Int) -> EchoResponse {
    var copy = self
    copy.payload = Data(count: count)
    return copy
  }
}

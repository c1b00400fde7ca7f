internal import CoreMetrics
internal import Foundation
internal import Lontar
internal import LontarCompression
internal import LontarTesting
internal import MetricsTestKit
internal import Synchronization
internal import Testing

/// What calls leave behind in metrics, under gRPC's names.
@Suite(.timeLimit(.minutes(3))) struct MetricsTests {
  private static let unary = "lontar.testing.v1.Echo/Unary"

  /// A server in this process and a client of it, both measured, each by its own factory.
  private func measured(
    _ interceptors: [any ClientInterceptor] = [], retry: RetryPolicy? = nil,
    register: (inout Router) -> Void = MetricsTests.mirrors,
    _ body: (LontarClient) async throws -> Void
  ) async throws -> (server: TestMetrics, client: TestMetrics) {
    let (serverMetrics, clientMetrics) = (TestMetrics(), TestMetrics())
    var router = Router()
    register(&router)
    var telemetry = Telemetry()
    telemetry.metrics = serverMetrics
    var options = ClientOptions()
    options.telemetry.metrics = clientMetrics
    options.interceptors = interceptors
    options.service.methods[""] = MethodConfiguration(retry: retry)
    let client = InProcessServer(router: router, telemetry: telemetry).client(options)
    try await body(client)
    await client.shutdown()
    return (serverMetrics, clientMetrics)
  }

  /// What came goes back, byte for byte.
  private static func mirrors(_ router: inout Router) {
    router.unary(Lontar_Testing_V1_Echo.unary) { request, _ in
      if request.failWithCode != 0 { throw RPCError(StatusCode(rawValue: UInt16(request.failWithCode)) ?? .unknown, "as told") }
      return EchoResponse { $0.payload = request.payload }
    }
    router.bidirectional(Lontar_Testing_V1_Echo.bidiStream) { requests, writer, _ in
      for try await request in requests { try await writer.write(EchoResponse { $0.payload = request.payload }) }
    }
  }

  private func count(_ metrics: TestMetrics, _ label: String, _ dimensions: [(String, String)] = []) throws -> Int64 {
    try metrics.expectCounter(label, dimensions).values.reduce(0, +)
  }

  @Test func `a call is counted, timed and weighed on both sides`() async throws {
    let (server, client) = try await measured { client in
      let answer = try await EchoClient(client).unary(EchoRequest { $0.payload = Data(count: 100) })
      #expect(answer.payload.count == 100)
    }
    // Tag, length and 100 bytes.
    let bytes: [Double] = [102]
    let method = ("lontar.method", Self.unary)
    #expect(try count(server, "lontar.server.call.started", [method]) == 1)
    let ok = [method, ("lontar.status", "OK")]
    #expect(try server.expectTimer("lontar.server.call.duration", ok).values.count == 1)
    #expect(try server.expectRecorder("lontar.server.call.rcvd_total_compressed_message_size", ok).values == bytes)
    #expect(try server.expectRecorder("lontar.server.call.sent_total_compressed_message_size", ok).values == bytes)
    let target = ("lontar.target", "lontar:in-process")
    #expect(try count(client, "lontar.client.attempt.started", [method, target]) == 1)
    let here = [method, target, ("lontar.status", "OK")]
    #expect(try client.expectTimer("lontar.client.attempt.duration", here).values.count == 1)
    #expect(try client.expectTimer("lontar.client.call.duration", here).values.count == 1)
    #expect(try client.expectRecorder("lontar.client.attempt.sent_total_compressed_message_size", here).values == bytes)
    #expect(try client.expectRecorder("lontar.client.attempt.rcvd_total_compressed_message_size", here).values == bytes)
  }

  @Test func `all messages of a stream count`() async throws {
    let (server, client) = try await measured { client in
      let call = try await EchoClient(client).bidiStream()
      for _ in 0..<3 { try await call.requests.write(EchoRequest { $0.payload = Data(count: 10) }) }
      call.requests.finish()
      #expect(await call.responses.collect().messages.count == 3)
    }
    let ok = [("lontar.method", "lontar.testing.v1.Echo/BidiStream"), ("lontar.status", "OK")]
    #expect(try server.expectRecorder("lontar.server.call.rcvd_total_compressed_message_size", ok).values == [36])
    #expect(try server.expectRecorder("lontar.server.call.sent_total_compressed_message_size", ok).values == [36])
    let here = [ok[0], ("lontar.target", "lontar:in-process"), ok[1]]
    #expect(try client.expectRecorder("lontar.client.attempt.sent_total_compressed_message_size", here).values == [36])
    #expect(try client.expectRecorder("lontar.client.attempt.rcvd_total_compressed_message_size", here).values == [36])
    #expect(try client.expectTimer("lontar.client.call.duration", here).values.count == 1)
  }

  @Test func `of a compressed message the bytes on the wire count, on both sides`() async throws {
    let (server, client) = try await measured { client in
      var options = CallOptions()
      options.compression = .gzip
      let request = EchoRequest { $0.payload = Data(repeating: 7, count: 1_000) }
      _ = try await EchoClient(client).unary(request, options: options)
    }
    let ok = [("lontar.method", Self.unary), ("lontar.status", "OK")]
    let here = [ok[0], ("lontar.target", "lontar:in-process"), ok[1]]
    let received = try server.expectRecorder("lontar.server.call.rcvd_total_compressed_message_size", ok).values
    let sent = try client.expectRecorder("lontar.client.attempt.sent_total_compressed_message_size", here).values
    // gzip's head and tail alone have 18 bytes; a thousand equal ones fit into a few more.
    #expect(received == sent && received.count == 1 && (18..<100).contains(received[0]))
  }

  @Test(arguments: [MethodKind.unary, .bidirectional])
  func `each attempt of a call that its policy repeats is counted and timed, the call once`(kind: MethodKind) async throws {
    let failures = Mutex(2)
    @Sendable func refuse() throws {
      let fails = failures.withLock { left in
        left -= 1
        return left >= 0
      }
      if fails { throw RPCError(.unavailable, "not yet") }
    }
    let (_, client) = try await measured(
      retry: RetryPolicy(attemptsMax: 3, backoffFirst: .milliseconds(1), backoffMax: .milliseconds(2)),
      register: { router in
        router.unary(Lontar_Testing_V1_Echo.unary) { request, _ in
          try refuse()
          return EchoResponse { $0.payload = request.payload }
        }
        router.bidirectional(Lontar_Testing_V1_Echo.bidiStream) { requests, writer, _ in
          try refuse()
          for try await request in requests { try await writer.write(EchoResponse { $0.payload = request.payload }) }
        }
      }
    ) { client in
      let request = EchoRequest { $0.payload = Data(count: 10) }
      guard kind == .bidirectional else {
        _ = try await EchoClient(client).unary(request)
        return
      }
      let call = try await EchoClient(client).bidiStream()
      try await call.requests.write(request)
      call.requests.finish()
      #expect(await call.responses.collect().messages.count == 1)
    }
    let method = ("lontar.method", "lontar.testing.v1.Echo/\(kind == .unary ? "Unary" : "BidiStream")")
    let target = ("lontar.target", "lontar:in-process")
    let (good, bad) = ([method, target, ("lontar.status", "OK")], [method, target, ("lontar.status", "UNAVAILABLE")])
    #expect(try count(client, "lontar.client.attempt.started", [method, target]) == 3)
    #expect(try client.expectTimer("lontar.client.attempt.duration", bad).values.count == 2)
    #expect(try client.expectTimer("lontar.client.attempt.duration", good).values.count == 1)
    #expect(try client.expectTimer("lontar.client.call.duration", good).values.count == 1)
    #expect(try client.expectRecorder("lontar.client.attempt.sent_total_compressed_message_size", good).values == [12])
    #expect(try client.expectRecorder("lontar.client.attempt.rcvd_total_compressed_message_size", bad).values == [0, 0])
  }

  @Test(arguments: StatusCode.allCases.filter { $0 != .ok })
  func `a failed call is counted under its code on both sides`(code: StatusCode) async throws {
    let (server, client) = try await measured { client in
      let error = await RPCError.of {
        try await EchoClient(client).unary(EchoRequest { $0.failWithCode = Int32(code.rawValue) })
      }
      #expect(error?.code == code)
    }
    let dimensions = [("lontar.method", Self.unary), ("lontar.status", code.description)]
    #expect(try server.expectTimer("lontar.server.call.duration", dimensions).values.count == 1)
    let here = [dimensions[0], ("lontar.target", "lontar:in-process"), dimensions[1]]
    #expect(try client.expectTimer("lontar.client.attempt.duration", here).values.count == 1)
    #expect(try client.expectTimer("lontar.client.call.duration", here).values.count == 1)
  }

  @Test func `names that a client makes up become no labels`() async throws {
    let (server, _) = try await measured(register: { _ in }) { client in
      for number in 0..<5 {
        let method = Method<EchoRequest, EchoResponse>(service: "made.up", name: "M\(number)", kind: .unary)
        #expect(await RPCError.of { try await client.unary(method, EchoRequest()) }?.code == .unimplemented)
      }
    }
    let methods = Set(server.counters.flatMap(\.dimensions).filter { $0.0 == "lontar.method" }.map(\.1))
    #expect(methods == ["other"])
    #expect(try count(server, "lontar.server.call.started", [("lontar.method", "other")]) == 5)
    #expect(
      try server.expectTimer(
        "lontar.server.call.duration", [("lontar.method", "other"), ("lontar.status", "UNIMPLEMENTED")]
      ).values.count == 5)
  }

  @Test func `two attempts are one call`() async throws {
    let (_, client) = try await measured([Twice()]) { router in
      router.unary(Lontar_Testing_V1_Echo.unary) { _, context in
        if context.attempt == 1 { throw RPCError(.unavailable, "once more") }
        return EchoResponse()
      }
    } _: { client in
      _ = try await EchoClient(client).unary(EchoRequest())
    }
    let here = [("lontar.method", Self.unary), ("lontar.target", "lontar:in-process")]
    #expect(try count(client, "lontar.client.attempt.started", here) == 2)
    let (failed, ok) = (here + [("lontar.status", "UNAVAILABLE")], here + [("lontar.status", "OK")])
    #expect(try client.expectTimer("lontar.client.attempt.duration", failed).values.count == 1)
    #expect(try client.expectTimer("lontar.client.attempt.duration", ok).values.count == 1)
    #expect(try client.expectTimer("lontar.client.call.duration", ok).values.count == 1)
    #expect(throws: (any Error).self) { try client.expectTimer("lontar.client.call.duration", failed) }
  }

  @Test func `connections and calls that run are counted up and down, refusals and faults by their kind`() async throws {
    let metrics = TestMetrics()
    let ended = Signals<Void>()
    var telemetry = Telemetry()
    telemetry.metrics = metrics
    let echo = try await EchoServer.start(
      onConnectionError: { _, _ in ended.send(()) }, telemetry: telemetry, adjust: { $0.connectionsMax = 2 })
    let client = try echo.client()
    let call = try await EchoClient(client).bidiStream()
    try await call.requests.write(EchoRequest())
    _ = try await call.responses.first { _ in true }
    #expect(try metrics.expectMeter("lontar.server.connections.open").lastValue == 1)
    #expect(try metrics.expectMeter("lontar.server.calls.running").lastValue == 1)
    let raw = try await RawClient.secure(to: echo)
    await raw.send([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])
    await ended.next()
    #expect(try count(metrics, "lontar.server.protocol_faults", [("lontar.code", "badPreface")]) == 1)
    _ = try await raw.ended()
    call.requests.finish()
    await echo.stop(client)
    #expect(try metrics.expectMeter("lontar.server.connections.open").lastValue == 0)
    #expect(try metrics.expectMeter("lontar.server.calls.running").lastValue == 0)
    #expect(try count(metrics, "lontar.server.connections.accepted") == 2)
  }

  @Test func `everything that is measured is described, with gRPC's buckets`() async throws {
    let (server, client) = try await measured { client in
      _ = try await EchoClient(client).unary(EchoRequest())
    }
    let descriptions = Dictionary(uniqueKeysWithValues: MetricCatalogue.all.map { ($0.label, $0) })
    for metrics in [server, client] {
      for recorder in metrics.recorders {
        let description = try #require(descriptions[recorder.label])
        #expect(description.kind == .histogram(MetricCatalogue.sizeBounds) && description.unit == .bytes)
        #expect(description.dimensions == recorder.dimensions.map(\.0))
      }
      for timer in metrics.timers {
        let description = try #require(descriptions[timer.label])
        #expect(description.kind == .histogram(MetricCatalogue.latencyBounds) && description.unit == .seconds)
        #expect(description.dimensions == timer.dimensions.map(\.0))
      }
      for counter in metrics.counters {
        let description = try #require(descriptions[counter.label])
        #expect(description.kind == .counter && description.dimensions == counter.dimensions.map(\.0))
      }
      for meter in metrics.meters { #expect(descriptions[meter.label]?.kind == .gauge) }
    }
    #expect(MetricCatalogue.latencyBounds.count == 41 && MetricCatalogue.latencyBounds == MetricCatalogue.latencyBounds.sorted())
    #expect(MetricCatalogue.sizeBounds.count == 14 && MetricCatalogue.sizeBounds == MetricCatalogue.sizeBounds.sorted())
  }

  @Test func `the document names every metric`() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let text = try String(contentsOf: root.appendingPathComponent("proto/OBSERVING.md"), encoding: .utf8)
    for metric in MetricCatalogue.all {
      let last = try #require(metric.label.split(separator: ".").last)
      #expect(text.contains("`\(metric.label)`") || text.contains("`.\(last)`"), "\(metric.label)")
    }
  }
}

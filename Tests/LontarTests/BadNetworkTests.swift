internal import Foundation
internal import Lontar
internal import LontarTesting
internal import NIOCore
internal import Synchronization
internal import Testing

/// Connections that are cut, swallowed, delayed and refused, at bytes from the first of TLS to the last of an answer.
@Suite(.timeLimit(.minutes(5))) struct BadNetworkTests {
  /// Which attempts of which calls reached a handler.
  private final class Runs: Sendable {
    private let all = Mutex<[String: [Int]]>([:])

    func register(_ router: inout Router) {
      router.unary(Lontar_Testing_V1_Echo.unary) { request, context in
        self.count(request, context)
        return EchoResponse { $0.payload = request.payload }
      }
      router.clientStreaming(Lontar_Testing_V1_Echo.clientStream) { requests, context in
        var sum = Data()
        for try await request in requests { sum.append(request.payload) }
        self.all.withLock { $0["upload", default: []].append(context.attempt) }
        return EchoResponse { $0.payload = sum }
      }
      router.serverStreaming(Lontar_Testing_V1_Echo.serverStream) { request, writer, _ in
        for number in 0..<request.responseCount {
          try await writer.write(EchoResponse { $0.payload = Data("\(number)".utf8) + request.payload })
        }
      }
    }

    private func count(_ request: EchoRequest, _ context: CallContext) {
      let name = String(decoding: request.payload.prefix(16), as: UTF8.self)
      all.withLock { $0[name, default: []].append(context.attempt) }
    }

    subscript(_ name: String) -> [Int] { all.withLock { $0[name] ?? [] } }
    var total: Int { all.withLock { $0.values.reduce(0) { $0 + $1.count } } }
  }

  /// 20,000 bytes each way, so that the larger offsets lie within the messages.
  private static let payload = Data("the call of this".utf8) + Data(count: 19_984)
  private static let name = "the call of this"
  private static let request = EchoRequest { $0.payload = payload }
  /// From the first byte of ClientHello through handshake and HELLO (about 600 bytes from a client, 2,000 from a server) into messages.
  static let offsets = [1, 5, 300, 700, 1_500, 2_500, 8_000, 19_000]
  private static let patient = RetryPolicy(attemptsMax: 5, backoffFirst: .milliseconds(1), backoffMax: .milliseconds(5))

  private static func with(
    _ fault: @escaping @Sendable (Int) -> FaultyProxy.Fault, retry: RetryPolicy? = nil,
    adjust: (inout ClientConfiguration) -> Void = { _ in },
    _ body: (LontarClient, Runs, FaultyProxy) async throws -> Void
  ) async throws {
    let runs = Runs()
    let echo = try await EchoServer.start(register: runs.register)
    let proxy = try await FaultyProxy.start(to: echo, fault)
    let client = try proxy.client(of: echo) {
      $0.options.service.methods[""] = MethodConfiguration(retry: retry)
      adjust(&$0)
    }
    try await body(client, runs, proxy)
    await client.shutdown()
    await proxy.stop()
    await echo.stop()
  }

  private static func first(_ fault: FaultyProxy.Fault) -> @Sendable (Int) -> FaultyProxy.Fault {
    { $0 == 1 ? fault : .none }
  }

  @Test(arguments: FaultyProxy.Direction.allCases, offsets)
  func `a call with a policy comes through a connection that is cut at any byte`(
    direction: FaultyProxy.Direction, offset: Int
  ) async throws {
    try await Self.with(Self.first(.cut(direction, after: offset)), retry: Self.patient) { client, runs, proxy async throws in
      #expect(try await EchoClient(client).unary(Self.request).payload == Self.payload)
      #expect(proxy.connections == 2)
      // What was cut may have run; no attempt ran twice.
      let attempts = runs[Self.name]
      #expect((1...2).contains(attempts.count) && Set(attempts).count == attempts.count)
    }
  }

  @Test(arguments: FaultyProxy.Direction.allCases, offsets)
  func `a call without a policy runs at most once and says UNAVAILABLE`(
    direction: FaultyProxy.Direction, offset: Int
  ) async throws {
    try await Self.with(Self.first(.cut(direction, after: offset))) { client, runs, _ async throws in
      let error = await RPCError.of { try await EchoClient(client).unary(Self.request) }
      #expect(error?.code == .unavailable)
      #expect(error?.isRetryable == true)
      #expect(runs[Self.name].count <= 1)
      // The client lives.
      #expect(
        try await EchoClient(client).unary(
          EchoRequest { $0.payload = Data("after".utf8) }, options: CallOptions(waitForReady: true)
        ).payload == Data("after".utf8))
    }
  }

  /// The handshake is watched by the connect timeout, what follows by keepalive.
  @Test(arguments: [(FaultyProxy.Direction.toServer, 1), (.toClient, 1_000), (.toServer, 8_000), (.toClient, 8_000)])
  func `a network that swallows everything is noticed, and the call goes another way`(
    direction: FaultyProxy.Direction, offset: Int
  ) async throws {
    try await Self.with(
      Self.first(.swallow(direction, after: offset)), retry: Self.patient,
      adjust: {
        $0.options.connectTimeoutSeconds = 2
        ($0.options.keepaliveSeconds, $0.options.keepaliveTimeoutSeconds) = (1, 1)
      }
    ) { client, runs, _ async throws in
      #expect(try await EchoClient(client).unary(Self.request).payload == Self.payload)
      #expect((1...2).contains(runs[Self.name].count))
    }
  }

  @Test(arguments: [1, 8_000])
  func `a deadline holds in a network that swallows everything`(offset: Int) async throws {
    try await Self.with({ _ in .swallow(.toServer, after: offset) }, retry: Self.patient) { client, runs, _ async throws in
      for wait in [false, true] {
        let error = await RPCError.of {
          try await EchoClient(client).unary(
            Self.request, options: CallOptions(timeout: .milliseconds(200), waitForReady: wait))
        }
        #expect(error?.code == .deadlineExceeded)
      }
      #expect(runs.total == 0)
    }
  }

  @Test func `a call that waits for ready outlasts refusals, one connection after the other`() async throws {
    try await Self.with({ $0 <= 5 ? .refuse : .none }) { client, runs, proxy async throws in
      let patient = CallOptions(waitForReady: true)
      #expect(
        try await EchoClient(client).unary(Self.request, options: patient).payload == Self.payload)
      #expect(proxy.connections == 6)
      #expect(runs[Self.name] == [1])
    }
  }

  @Test func `a slow network changes nothing but the time`() async throws {
    try await Self.with({ _ in .delay(.milliseconds(5)) }) { client, _, _ async throws in
      #expect(try await EchoClient(client).unary(Self.request).payload == Self.payload)
      var request = EchoRequest()
      request.responseCount = 100
      let (messages, error) = try await EchoClient(client).serverStream(request).collect()
      #expect(error == nil)
      #expect(messages.map(\.payload) == (0..<100).map { Data("\($0)".utf8) })
    }
  }

  @Test(arguments: [1, 700, 5_000, 15_000, 40_000])
  func `a stream of requests that is cut before its answer is sent again whole`(offset: Int) async throws {
    try await Self.with(Self.first(.cut(.toServer, after: offset)), retry: Self.patient) { client, runs, proxy async throws in
      let upload = try await EchoClient(client).clientStream(options: CallOptions(waitForReady: true))
      var sent = Data()
      for number in 0..<50 {
        let part = Data("part \(number) ".utf8) + Data(count: 990)
        sent.append(part)
        try await upload.requests.write(EchoRequest { $0.payload = part })
      }
      #expect(try await upload.response().payload == sent)
      #expect(proxy.connections == 2)
      #expect(runs["upload"].count == 1)
    }
  }

  @Test func `a stream of answers that is cut amid ends there, without a gap and without a repetition`() async throws {
    try await Self.with(Self.first(.cut(.toClient, after: 50_000)), retry: Self.patient) { client, _, proxy async throws in
      let request = EchoRequest {
        $0.responseCount = 1_000
        $0.payload = Data(count: 1_000)
      }
      let (messages, error) = try await EchoClient(client).serverStream(request).collect()
      #expect(error?.code == .unavailable)
      #expect((1..<50).contains(messages.count))
      #expect(messages.map(\.payload) == (0..<messages.count).map { Data("\($0)".utf8) + Data(count: 1_000) })
      #expect(proxy.connections == 1)
    }
  }

  @Test func `a hedged call is answered by one server while the network to the other swallows it`() async throws {
    let (bad, good) = (Runs(), Runs())
    let (one, two) = (try await EchoServer.start(register: bad.register), try await EchoServer.start(register: good.register))
    // The handshake, HELLO and short calls pass; the 20,000 bytes of a request do not.
    let proxy = try await FaultyProxy.start(to: one) { _ in .swallow(.toServer, after: 12_000) }
    let client = try one.client {
      $0.endpoints = [.init(host: "127.0.0.1", port: proxy.port), .init(host: "127.0.0.1", port: two.port)]
      $0.options.balancing = .roundRobin
      $0.options.service.methods[""] = MethodConfiguration(
        waitForReady: true, hedging: HedgingPolicy(attemptsMax: 3, delay: .milliseconds(20)))
    }
    // Both are connected: as long as only one is, all attempts go there.
    var once = CallOptions()
    once.mayRepeat = false
    while bad.total == 0 || good.total == 0 {
      _ = try await EchoClient(client).unary(EchoRequest(), options: once)
      try await Task.sleep(for: .milliseconds(50))
    }
    let before = (bad: bad.total, good: good.total)
    for _ in 0..<4 {
      #expect(try await EchoClient(client).unary(Self.request).payload == Self.payload)
    }
    #expect(bad.total == before.bad)
    #expect(good.total >= before.good + 4)
    await client.shutdown()
    await proxy.stop()
    await one.server.shutdown(graceSeconds: 0)
    await two.stop()
  }
}

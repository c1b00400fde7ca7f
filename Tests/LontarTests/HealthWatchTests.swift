internal import Foundation
internal import LontarTesting
internal import LontarWire
internal import NIOCore
internal import Synchronization
internal import Testing

@testable internal import Lontar

/// The calls by which clients ask servers how they are: their ends say little, and they are few.
@Suite(.timeLimit(.minutes(3))) struct HealthWatchTests {
  private static func serving() -> HealthService {
    let health = HealthService(services: [])
    health.set(.serving)
    return health
  }

  @Test func `a watch that the server ends as too long is asked again, and no call fails`() async throws {
    let health = Self.serving()
    let watches = Signals<StatusCode>()
    let echo = try await EchoServer.start(
      register: { router in
        router.register(EchoService())
        router.register(health)
      }, onCall: { if $0.method.hasSuffix("Watch") { watches.send($0.code) } }, adjust: { $0.limits.callTimeoutSecondsMax = 2 })
    let client = try echo.client { $0.options.healthService = "" }
    var states = client.connectivity.makeAsyncIterator()
    client.connect()
    while await states.next() != .ready {}
    // Two watches end; calls go on all the while.
    let ended = Mutex(0)
    let counting = Task {
      for _ in 0..<2 where await watches.next() == .deadlineExceeded { ended.withLock { $0 += 1 } }
    }
    while ended.withLock({ $0 }) < 2 {
      #expect(try await EchoClient(client).isServed())
      try await Task.sleep(for: .milliseconds(10))
    }
    await counting.value
    await client.shutdown()
    #expect(await states.next() == .shutdown, "never anything but ready")
    await echo.stop()
  }

  /// The server's own status is no answer to the calls that wait for it.
  @Test func `what ends a watch is not what its client's calls end with`() async throws {
    for code in [StatusCode.ok, .resourceExhausted, .unauthenticated] {
      let servers = ScriptedServers([
        { connection, event in
          if case .open(let stream, _, _, _) = event { connection.end(stream, code) }
        }
      ])
      let client = servers.client {
        $0.healthService = ""
        ($0.backoffFirstMilliseconds, $0.backoffMaxMilliseconds) = (50, 100)
      }
      let error = await RPCError.of { try await EchoClient(client).unary(EchoRequest()) }
      #expect(error?.code == .unavailable)
      #expect(error?.transportReason == .notServing)
      await client.shutdown()
    }
  }

  @Test func `a server that never answers the watch counts as unhealthy after the time for connecting`() async throws {
    let servers = ScriptedServers([{ _, _ in }])
    let client = servers.client {
      $0.healthService = ""
      $0.connectTimeoutSeconds = 1
    }
    let error = await RPCError.of { try await EchoClient(client).unary(EchoRequest()) }
    #expect(error?.transportReason == .notServing)
    await client.shutdown()
  }

  @Test func `a connection has eight watches, and others their own`() async throws {
    let health = Self.serving()
    let echo = try await EchoServer.start(register: { $0.register(health) })
    let (one, two) = (try echo.client(), try echo.client())
    var streams: [ResponseStream<Grpc_Health_V1_HealthCheckResponse>] = []
    for _ in 0..<8 {
      let stream = try await Grpc_Health_V1_HealthClient(one).watch(.init())
      var statuses = stream.makeAsyncIterator()
      #expect(try await statuses.next()?.status == .serving)
      streams.append(stream)
    }
    var ninth = try await Grpc_Health_V1_HealthClient(one).watch(.init()).makeAsyncIterator()
    #expect(await RPCError.of { try await ninth.next() }?.code == .resourceExhausted)
    var other = try await Grpc_Health_V1_HealthClient(two).watch(.init()).makeAsyncIterator()
    #expect(try await other.next()?.status == .serving)
    // A place that is given up is free again.
    streams.removeFirst()
    var status: Grpc_Health_V1_HealthCheckResponse.ServingStatus?
    while status == nil {
      var again = try await Grpc_Health_V1_HealthClient(one).watch(.init()).makeAsyncIterator()
      status = try? await again.next()?.status
    }
    #expect(status == .serving)
    health.drain()
    await echo.stop(one, two)
  }

  @Test func `a draining server ends its watches, so that they do not hold its shutdown up`() async throws {
    let health = Self.serving()
    let echo = try await EchoServer.start(register: { $0.register(health) })
    let client = try echo.client()
    var statuses = try await Grpc_Health_V1_HealthClient(client).watch(.init()).makeAsyncIterator()
    #expect(try await statuses.next()?.status == .serving)
    health.drain()
    #expect(try await statuses.next()?.status == .notServing)
    #expect(await RPCError.of { try await statuses.next() }?.code == .unavailable)
    var late = try await Grpc_Health_V1_HealthClient(client).watch(.init()).makeAsyncIterator()
    #expect(await RPCError.of { try await late.next() }?.code == .unavailable)
    await echo.stop(client)
  }
}

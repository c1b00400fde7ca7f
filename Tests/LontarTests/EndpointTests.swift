internal import Glibc
internal import LontarTesting
internal import LontarWire
internal import NIOCore
internal import Synchronization
internal import Testing

@testable internal import Lontar

/// Several servers that do the same.
@Suite(.timeLimit(.minutes(3))) struct EndpointTests {
  // MARK: Pick-first

  @Test func `the first endpoint that can be had is used, in order`() async throws {
    let (dead, second, third) = (
      try await Endpoints.dead(), try await Counted("second").start(), try await Counted("third").start()
    )
    let client = try Endpoints.client([dead, second, third])
    for _ in 0..<5 { #expect(try await Endpoints.ask(client) == "second") }
    await second.stop(client)
    await third.stop()
  }

  @Test func `when a connection is lost the search starts again at the first endpoint`() async throws {
    let (first, second) = (Counted("first"), Counted("second"))
    let (one, two) = (try await first.start(), try await second.start())
    let client = try Endpoints.client([one, two])
    #expect(try await Endpoints.ask(client) == "first")
    await one.server.shutdown(graceSeconds: 0)
    #expect(try await Endpoints.ask(client) == "second")
    let again = try await first.start(port: one.port)
    await two.server.shutdown(graceSeconds: 0)
    #expect(try await Endpoints.ask(client) == "first")
    await again.stop(client)
  }

  @Test func `a search by chance finds every endpoint, and none twice in one search`() async throws {
    let servers = ScriptedServers([nil, nil, nil])
    for round in 1...3 {
      let client = servers.client { $0.balancing = .pickFirst(shuffled: true) }
      #expect(await RPCError.of { try await EchoClient(client).unary(EchoRequest()) }?.code == .unavailable)
      #expect(servers.connections == [round, round, round])
      await client.shutdown()
    }
    let first = Mutex<Set<Int>>([])
    let live = ScriptedServers(
      (0..<3).map { number in
        { connection, event in
          first.withLock { _ = $0.insert(number) }
          if case .open(let stream, _, _, _) = event { connection.answer(stream) }
        }
      })
    // One of three is missed by 60 searches with a chance of 3 × (2/3)^60, below one in ten thousand million.
    for _ in 0..<60 {
      let client = live.client { $0.balancing = .pickFirst(shuffled: true) }
      _ = try await EchoClient(client).unary(EchoRequest())
      await client.shutdown()
    }
    #expect(first.withLock { $0 } == [0, 1, 2])
  }

  @Test func `when no endpoint can be had the error names how many and the last`() async throws {
    let (one, two) = (try await Endpoints.dead(), try await Endpoints.dead())
    let client = try Endpoints.client([one, two])
    let error = await RPCError.of { try await EchoClient(client).isServed() }
    #expect(error?.code == .unavailable)
    #expect(error?.transportReason == .noEndpointReachable)
    #expect(error?.details.parameters["count"] == "2")
    #expect(
      error?.message == "none of 2 endpoints can be used; the last: can't reach 127.0.0.1:\(two.port): nothing listens there")
    await client.shutdown()
  }

  @Test func `addresses of one host that fail are told as one`() {
    let refused = RPCError.cantReach("h:1", IOError(errnoCode: ECONNREFUSED, reason: "connect"))
    let slow = RPCError.connectionLost
    #expect(RPCError.unreachable([("h:1", refused), ("h:1", refused)]).message == "can't reach h:1: nothing listens there")
    // The address that got further says more.
    #expect(RPCError.unreachable([("h:1", refused), ("h:1", slow)]).transportReason == .connectionLost)
  }

  @Test func `a host name stands for all its addresses`() {
    #expect(HostLookup.addresses("localhost", 7_443).contains { $0.ipAddress == "127.0.0.1" && $0.port == 7_443 })
    #expect(HostLookup.addresses("no-such-host.invalid", 7_443).isEmpty)
    #expect(HostLookup.literal("localhost", 1) == nil)
    #expect(HostLookup.literal("::1", 1)?.ipAddress == "::1")
  }

  @Test func `a name without an address is told so`() async throws {
    let echo = try await EchoServer.start()
    let client = try echo.client { $0.endpoints = [ClientEndpoint(host: "no-such-host.invalid", port: 7_443)] }
    let error = await RPCError.of { try await EchoClient(client).isServed() }
    #expect(error?.transportReason == .noAddress)
    #expect(error?.message == "can't reach no-such-host.invalid:7443: no address answers")
    await echo.stop(client)
  }

  @Test func `a client without an endpoint can't be made`() async throws {
    let echo = try await EchoServer.start()
    let error = await RPCError.of { try echo.client { $0.endpoints = [] } }
    #expect(error?.transportReason == .noEndpoint)
    await echo.stop()
  }

  // MARK: Round-robin

  @Test func `calls go to all endpoints in turn`() async throws {
    let counted = (0..<3).map { Counted("\($0)") }
    var servers: [EchoServer] = []
    for one in counted { servers.append(try await one.start()) }
    let client = try Endpoints.client(servers) { $0.options.balancing = .roundRobin }
    var seen: Set<String> = []
    while seen.count < 3 { seen.insert(try await Endpoints.ask(client)) }
    let before = counted.map(\.count)
    for _ in 0..<30 { _ = try await Endpoints.ask(client) }
    #expect(zip(counted, before).map { $0.count - $1 } == [10, 10, 10])
    await client.shutdown()
    for server in servers { await server.stop() }
  }

  @Test func `an endpoint that fails is left out until it is back`() async throws {
    let (first, second) = (Counted("first"), Counted("second"))
    let (one, two) = (try await first.start(), try await second.start())
    let client = try Endpoints.client([one, two]) { $0.options.balancing = .roundRobin }
    var seen: Set<String> = []
    while seen.count < 2 { seen.insert(try await Endpoints.ask(client)) }
    await one.server.shutdown(graceSeconds: 0)
    #expect(await Self.unavailableEnds(client))
    for _ in 0..<10 { #expect(try await Endpoints.ask(client) == "second") }
    let again = try await first.start(port: one.port)
    while try await Endpoints.ask(client) != "first" {}
    await again.stop(client)
    await two.stop()
  }

  /// The first call after a server's end may still go to it; the client knows once one succeeded.
  private static func unavailableEnds(_ client: LontarClient) async -> Bool {
    for _ in 0..<10 where await RPCError.of({ try await Endpoints.ask(client) }) == nil { return true }
    return false
  }

  @Test func `all endpoints down is a failure, one is none`() async throws {
    let answering: ScriptedServers.Script = { connection, event in
      if case .open(let stream, _, _, _) = event { connection.answer(stream) }
    }
    let servers = ScriptedServers([nil, answering])
    let client = servers.client { $0.balancing = .roundRobin }
    var states = Endpoints.states(client)
    #expect(await states.next() == .idle)
    _ = try await EchoClient(client).unary(EchoRequest())
    #expect(await states.next() == .connecting)
    #expect(await states.next() == .ready)
    await client.shutdown()
    #expect(await states.next() == .shutdown)
    #expect(await states.next() == nil)
    let none = ScriptedServers([nil, nil])
    let lost = none.client { $0.balancing = .roundRobin }
    let error = await RPCError.of { try await EchoClient(lost).unary(EchoRequest()) }
    #expect(error?.transportReason == .noEndpointReachable)
    var after = Endpoints.states(lost)
    #expect(await after.next() == .transientFailure)
    await lost.shutdown()
  }

  @Test func `addresses are asked for again when one fails`() async throws {
    for balancing in [LoadBalancing.pickFirst(), .roundRobin] {
      let runs = Mutex<[Int]>([])
      let servers = ScriptedServers([nil, nil])
      servers.place([0])
      servers.listen(0) { [weak servers] connection, event in
        guard case .open(let stream, _, _, _) = event else { return }
        runs.withLock { $0.append(0) }
        // The service moves away.
        servers?.place([1])
        connection.answer(stream)
        connection.drain()
      }
      servers.listen(1) { connection, event in
        guard case .open(let stream, _, _, _) = event else { return }
        runs.withLock { $0.append(1) }
        connection.answer(stream)
      }
      let client = servers.client { $0.balancing = balancing }
      for _ in 0..<3 { _ = try await EchoClient(client).unary(EchoRequest(), options: CallOptions(waitForReady: true)) }
      #expect(runs.withLock { $0 } == [0, 1, 1])
      await client.shutdown()
    }
  }

  // MARK: Connectivity

  @Test func `states are told from idle to shutdown`() async throws {
    let servers = ScriptedServers([nil])
    let client = servers.client { ($0.backoffFirstMilliseconds, $0.backoffMaxMilliseconds) = (1, 1) }
    var states = Endpoints.states(client)
    #expect(await states.next() == .idle)
    #expect(await RPCError.of { try await EchoClient(client).unary(EchoRequest()) }?.transportReason == .nothingListens)
    #expect(await states.next() == .connecting)
    #expect(await states.next() == .transientFailure)
    // Nothing waits, so nothing is tried.
    #expect(await states.next() == .idle)
    servers.listen(0) { connection, event in
      if case .open(let stream, _, _, _) = event { connection.answer(stream) }
    }
    client.connect()
    #expect(await states.next() == .connecting)
    #expect(await states.next() == .ready)
    await client.shutdown()
    #expect(await states.next() == .shutdown)
    #expect(await states.next() == nil)
    var late = Endpoints.states(client)
    #expect(await late.next() == .shutdown)
    #expect(await late.next() == nil)
  }
}

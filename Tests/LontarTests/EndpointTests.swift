internal import Foundation
internal import Glibc
internal import LontarTLS
internal import LontarTesting
internal import LontarWire
internal import NIOCore
internal import Synchronization
internal import Testing

@testable internal import Lontar

/// Several servers that do the same.
@Suite(.timeLimit(.minutes(3))) struct EndpointTests {
  /// A server that answers with its name and counts its calls.
  private final class Counted: Sendable {
    let name: String
    private let calls = Mutex<[String: Int]>([:])

    init(_ name: String) { self.name = name }

    func start(port: Int = 0, health: HealthService? = nil) async throws -> EchoServer {
      try await EchoServer.start(port: port) { router in
        if let health { router.register(health) }
        router.unary(Lontar_Testing_V1_Echo.unary) { request, _ in
          self.calls.withLock { $0[String(decoding: request.payload, as: UTF8.self), default: 0] += 1 }
          return EchoResponse { $0.payload = Data(self.name.utf8) }
        }
      }
    }

    var count: Int { calls.withLock { $0.values.reduce(0, +) } }
  }

  private static func client(
    _ servers: [EchoServer], adjust: (inout ClientConfiguration) -> Void = { _ in }
  ) throws -> LontarClient {
    try servers[0].client {
      $0.endpoints = servers.map { ClientEndpoint(host: "127.0.0.1", port: $0.port) }
      $0.options.backoffFirstMilliseconds = 1
      $0.options.backoffMaxMilliseconds = 5
      adjust(&$0)
    }
  }

  private static func exchange(_ value: inout Bool, _ new: Bool) -> Bool {
    defer { value = new }
    return value
  }

  /// Who answers.
  private static func ask(_ client: LontarClient, _ text: String = "") async throws -> String {
    let request = EchoRequest { $0.payload = Data(text.utf8) }
    return String(
      decoding: try await EchoClient(client).unary(request, options: CallOptions(waitForReady: true)).payload, as: UTF8.self)
  }

  /// A port where nothing listens.
  private static func dead() async throws -> EchoServer {
    let server = try await EchoServer.start()
    await server.server.shutdown(graceSeconds: 0)
    return server
  }

  private static func states(_ client: LontarClient) -> AsyncStream<ConnectivityState>.Iterator {
    client.connectivity.makeAsyncIterator()
  }

  // MARK: Pick-first

  @Test func `the first endpoint that can be had is used, in order`() async throws {
    let (dead, second, third) = (try await Self.dead(), try await Counted("second").start(), try await Counted("third").start())
    let client = try Self.client([dead, second, third])
    for _ in 0..<5 { #expect(try await Self.ask(client) == "second") }
    await second.stop(client)
    await third.stop()
  }

  @Test func `when a connection is lost the search starts again at the first endpoint`() async throws {
    let (first, second) = (Counted("first"), Counted("second"))
    let (one, two) = (try await first.start(), try await second.start())
    let client = try Self.client([one, two])
    #expect(try await Self.ask(client) == "first")
    await one.server.shutdown(graceSeconds: 0)
    #expect(try await Self.ask(client) == "second")
    let again = try await first.start(port: one.port)
    await two.server.shutdown(graceSeconds: 0)
    #expect(try await Self.ask(client) == "first")
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
    let (one, two) = (try await Self.dead(), try await Self.dead())
    let client = try Self.client([one, two])
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
    let client = try Self.client(servers) { $0.options.balancing = .roundRobin }
    var seen: Set<String> = []
    while seen.count < 3 { seen.insert(try await Self.ask(client)) }
    let before = counted.map(\.count)
    for _ in 0..<30 { _ = try await Self.ask(client) }
    #expect(zip(counted, before).map { $0.count - $1 } == [10, 10, 10])
    await client.shutdown()
    for server in servers { await server.stop() }
  }

  @Test func `an endpoint that fails is left out until it is back`() async throws {
    let (first, second) = (Counted("first"), Counted("second"))
    let (one, two) = (try await first.start(), try await second.start())
    let client = try Self.client([one, two]) { $0.options.balancing = .roundRobin }
    var seen: Set<String> = []
    while seen.count < 2 { seen.insert(try await Self.ask(client)) }
    await one.server.shutdown(graceSeconds: 0)
    #expect(await Self.unavailableEnds(client))
    for _ in 0..<10 { #expect(try await Self.ask(client) == "second") }
    let again = try await first.start(port: one.port)
    while try await Self.ask(client) != "first" {}
    await again.stop(client)
    await two.stop()
  }

  /// The first call after a server's end may still go to it; the client knows once one succeeded.
  private static func unavailableEnds(_ client: LontarClient) async -> Bool {
    for _ in 0..<10 where await RPCError.of({ try await ask(client) }) == nil { return true }
    return false
  }

  @Test func `all endpoints down is a failure, one is none`() async throws {
    let answering: ScriptedServers.Script = { connection, event in
      if case .open(let stream, _, _, _) = event { connection.answer(stream) }
    }
    let servers = ScriptedServers([nil, answering])
    let client = servers.client { $0.balancing = .roundRobin }
    var states = Self.states(client)
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
    var after = Self.states(lost)
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
    var states = Self.states(client)
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
    var late = Self.states(client)
    #expect(await late.next() == .shutdown)
    #expect(await late.next() == nil)
  }

  // MARK: Drains

  @Test func `a drain of one server with 100 calls in flight loses none, runs none twice, and new ones go to the other`()
    async throws
  {
    let arrived = Signals<Void>()
    let runs = Mutex<[String: [String]]>([:])
    let gate = Mutex<(isOpen: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))
    func start(_ name: String) async throws -> EchoServer {
      // Each has room for all, for the other's connection may come too late to have any of the first 200.
      try await EchoServer.start(callsMax: 400) { router in
        router.unary(Lontar_Testing_V1_Echo.unary) { request, _ in
          runs.withLock { $0[String(decoding: request.payload, as: UTF8.self), default: []].append(name) }
          if request.sleepMilliseconds > 0 {
            await withCheckedContinuation { continuation in
              let passes = gate.withLock { gate in
                if !gate.isOpen { gate.waiting.append(continuation) }
                return gate.isOpen
              }
              arrived.send(())
              if passes { continuation.resume() }
            }
          }
          return EchoResponse { $0.payload = Data(name.utf8) }
        }
      }
    }
    let (one, two) = (try await start("one"), try await start("two"))
    let client = try Self.client([one, two]) { $0.options.balancing = .roundRobin }
    let calls = (0..<200).map { number in
      Task {
        try await EchoClient(client).unary(
          EchoRequest {
            $0.sleepMilliseconds = 1
            $0.payload = Data("running \(number)".utf8)
          }, options: CallOptions(waitForReady: true)
        ).payload
      }
    }
    _ = await arrived.next(200)
    let stopping = Task { await one.server.shutdown(graceSeconds: 60) }
    // The drain has arrived when the second server gets two calls in a row.
    var (answers, number) = (["", ""], 0)
    while Set(answers.suffix(2)) != ["two"] {
      answers.append(try await Self.ask(client, "new \(number)"))
      number += 1
    }
    for _ in 0..<20 {
      #expect(try await Self.ask(client, "new \(number)") == "two")
      number += 1
    }
    gate.withLock { gate in
      for continuation in gate.waiting { continuation.resume() }
      gate = (true, [])
    }
    for call in calls { _ = try await call.value }
    await stopping.value
    let seen = runs.withLock { $0 }
    #expect(seen.count == 200 + number)
    #expect(seen.values.allSatisfy { $0.count == 1 })
    await two.stop(client)
  }

  @Test(arguments: [LoadBalancing.pickFirst(), .roundRobin])
  func `calls above the last that a server accepted run exactly once, elsewhere`(balancing: LoadBalancing) async throws {
    let runs = Mutex<[(server: Int, attempt: UInt8)]>([])
    let hasDrained = Mutex(false)
    let servers = ScriptedServers(
      (0..<2).map { server in
        { connection, event in
          guard case .open(let stream, let frame, _, _) = event else { return }
          runs.withLock { $0.append((server, frame.attempt)) }
          connection.answer(stream)
          // Its later connections live.
          if server == 0, connection.opened == 10, !hasDrained.withLock({ Self.exchange(&$0, true) }) { connection.drain() }
        }
      })
    let client = servers.client { $0.balancing = balancing }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<100 {
        group.addTask { _ = try await EchoClient(client).unary(EchoRequest(), options: CallOptions(waitForReady: true)) }
      }
      try await group.waitForAll()
    }
    let seen = runs.withLock { $0 }
    #expect(seen.count == 100)
    #expect(seen.contains { $0.attempt == 2 })
    await client.shutdown()
  }

  // MARK: Hopeless servers

  @Test func `a server that can't be trusted fails calls at once, also those that wait for ready`() async throws {
    let echo = try await EchoServer.start()
    let client = try echo.client { $0.tls.serverName = "another.example" }
    let error = await RPCError.of { try await EchoClient(client).unary(EchoRequest(), options: CallOptions(waitForReady: true)) }
    #expect(error?.code == .unavailable)
    #expect(error?.isHopeless == true)
    #expect(error?.isRetryable == false)
    await echo.stop(client)
  }

  @Test func `one that can't be trusted among others is passed over`() async throws {
    let (one, two) = (try await EchoServer.start(), try await EchoServer.start())
    for balancing in [LoadBalancing.pickFirst(), .roundRobin] {
      let client = try one.client {
        $0.endpoints = [
          ClientEndpoint(host: "127.0.0.1", port: one.port, serverName: "another.example"),
          ClientEndpoint(host: "127.0.0.1", port: two.port),
        ]
        $0.options.balancing = balancing
      }
      #expect(try await EchoClient(client).isServed())
      await client.shutdown()
    }
    await one.stop()
    await two.stop()
  }

  // MARK: Health

  private static func health(_ status: HealthService.Status) -> HealthService {
    let health = HealthService(services: [Lontar_Testing_V1_Echo.serviceName])
    health.set(status)
    return health
  }

  @Test func `calls go only to servers that say that they serve`() async throws {
    let (firstHealth, secondHealth) = (Self.health(.notServing), Self.health(.serving))
    let one = try await Counted("first").start(health: firstHealth)
    let two = try await Counted("second").start(health: secondHealth)
    let client = try Self.client([one, two]) {
      $0.options.balancing = .roundRobin
      $0.options.healthService = Lontar_Testing_V1_Echo.serviceName
    }
    for _ in 0..<10 { #expect(try await Self.ask(client) == "second") }
    firstHealth.set(.serving)
    while try await Self.ask(client) != "first" {}
    secondHealth.set(.notServing)
    var last = ["", "second"]
    while last != ["first", "first"] { last = [last[1], try await Self.ask(client)] }
    for _ in 0..<10 { #expect(try await Self.ask(client) == "first") }
    firstHealth.set(.notServing)
    var states = Self.states(client)
    while await states.next() != .transientFailure {}
    let error = await RPCError.of { try await EchoClient(client).unary(EchoRequest()) }
    #expect(error?.transportReason == .noEndpointReachable)
    #expect((error?.cause as? RPCError)?.transportReason == .notServing)
    await client.shutdown()
    await one.stop()
    await two.stop()
  }

  @Test func `pick-first goes on to the next endpoint when one does not serve`() async throws {
    let (firstHealth, secondHealth) = (Self.health(.notServing), Self.health(.serving))
    let one = try await Counted("first").start(health: firstHealth)
    let two = try await Counted("second").start(health: secondHealth)
    let client = try Self.client([one, two]) { $0.options.healthService = "" }
    #expect(try await Self.ask(client) == "second")
    firstHealth.set(.serving)
    secondHealth.set(.notServing)
    while try await Self.ask(client) != "first" {}
    await client.shutdown()
    await one.stop()
    await two.stop()
  }

  @Test func `an only server is watched until it serves`() async throws {
    let health = Self.health(.notServing)
    let server = try await Counted("only").start(health: health)
    let client = try Self.client([server]) { $0.options.healthService = Lontar_Testing_V1_Echo.serviceName }
    let error = await RPCError.of { try await EchoClient(client).unary(EchoRequest()) }
    #expect(error?.transportReason == .notServing)
    let patient = Task { try await Self.ask(client) }
    health.set(.serving)
    #expect(try await patient.value == "only")
    await server.stop(client)
  }

  @Test func `a server without health checks counts as healthy`() async throws {
    let server = try await Counted("plain").start()
    let client = try Self.client([server]) { $0.options.healthService = "any" }
    #expect(try await Self.ask(client) == "plain")
    await server.stop(client)
  }
}

internal import Foundation
internal import LontarTLS
internal import LontarTesting
internal import LontarWire
internal import Synchronization
internal import Testing

@testable internal import Lontar

/// What becomes of calls when one of several servers is drained, is hopeless, or says that it does not serve.
@Suite(.timeLimit(.minutes(3))) struct EndpointHealthTests {
  private static func exchange(_ value: inout Bool, _ new: Bool) -> Bool {
    defer { value = new }
    return value
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
    let client = try Endpoints.client([one, two]) { $0.options.balancing = .roundRobin }
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
      answers.append(try await Endpoints.ask(client, "new \(number)"))
      number += 1
    }
    for _ in 0..<20 {
      #expect(try await Endpoints.ask(client, "new \(number)") == "two")
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
    let client = try Endpoints.client([one, two]) {
      $0.options.balancing = .roundRobin
      $0.options.healthService = Lontar_Testing_V1_Echo.serviceName
    }
    for _ in 0..<10 { #expect(try await Endpoints.ask(client) == "second") }
    firstHealth.set(.serving)
    while try await Endpoints.ask(client) != "first" {}
    secondHealth.set(.notServing)
    var last = ["", "second"]
    while last != ["first", "first"] { last = [last[1], try await Endpoints.ask(client)] }
    for _ in 0..<10 { #expect(try await Endpoints.ask(client) == "first") }
    firstHealth.set(.notServing)
    var states = Endpoints.states(client)
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
    let client = try Endpoints.client([one, two]) { $0.options.healthService = "" }
    #expect(try await Endpoints.ask(client) == "second")
    firstHealth.set(.serving)
    secondHealth.set(.notServing)
    while try await Endpoints.ask(client) != "first" {}
    await client.shutdown()
    await one.stop()
    await two.stop()
  }

  @Test func `an only server is watched until it serves`() async throws {
    let health = Self.health(.notServing)
    let server = try await Counted("only").start(health: health)
    let client = try Endpoints.client([server]) { $0.options.healthService = Lontar_Testing_V1_Echo.serviceName }
    let error = await RPCError.of { try await EchoClient(client).unary(EchoRequest()) }
    #expect(error?.transportReason == .notServing)
    let patient = Task { try await Endpoints.ask(client) }
    health.set(.serving)
    #expect(try await patient.value == "only")
    await server.stop(client)
  }

  @Test func `a server without health checks counts as healthy`() async throws {
    let server = try await Counted("plain").start()
    let client = try Endpoints.client([server]) { $0.options.healthService = "any" }
    #expect(try await Endpoints.ask(client) == "plain")
    await server.stop(client)
  }
}

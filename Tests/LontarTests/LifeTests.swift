internal import Foundation
internal import Lontar
internal import LontarTesting
internal import Synchronization
internal import Testing

/// Servers that stop, restart, die or are the wrong ones.
@Suite(.timeLimit(.minutes(3))) struct LifeTests {
  /// Handlers that answer when the test opens the gate.
  private final class Gate: Sendable {
    let arrived = Signals<Void>()
    /// The answer to a call without a payload: which server is this?
    let name: String
    private let waiting = Mutex<(isOpen: Bool, all: [CheckedContinuation<Void, Never>])>((false, []))

    init(_ name: String = "") {
      self.name = name
    }

    func pass() async {
      await withCheckedContinuation { continuation in
        let passes = waiting.withLock { waiting in
          if !waiting.isOpen { waiting.all.append(continuation) }
          return waiting.isOpen
        }
        arrived.send(())
        if passes { continuation.resume() }
      }
    }

    func open() {
      let all = waiting.withLock { waiting in
        defer { waiting = (true, []) }
        return waiting.all
      }
      for continuation in all { continuation.resume() }
    }

    /// Unary calls that sleep wait at the gate; streams wait there after their first message.
    func register(_ router: inout Router) {
      router.unary(Lontar_Testing_V1_Echo.unary) { request, _ in
        if request.sleepMilliseconds > 0 { await self.pass() }
        return EchoResponse { $0.payload = request.payload.isEmpty ? Data(self.name.utf8) : request.payload }
      }
      router.serverStreaming(Lontar_Testing_V1_Echo.serverStream) { request, writer, _ in
        try await writer.write(EchoResponse { $0.payload = request.payload })
        await self.pass()
        try await writer.write(EchoResponse { $0.payload = request.payload })
      }
    }
  }

  private static func waiting(_ number: Int) -> EchoRequest {
    EchoRequest {
      $0.sleepMilliseconds = 1
      $0.payload = Data("call \(number)".utf8)
    }
  }

  @Test func `connections that come in the very moment of a shutdown end with it`() async throws {
    let echo = try await EchoServer.start()
    let tls = try echo.clientConfiguration().tls
    let come = Signals<Void>()
    let rush = Task {
      try await withThrowingTaskGroup(of: Int.self) { group in
        for number in 0..<8 {
          group.addTask {
            var clients: [RawClient] = []
            // Until nobody listens any more. Half of them never begin their handshake.
            while let client = try? await RawClient.connect(to: echo, tls: number.isMultiple(of: 2) ? tls : nil) {
              clients.append(client)
              come.send(())
              try await Task.sleep(for: .milliseconds(5))
            }
            for client in clients { _ = try await client.ended() }
            return clients.count
          }
        }
        return try await group.reduce(0, +)
      }
    }
    _ = await come.next(20)
    await echo.server.shutdown(graceSeconds: 1)
    #expect(echo.server.connectionCount == 0)
    #expect(try await rush.value >= 20)
  }

  @Test(arguments: [false, true])
  func `a shutdown does not wait for clients that have not said HELLO`(hasHandshake: Bool) async throws {
    // Both handshake and HELLO may take two minutes, as may the running calls.
    let echo = try await EchoServer.start()
    let silent = try await RawClient.connect(to: echo, tls: hasHandshake ? echo.clientConfiguration().tls : nil)
    while echo.server.connectionCount == 0 { try await Task.sleep(for: .milliseconds(5)) }
    let start = ContinuousClock.now
    await echo.server.shutdown(graceSeconds: 120)
    #expect(ContinuousClock.now - start < .seconds(60))
    _ = try await silent.ended()
  }

  @Test func `a drain loses none of 100 running calls, and the next call finds the server's successor`() async throws {
    let gate = Gate()
    let echo = try await EchoServer.start(register: gate.register)
    let client = try echo.client()
    let calls = (0..<100).map { number in
      Task { String(decoding: try await EchoClient(client).unary(Self.waiting(number)).payload, as: UTF8.self) }
    }
    _ = await gate.arrived.next(100)
    let stopping = Task { await echo.server.shutdown(graceSeconds: 60) }
    // The listener is gone as soon as a successor can have the port.
    let successor = try await Self.successor(of: echo)
    let later = try await EchoClient(client).unary(
      EchoRequest { $0.payload = Data("later".utf8) }, options: CallOptions(waitForReady: true))
    #expect(later.payload == Data("later".utf8))
    gate.open()
    for (number, call) in calls.enumerated() { #expect(try await call.value == "call \(number)") }
    await stopping.value
    await successor.stop(client)
  }

  /// A second server on the port of one that is shutting down, as soon as it can have it.
  private static func successor(of echo: EchoServer, _ gate: Gate? = nil) async throws -> EchoServer {
    while true {
      do {
        guard let gate else { return try await EchoServer.start(port: echo.port) }
        return try await EchoServer.start(port: echo.port, register: gate.register)
      } catch let error as RPCError where error.code == .unavailable {
        await Task.yield()
      }
    }
  }

  @Test func `after a drain a running stream and a new call of the same number are not mixed up`() async throws {
    let gate = Gate()
    let echo = try await EchoServer.start(register: gate.register)
    let client = try echo.client()
    var old = try await EchoClient(client).serverStream(EchoRequest { $0.payload = Data("old".utf8) }).makeAsyncIterator()
    #expect(try await old.next()?.payload == Data("old".utf8))
    let stopping = Task { await echo.server.shutdown(graceSeconds: 60) }
    let second = Gate("second")
    let successor = try await Self.successor(of: echo, second)
    // The successor has the port before the client has heard of the drain.
    let patient = CallOptions(waitForReady: true)
    while try await EchoClient(client).unary(EchoRequest(), options: patient).payload != Data("second".utf8) {}
    let new = Task { try await EchoClient(client).unary(Self.waiting(2), options: CallOptions(waitForReady: true)).payload }
    await second.arrived.next()
    // Both are the first call of their connection. Giving the old one up must not touch the new one.
    old = try await EchoClient(client).serverStream(EchoRequest()).makeAsyncIterator()
    second.open()
    #expect(try await new.value == Data("call 2".utf8))
    gate.open()
    await stopping.value
    _ = old
    await successor.stop(client)
  }

  @Test func `calls to a server that is gone are UNAVAILABLE, and served again when it is back`() async throws {
    let echo = try await EchoServer.start()
    let client = try echo.client {
      $0.options.backoffFirstMilliseconds = 1
      $0.options.backoffMaxMilliseconds = 5
    }
    #expect(try await EchoClient(client).isServed())
    await echo.server.shutdown(graceSeconds: 5)
    let error = await RPCError.of { try await EchoClient(client).isServed() }
    #expect(error?.code == .unavailable)
    #expect(error?.isRetryable == true)
    #expect(error?.message.contains("127.0.0.1:\(echo.port)") == true)
    // One that waits is answered by the next server on that port, without being told.
    let waiting = Task {
      try await EchoClient(client).unary(
        EchoRequest { $0.payload = Data("patient".utf8) }, options: CallOptions(waitForReady: true)
      ).payload
    }
    let successor = try await EchoServer.start(port: echo.port)
    #expect(try await waiting.value == Data("patient".utf8))
    #expect(try await EchoClient(client).isServed())
    await successor.stop(client)
  }

  @Test func `a server that ends without waiting leaves its calls UNAVAILABLE`() async throws {
    let started = Signals<Void>()
    let register = { @Sendable (router: inout Router) in
      router.unary(Lontar_Testing_V1_Echo.unary) { _, _ async throws in
        started.send(())
        try await waitForCancellation()
        return EchoResponse()
      }
      router.serverStreaming(Lontar_Testing_V1_Echo.serverStream) { _, writer, _ in
        try await writer.write(EchoResponse())
        started.send(())
        try await waitForCancellation()
      }
    }
    let echo = try await EchoServer.start(register: register)
    let client = try echo.client()
    let unary = Task { await RPCError.of { try await EchoClient(client).unary(EchoRequest()) } }
    let stream = Task { try await EchoClient(client).serverStream(EchoRequest()).collect() }
    _ = await started.next(2)
    await echo.server.shutdown(graceSeconds: 0)
    #expect(await unary.value?.code == .unavailable)
    #expect(await unary.value?.isRetryable == true)
    let (messages, error) = try await stream.value
    #expect(messages.count == 1)
    #expect(error?.code == .unavailable)
    await client.shutdown()
  }

  @Test func `nobody listening is told by name, at once`() async throws {
    let echo = try await EchoServer.start()
    await echo.server.shutdown(graceSeconds: 0)
    let client = try echo.client()
    let error = await RPCError.of { try await EchoClient(client).isServed() }
    #expect(error?.code == .unavailable)
    #expect(error?.message == "can't reach 127.0.0.1:\(echo.port): nothing listens there")
    await client.shutdown()
  }

  @Test func `a taken port is told by number`() async throws {
    try await EchoServer.with { echo, _ async throws in
      let error = await RPCError.of { try await EchoServer.start(port: echo.port) }
      #expect(error?.code == .unavailable)
      #expect(error?.message.contains("port \(echo.port) on 127.0.0.1 is taken") == true)
    }
  }

  @Test(arguments: [([UInt8](repeating: 1, count: 16), true), ([UInt8](repeating: 2, count: 16), false), (nil, true)])
  func `a client of another environment is refused and told why`(environment: [UInt8]?, isServed: Bool) async throws {
    try await EchoServer.with(adjust: { $0.limits.environment = Array(repeating: 1, count: 16) }) { echo, _ async throws in
      let client = try echo.client { $0.options.environment = environment }
      let error = await RPCError.of { try await EchoClient(client).isServed() }
      #expect((error == nil) == isServed)
      if let error {
        #expect(error.code == .failedPrecondition)
        #expect(error.message.contains("environment"))
      }
      await client.shutdown()
    }
  }

  @Test func `a client that was shut down refuses calls and ends those that wait`() async throws {
    let gate = Gate()
    let echo = try await EchoServer.start(callsMax: 1, register: gate.register)
    let client = try echo.client()
    let running = Task { try await EchoClient(client).unary(Self.waiting(1)).payload }
    await gate.arrived.next()
    let queued = Task { await RPCError.of { try await EchoClient(client).unary(Self.waiting(2)) } }
    await client.shutdown()
    #expect([.cancelled, .unavailable].contains(await queued.value?.code))
    #expect(await RPCError.of { try await EchoClient(client).isServed() }?.code == .unavailable)
    gate.open()
    #expect(try await running.value == Data("call 1".utf8))
    await echo.stop()
  }

  // MARK: Health

  private static func withHealth(_ body: (HealthService, Grpc_Health_V1_HealthClient) async throws -> Void) async throws {
    let health = HealthService(services: [Lontar_Testing_V1_Echo.serviceName])
    let register = { @Sendable (router: inout Router) in router.register(health) }
    try await EchoServer.with(register: register) { _, client in try await body(health, Grpc_Health_V1_HealthClient(client)) }
  }

  private static func asking(_ service: String) -> Grpc_Health_V1_HealthCheckRequest {
    var request = Grpc_Health_V1_HealthCheckRequest()
    request.service = service
    return request
  }

  @Test func `health is asked by service, and unknown services are NOT_FOUND`() async throws {
    try await Self.withHealth { health, client async throws in
      for service in ["", Lontar_Testing_V1_Echo.serviceName] {
        #expect(try await client.check(Self.asking(service)).status == .notServing)
      }
      health.set(.serving)
      for service in ["", Lontar_Testing_V1_Echo.serviceName] {
        #expect(try await client.check(Self.asking(service)).status == .serving)
      }
      let unknown = await RPCError.of { try await client.check(Self.asking("nobody")) }
      #expect(unknown?.code == .notFound)
      #expect(unknown?.message.contains("nobody") == true)
    }
  }

  @Test func `a watcher hears the status and each change of it once`() async throws {
    try await Self.withHealth { health, client async throws in
      var watching = try await client.watch(Self.asking("")).makeAsyncIterator()
      #expect(try await watching.next()?.status == .notServing)
      health.set(.serving)
      #expect(try await watching.next()?.status == .serving)
      health.set(.serving)
      health.set(.notServing)
      #expect(try await watching.next()?.status == .notServing)
    }
  }

  @Test func `a watcher of an unknown service is told so and kept`() async throws {
    try await Self.withHealth { _, client async throws in
      var watching = try await client.watch(Self.asking("nobody")).makeAsyncIterator()
      #expect(try await watching.next()?.status == .serviceUnknown)
    }
  }
}

internal import Foundation
internal import LontarTesting
internal import LontarWire
internal import NIOCore
internal import Synchronization
internal import Testing

@testable internal import Lontar

/// A server says how it is, and clients hold back by it.
@Suite(.timeLimit(.minutes(3))) struct HintTests {
  private static let hour: UInt32 = 3_600_000

  /// Counts its calls and answers each at once; with the first answer of a connection goes what `hint` says.
  private final class Server: Sendable {
    private let opened = Mutex(0)
    private let hint: @Sendable (ScriptedConnection) -> Void

    init(_ hint: @escaping @Sendable (ScriptedConnection) -> Void = { _ in }) { self.hint = hint }

    var calls: Int { opened.withLock { $0 } }

    var script: ScriptedServers.Script {
      { connection, event in
        guard case .open(let stream, _, _, _) = event else { return }
        self.opened.withLock { $0 += 1 }
        if connection.opened == 1 { self.hint(connection) }
        connection.answer(stream)
      }
    }
  }

  private static func call(_ client: LontarClient, timeout: Duration? = nil) async throws {
    _ = try await EchoClient(client).unary(EchoRequest(), options: CallOptions(timeout: timeout, waitForReady: true))
  }

  private static func code(_ client: LontarClient, timeout: Duration) async -> StatusCode? {
    await RPCError.of { () async throws in try await call(client, timeout: timeout) }?.code
  }

  @Test func `new calls wait as long as an overloaded server asks, and then go`() async throws {
    let server = Server { $0.hint(.overloaded, milliseconds: 300) }
    let client = ScriptedServers([server.script]).client()
    // Before the hint: it may have come a while before the first call is known to be over.
    let start = ContinuousClock.now
    try await Self.call(client)
    try await Self.call(client)
    #expect(ContinuousClock.now - start > .milliseconds(290))
    #expect(server.calls == 2)
    await client.shutdown()
  }

  @Test func `a call that is held back ends at its deadline, and its server never hears of it`() async throws {
    let server = Server { $0.hint(.overloaded, milliseconds: Self.hour) }
    let client = ScriptedServers([server.script]).client()
    try await Self.call(client)
    #expect(await Self.code(client, timeout: .milliseconds(50)) == .deadlineExceeded)
    #expect(server.calls == 1)
    await client.shutdown()
  }

  @Test(arguments: [OverloadHint.Level.none, .busy]) func `a better hint takes the place of the one before`(
    _ level: OverloadHint.Level
  ) async throws {
    let server = Server { connection in
      connection.hint(.overloaded, milliseconds: Self.hour)
      connection.eventLoop.scheduleTask(in: .milliseconds(50)) { connection.afterDelivery { connection.hint(level) } }
    }
    let client = ScriptedServers([server.script]).client()
    try await Self.call(client)
    try await Self.call(client)
    #expect(server.calls == 2)
    await client.shutdown()
  }

  @Test func `a hint is forgotten with its connection`() async throws {
    let server = Server { connection in
      connection.hint(.overloaded, milliseconds: Self.hour)
      connection.eventLoop.scheduleTask(in: .milliseconds(50)) { connection.close() }
    }
    let client = ScriptedServers([server.script]).client {
      ($0.backoffFirstMilliseconds, $0.backoffMaxMilliseconds) = (1, 2)
    }
    try await Self.call(client)
    // It waits at the first connection and goes with the second.
    try await Self.call(client)
    #expect(server.calls == 2)
    await client.shutdown()
  }

  @Test func `what runs goes on`() async throws {
    let client = ScriptedServers([
      { connection, event in
        guard case .open(let stream, _, _, _) = event else { return }
        connection.hint(.overloaded, milliseconds: Self.hour)
        for _ in 0..<3 { connection.message(stream) }
        connection.eventLoop.scheduleTask(in: .milliseconds(50)) {
          connection.afterDelivery {
            connection.message(stream)
            connection.end(stream, .ok)
          }
        }
      }
    ]).client()
    var answers = 0
    for try await _ in try await EchoClient(client).serverStream(EchoRequest()) { answers += 1 }
    #expect(answers == 4)
    await client.shutdown()
  }

  @Test(arguments: [(OverloadHint.Level.busy, UInt32(0)), (.overloaded, hour)])
  func `where there is another server, new calls go there`(_ level: OverloadHint.Level, _ milliseconds: UInt32) async throws {
    let tired = Server { $0.hint(level, milliseconds: milliseconds) }
    let fresh = Server()
    let client = ScriptedServers([tired.script, fresh.script]).client { $0.balancing = .roundRobin }
    // Round-robin comes to the tired one at the latest with the third call: the other's connection may have come first.
    while tired.calls == 0 { try await Self.call(client) }
    let before = fresh.calls
    for _ in 0..<10 { try await Self.call(client) }
    #expect(tired.calls == 1)
    #expect(fresh.calls == before + 10)
    await client.shutdown()
  }

  @Test func `busy servers share the calls when all are`() async throws {
    let servers = (0..<3).map { _ in Server { $0.hint(.busy) } }
    let client = ScriptedServers(servers.map(\.script)).client { $0.balancing = .roundRobin }
    while servers.contains(where: { $0.calls == 0 }) { try await Self.call(client) }
    let before = servers.map(\.calls)
    for _ in 0..<30 { try await Self.call(client) }
    #expect(zip(servers, before).map { $0.calls - $1 } == [10, 10, 10])
    await client.shutdown()
  }

  @Test func `a server tells those who are there and those who come later`() async throws {
    let echo = try await EchoServer.start()
    let early = try echo.client()
    try await Self.call(early)
    echo.server.announce(.overloaded(retryAfter: .seconds(3_600)))
    // It travels; from then on calls wait.
    while await Self.code(early, timeout: .milliseconds(100)) != .deadlineExceeded {}
    let late = try echo.client()
    // The hint comes behind HELLO, the answer behind the hint.
    try await Self.call(late)
    #expect(await Self.code(late, timeout: .milliseconds(100)) == .deadlineExceeded)
    echo.server.announce(.normal)
    try await Self.call(early)
    try await Self.call(late)
    await early.shutdown()
    await late.shutdown()
    await echo.stop()
  }
}

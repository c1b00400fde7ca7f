internal import Foundation
internal import LontarTesting
internal import LontarWire
internal import NIOCore
internal import Synchronization
internal import Testing

@testable internal import Lontar

/// Calls that their callers give up, in numbers that a server takes for an attack.
@Suite(.timeLimit(.minutes(3))) struct GivenUpCallsTests {
  /// 600 in a row would be 600 RESETs, of which a server takes 200 in half a minute.
  @Test func `a client whose calls run into their deadlines keeps its connection`() async throws {
    let errors = Mutex<[any Error]>([])
    let echo = try await EchoServer.start(
      callsMax: 1_000, onConnectionError: { _, error in errors.withLock { $0.append(error) } })
    let client = try echo.client()
    let long = Task {
      try await EchoClient(client).unary(EchoRequest { ($0.sleepMilliseconds, $0.payload) = (5_000, Data([1])) })
    }
    #expect(try await EchoClient(client).isServed())
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<600 {
        group.addTask {
          let options = CallOptions(timeout: .milliseconds(100))
          let error = await RPCError.of {
            try await EchoClient(client).unary(EchoRequest { $0.sleepMilliseconds = 1_000 }, options: options)
          }
          #expect(error?.code == .deadlineExceeded)
        }
      }
      try await group.waitForAll()
    }
    #expect(try await EchoClient(client).isServed())
    #expect(try await long.value.payload == Data([1]), "it shares the connection with those")
    #expect(errors.withLock { $0.map { "\($0)" } } == [])
    await echo.stop(client)
  }

  @Test func `a client whose connection has used its numbers up takes another, and calls go on`() async throws {
    let echo = try await EchoServer.start()
    let client = try echo.client { $0.options.streamNumberMax = 41 }
    // 21 numbers a connection.
    for _ in 0..<100 { #expect(try await EchoClient(client).isServed()) }
    #expect(echo.server.shared.totals.current.accepted >= 4)
    await echo.stop(client)
  }

  /// The server drains and then vanishes; the call that was left to run must end all the same.
  @Test(arguments: [false, true]) func `a connection that is being left is watched, too`(byClient: Bool) async throws {
    let opened = Signals<Void>()
    let servers = ScriptedServers([
      { connection, event in
        guard case .open = event else { return }
        if !byClient { connection.drain() }
        connection.fallSilent()
        opened.send(())
      }
    ])
    let client = servers.client { ($0.keepaliveSeconds, $0.keepaliveTimeoutSeconds) = (1, 1) }
    let call = Task { await RPCError.of { try await EchoClient(client).unary(EchoRequest()) } }
    await opened.next()
    if byClient { await client.shutdown() }
    #expect(await call.value?.message.contains("PING") == true)
    await client.shutdown()
  }
}

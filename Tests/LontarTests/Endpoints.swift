internal import Foundation
internal import LontarTesting
internal import Synchronization

@testable internal import Lontar

/// Clients of several servers that do the same.
enum Endpoints {
  static func client(
    _ servers: [EchoServer], adjust: (inout ClientConfiguration) -> Void = { _ in }
  ) throws -> LontarClient {
    try servers[0].client {
      $0.endpoints = servers.map { ClientEndpoint(host: "127.0.0.1", port: $0.port) }
      $0.options.backoffFirstMilliseconds = 1
      $0.options.backoffMaxMilliseconds = 5
      adjust(&$0)
    }
  }

  /// Who answers.
  static func ask(_ client: LontarClient, _ text: String = "") async throws -> String {
    let request = EchoRequest { $0.payload = Data(text.utf8) }
    return String(
      decoding: try await EchoClient(client).unary(request, options: CallOptions(waitForReady: true)).payload, as: UTF8.self)
  }

  /// A port where nothing listens.
  static func dead() async throws -> EchoServer {
    let server = try await EchoServer.start()
    await server.server.shutdown(graceSeconds: 0)
    return server
  }

  static func states(_ client: LontarClient) -> AsyncStream<ConnectivityState>.Iterator {
    client.connectivity.makeAsyncIterator()
  }
}

/// A server that answers with its name and counts its calls.
final class Counted: Sendable {
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

internal import ArgumentParser
internal import Foundation
internal import GRPCCore
internal import GRPCNIOTransportHTTP2Posix
internal import GRPCProtobuf

/// Unary echo over TLS: calls per second, latency and server CPU per call.
struct EchoLoad: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "load")

  @Option var connections = 1
  @Option var inFlight = 1
  @Option var seconds = 5.0
  @Option var requestBytes = 64
  @Option var responseBytes = 256
  @Option(help: "Certificate folder for the server.")
  var certificates: String
  @Option(help: "The one core that the server may use; left out: all.")
  var serverCore: Int?
  @Flag(help: "Server and client flush at once what the default holds back for up to 100 us, to send it with what comes next.")
  var noCoalescing = false

  func run() async throws {
    let server = try EchoProcess(
      arguments: ["serve", "--certificates", certificates] + (noCoalescing ? ["--no-coalescing"] : []), core: serverCore)
    defer { server.stop() }
    let clients = try (0..<connections).map { _ in try client(of: server) }
    try await withThrowingDiscardingTaskGroup { group in
      for client in clients { group.addTask { try await client.runConnections() } }
      try await measure(clients, server)
      for client in clients { client.beginGracefulShutdown() }
    }
  }

  private func client(of server: EchoProcess) throws -> GRPCClient<HTTP2ClientTransport.Posix> {
    GRPCClient(
      transport: try .http2NIOPosix(
        target: .ipv4(address: "127.0.0.1", port: server.port),
        transportSecurity: .tls {
          $0.trustRoots = .certificates([.file(path: server.certificates + "/ca.pem", format: .pem)])
        },
        config: .defaults {
          $0.http2.authority = "localhost"
          if noCoalescing { $0.connection.flushCoalescing = nil }
        }))
  }

  private func measure(_ clients: [GRPCClient<HTTP2ClientTransport.Posix>], _ server: EchoProcess) async throws {
    var prepared = Lontar_Testing_V1_EchoRequest()
    prepared.payload = Data(repeating: 7, count: requestBytes)
    prepared.responseBytes = UInt32(responseBytes)
    let (request, expected) = (prepared, responseBytes)
    let call: @Sendable (Int) async throws -> Void = { client in
      var options = CallOptions.defaults
      options.timeout = .seconds(10)
      let answer = try await clients[client].unary(
        request: ClientRequest(message: request), descriptor: EchoService.unary,
        serializer: ProtobufSerializer<Lontar_Testing_V1_EchoRequest>(),
        deserializer: ProtobufDeserializer<Lontar_Testing_V1_EchoResponse>(), options: options
      ) { try $0.message }
      precondition(answer.payload.count == expected)
    }
    let executors = [(any TaskExecutor)?](repeating: nil, count: clients.count)
    _ = try await Load(executors: executors, inFlight: inFlight, seconds: seconds / 4, call: call)
    let before = try server.cpu()
    let load = try await Load(executors: executors, inFlight: inFlight, seconds: seconds, call: call)
    let cpu = (try server.cpu() - before) * 1e6 / Double(load.calls)
    print("echo \(connections)x\(inFlight): \(load), server CPU \(String(format: "%.2f", cpu)) us a call")
  }
}

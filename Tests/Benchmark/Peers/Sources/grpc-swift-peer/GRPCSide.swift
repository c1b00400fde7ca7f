internal import Foundation
internal import GRPCCore
internal import GRPCNIOTransportHTTP2Posix
internal import GRPCProtobuf

/// grpc-swift-2's echo over its SwiftNIO transport.
struct GRPCSide: EchoSide {
  typealias Settings = GRPCSettings

  private let client: GRPCClient<HTTP2ClientTransport.Posix>
  private let connections: Task<Void, any Error>

  init(_ server: EchoProcess, _ settings: GRPCSettings) throws {
    let client = GRPCClient(
      transport: try .http2NIOPosix(
        target: .ipv4(address: "127.0.0.1", port: server.port),
        transportSecurity: .tls {
          $0.trustRoots = .certificates([.file(path: server.certificates + "/ca.pem", format: .pem)])
        },
        config: .defaults {
          $0.http2.authority = "localhost"
          if settings.noCoalescing { $0.connection.flushCoalescing = nil }
        }))
    self.client = client
    connections = Task { try await client.runConnections() }
  }

  static func request(bytes: Int, responseBytes: Int, responses: Int) -> Lontar_Testing_V1_EchoRequest {
    var request = Lontar_Testing_V1_EchoRequest()
    request.payload = Data(repeating: 7, count: bytes)
    request.responseBytes = UInt32(responseBytes)
    request.responseCount = UInt32(responses)
    return request
  }

  var executor: (any TaskExecutor)? { nil }

  func unary(_ request: Lontar_Testing_V1_EchoRequest) async throws -> Int {
    try await client.unary(
      request: ClientRequest(message: request), descriptor: EchoService.unary,
      serializer: ProtobufSerializer<Lontar_Testing_V1_EchoRequest>(),
      deserializer: ProtobufDeserializer<Lontar_Testing_V1_EchoResponse>(), options: Self.options(seconds: 10)
    ) { try $0.message.payload.count }
  }

  func stream(_ request: Lontar_Testing_V1_EchoRequest, payloadBytes: Int) async throws -> Int {
    try await client.serverStreaming(
      request: ClientRequest(message: request), descriptor: EchoService.serverStream,
      serializer: ProtobufSerializer<Lontar_Testing_V1_EchoRequest>(),
      deserializer: ProtobufDeserializer<Lontar_Testing_V1_EchoResponse>(), options: Self.options(seconds: 120)
    ) { response in
      var count = 0
      for try await answer in response.messages {
        precondition(answer.payload.count == payloadBytes)
        count += 1
      }
      return count
    }
  }

  func close() async throws {
    client.beginGracefulShutdown()
    try await connections.value
  }

  private static func options(seconds: Int) -> CallOptions {
    var options = CallOptions.defaults
    options.timeout = .seconds(seconds)
    return options
  }
}

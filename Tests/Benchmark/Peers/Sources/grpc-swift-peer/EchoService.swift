internal import Foundation
internal import GRPCCore
internal import GRPCProtobuf

/// Two methods of lontar.testing.v1.Echo, registered as grpc-swift-protobuf's generated code does it.
struct EchoService: RegistrableRPCService {
  static let unary = MethodDescriptor(fullyQualifiedService: "lontar.testing.v1.Echo", method: "Unary")
  static let serverStream = MethodDescriptor(fullyQualifiedService: "lontar.testing.v1.Echo", method: "ServerStream")

  /// So many messages of a stream are written at a time.
  let batch: Int

  func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
    let deserializer = ProtobufDeserializer<Lontar_Testing_V1_EchoRequest>()
    let serializer = ProtobufSerializer<Lontar_Testing_V1_EchoResponse>()
    router.registerHandler(forMethod: Self.unary, deserializer: deserializer, serializer: serializer) { request, _ in
      let request = try await ServerRequest(stream: request)
      return StreamingServerResponse(single: ServerResponse(message: try await unary(request.message)))
    }
    router.registerHandler(forMethod: Self.serverStream, deserializer: deserializer, serializer: serializer) { request, _ in
      let request = try await ServerRequest(stream: request)
      return StreamingServerResponse { writer in
        try await serverStream(request.message, writer)
        return [:]
      }
    }
  }

  /// As Lontar's benchmark.
  private func unary(_ request: Lontar_Testing_V1_EchoRequest) async throws -> Lontar_Testing_V1_EchoResponse {
    if request.sleepMilliseconds > 0 { try await Task.sleep(for: .milliseconds(request.sleepMilliseconds)) }
    if request.failWithCode != 0 { throw RPCError(code: .unknown, message: request.failMessage) }
    var response = Lontar_Testing_V1_EchoResponse()
    response.payload = request.responseBytes == 0 ? request.payload : Data(count: Int(request.responseBytes))
    return response
  }

  /// As Lontar's benchmark: one message, made once, written again and again.
  private func serverStream(
    _ request: Lontar_Testing_V1_EchoRequest, _ writer: RPCWriter<Lontar_Testing_V1_EchoResponse>
  ) async throws {
    var response = Lontar_Testing_V1_EchoResponse()
    response.payload = Data(count: Int(request.responseBytes))
    if batch == 1 {
      for _ in 0..<request.responseCount { try await writer.write(response) }
    } else {
      var left = Int(request.responseCount)
      while left > 0 {
        try await writer.write(contentsOf: repeatElement(response, count: min(batch, left)))
        left -= batch
      }
    }
  }
}

internal import Foundation
internal import GRPCCore
internal import GRPCProtobuf

/// The unary method of lontar.testing.v1.Echo, registered as grpc-swift-protobuf's generated code does it.
struct EchoService: RegistrableRPCService {
  static let unary = MethodDescriptor(fullyQualifiedService: "lontar.testing.v1.Echo", method: "Unary")

  func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
    router.registerHandler(
      forMethod: Self.unary, deserializer: ProtobufDeserializer<Lontar_Testing_V1_EchoRequest>(),
      serializer: ProtobufSerializer<Lontar_Testing_V1_EchoResponse>()
    ) { request, _ in
      let request = try await ServerRequest(stream: request)
      return StreamingServerResponse(single: ServerResponse(message: try await unary(request.message)))
    }
  }

  /// What the echo of Lontar's tests does, except that gRPC does not tell a handler how long the caller waits.
  private func unary(_ request: Lontar_Testing_V1_EchoRequest) async throws -> Lontar_Testing_V1_EchoResponse {
    if request.sleepMilliseconds > 0 { try await Task.sleep(for: .milliseconds(request.sleepMilliseconds)) }
    if request.failWithCode != 0 { throw RPCError(code: .unknown, message: request.failMessage) }
    var response = Lontar_Testing_V1_EchoResponse()
    response.payload = request.responseBytes == 0 ? request.payload : Data(count: Int(request.responseBytes))
    return response
  }
}

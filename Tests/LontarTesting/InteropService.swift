internal import Foundation
package import Lontar

/// What gRPC's interoperability cases ask of a test server beyond `EchoService`: metadata that comes back, and answers of several sizes.
package struct InteropService: Lontar_Testing_V1_EchoHandler {
  private let echo = EchoService()

  package init() {}

  package func unary(
    _ request: Lontar_Testing_V1_EchoRequest, context: CallContext
  ) async throws -> Lontar_Testing_V1_EchoResponse {
    echoMetadata(context)
    return try await echo.unary(request, context: context)
  }

  /// The payload lists the sizes of the answers in decimal, with commas between them.
  package func serverStream(
    _ request: Lontar_Testing_V1_EchoRequest, to writer: ResponseWriter<Lontar_Testing_V1_EchoResponse>, context: CallContext
  ) async throws {
    echoMetadata(context)
    for size in String(decoding: request.payload, as: UTF8.self).split(separator: ",").compactMap({ Int($0) }) {
      var response = Lontar_Testing_V1_EchoResponse()
      response.payload = Data(count: size)
      try await writer.write(response)
    }
  }

  package func clientStream(
    _ requests: RequestStream<Lontar_Testing_V1_EchoRequest>, context: CallContext
  ) async throws -> Lontar_Testing_V1_EchoResponse {
    try await echo.clientStream(requests, context: context)
  }

  package func bidiStream(
    _ requests: RequestStream<Lontar_Testing_V1_EchoRequest>, to writer: ResponseWriter<Lontar_Testing_V1_EchoResponse>,
    context: CallContext
  ) async throws {
    echoMetadata(context)
    try await echo.bidiStream(requests, to: writer, context: context)
  }

  private static let (initial, trailing) = ("x-grpc-test-echo-initial", "x-grpc-test-echo-trailing-bin")

  private func echoMetadata(_ context: CallContext) {
    if let value = context.metadata[Self.initial] { context.setInitialMetadata([Self.initial: value]) }
    if let bytes = context.metadata.bytes(Self.trailing) {
      var metadata = Metadata()
      metadata.add(Self.trailing, bytes: bytes)
      context.setTrailingMetadata(metadata)
    }
  }
}

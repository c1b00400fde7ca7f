internal import Foundation
package import SwiftProtobuf

/// Asks a server what it offers.
package struct ReflectionClient: Sendable {
  private let client: LontarClient

  package init(_ client: LontarClient) {
    self.client = client
  }

  /// Full names of the services, as the server lists them.
  package func services(_ options: CallOptions = CallOptions()) async throws(RPCError) -> [String] {
    var request = Grpc_Reflection_V1_ServerReflectionRequest()
    request.listServices = ""
    return try await ask(request, options).listServicesResponse.service.map(\.name)
  }

  /// The file that declares a service, method, message or enum, with all it imports.
  /// - Throws: NOT_FOUND if the server doesn't know the name.
  package func files(
    declaring symbol: String, _ options: CallOptions = CallOptions()
  ) async throws(RPCError) -> [Google_Protobuf_FileDescriptorProto] {
    var request = Grpc_Reflection_V1_ServerReflectionRequest()
    request.fileContainingSymbol = symbol
    let answer = try await ask(request, options)
    do {
      return try answer.fileDescriptorResponse.fileDescriptorProto.map { try .init(serializedBytes: $0) }
    } catch {
      throw RPCError(.internalError, "the server's description of \"\(symbol)\" can't be read", cause: error)
    }
  }

  private func ask(
    _ request: Grpc_Reflection_V1_ServerReflectionRequest, _ options: CallOptions
  ) async throws(RPCError) -> Grpc_Reflection_V1_ServerReflectionResponse {
    let call = try await Grpc_Reflection_V1_ServerReflectionClient(client).serverReflectionInfo(options: options)
    try await call.requests.write(request)
    call.requests.finish()
    var answers = call.responses.makeAsyncIterator()
    guard let answer = try await answers.next() else {
      throw RPCError(.internalError, "the server ended the reflection without an answer")
    }
    if case .errorResponse(let error) = answer.messageResponse {
      throw RPCError(StatusCode(rawValue: UInt16(clamping: error.errorCode)) ?? .unknown, error.errorMessage)
    }
    return answer
  }
}

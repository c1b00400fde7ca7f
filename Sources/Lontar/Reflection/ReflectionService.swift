internal import Foundation

/// `grpc.reflection.v1.ServerReflection`: says what a server offers, from descriptors that were compiled in. It knows no data.
final class ReflectionService: Grpc_Reflection_V1_ServerReflectionHandler {
  private let schema: ServedSchema
  /// Anybody may ask, and answers repeat the question.
  private static let nameBytesMax = 1_024

  init(_ schema: ServedSchema) {
    self.schema = schema
  }

  func serverReflectionInfo(
    _ requests: RequestStream<Grpc_Reflection_V1_ServerReflectionRequest>,
    to writer: ResponseWriter<Grpc_Reflection_V1_ServerReflectionResponse>, context: CallContext
  ) async throws {
    var sent: Set<String> = []
    for try await request in requests {
      guard request.longestName <= Self.nameBytesMax else {
        throw RPCError(.invalidArgument, "a name has at most \(Self.nameBytesMax) bytes")
      }
      var response = Grpc_Reflection_V1_ServerReflectionResponse()
      response.validHost = request.host
      response.originalRequest = request
      response.messageResponse = answer(request.messageRequest, &sent)
      try await writer.write(response)
    }
  }

  private func answer(
    _ question: Grpc_Reflection_V1_ServerReflectionRequest.OneOf_MessageRequest?, _ sent: inout Set<String>
  ) -> Grpc_Reflection_V1_ServerReflectionResponse.OneOf_MessageResponse {
    switch question {
    case .fileByFilename(let name):
      return files(schema.has(file: name) ? name : nil, &sent, "there is no file \"\(name)\"")
    case .fileContainingSymbol(let name):
      return files(schema.file(ofSymbol: name), &sent, "there is no service, method, message or enum \"\(name)\"")
    case .fileContainingExtension(let wanted):
      return files(
        schema.file(ofExtension: wanted.extensionNumber, of: wanted.containingType), &sent,
        "\"\(wanted.containingType)\" has no extension \(wanted.extensionNumber)")
    case .allExtensionNumbersOfType(let name):
      guard let numbers = schema.extensionNumbers(of: name) else { return error(.notFound, "there is no message \"\(name)\"") }
      var response = Grpc_Reflection_V1_ExtensionNumberResponse()
      response.baseTypeName = name
      response.extensionNumber = numbers
      return .allExtensionNumbersResponse(response)
    case .listServices:
      var response = Grpc_Reflection_V1_ListServiceResponse()
      response.service = schema.services.map { name in
        var service = Grpc_Reflection_V1_ServiceResponse()
        service.name = name
        return service
      }
      return .listServicesResponse(response)
    case nil:
      return error(.invalidArgument, "the request asks for nothing that this server knows of")
    }
  }

  private func files(
    _ name: String?, _ sent: inout Set<String>, _ absence: String
  ) -> Grpc_Reflection_V1_ServerReflectionResponse.OneOf_MessageResponse {
    guard let name else { return error(.notFound, absence) }
    var response = Grpc_Reflection_V1_FileDescriptorResponse()
    response.fileDescriptorProto = schema.bytes(name, without: &sent).map { Data($0) }
    return .fileDescriptorResponse(response)
  }

  private func error(
    _ code: StatusCode, _ message: String
  ) -> Grpc_Reflection_V1_ServerReflectionResponse.OneOf_MessageResponse {
    var response = Grpc_Reflection_V1_ErrorResponse()
    response.errorCode = Int32(code.rawValue)
    response.errorMessage = message
    return .errorResponse(response)
  }
}

extension Grpc_Reflection_V1_ServerReflectionRequest {
  /// In bytes, of all names that it brings.
  fileprivate var longestName: Int {
    let name =
      switch messageRequest {
      case .fileByFilename(let name), .fileContainingSymbol(let name), .allExtensionNumbersOfType(let name): name.utf8.count
      case .fileContainingExtension(let wanted): wanted.containingType.utf8.count
      case .listServices(let text): text.utf8.count
      case nil: 0
      }
    return max(host.utf8.count, name)
  }
}

extension Router {
  /// Adds `grpc.reflection.v1.ServerReflection` and states the hash of the schema in HELLO. Register everything else before: what comes
  /// later is not told of.
  /// - Parameter sets: the descriptors of the registered services beside those of Lontar's own.
  public mutating func registerReflection(_ sets: DescriptorSet...) {
    let schema = ServedSchema(
      services: serviceNames.union([Grpc_Reflection_V1_ServerReflection.serviceName]).sorted(), sets: [.lontar] + sets)
    schemaHash = schema.hash
    register(ReflectionService(schema))
  }

  /// `package.Service` of every method.
  private var serviceNames: Set<String> {
    Set(methodNames.map { $0.split(separator: "/", maxSplits: 1).first.map(String.init) ?? $0 })
  }
}

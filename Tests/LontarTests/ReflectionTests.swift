internal import Foundation
internal import Lontar
internal import LontarTLS
internal import LontarTesting
internal import SwiftProtobuf
internal import Testing

/// `grpc.reflection.v1.ServerReflection` over a connection within the process.
@Suite(.timeLimit(.minutes(3))) struct ReflectionTests {
  typealias Request = Grpc_Reflection_V1_ServerReflectionRequest
  typealias Response = Grpc_Reflection_V1_ServerReflectionResponse

  private static func client(extensions: Bool = false) -> LontarClient {
    var router = Router()
    router.register(EchoService())
    router.register(HealthService(services: []))
    if extensions {
      router.registerReflection(.testing, extended)
    } else {
      router.registerReflection(.testing)
    }
    return InProcessServer(router: router).client()
  }

  /// A proto2 file that extends a message of everything.proto, put in by hand into a file that describes a service.
  private static let extended: DescriptorSet = {
    var file = Google_Protobuf_FileDescriptorProto()
    (file.name, file.package, file.dependency) = ("hand.proto", "hand", ["lontar/testing/v1/echo.proto"])
    var field = Google_Protobuf_FieldDescriptorProto()
    (field.name, field.number, field.extendee, field.type) = ("more", 777, ".lontar.testing.v1.EchoRequest", .string)
    file.extension = [field]
    var service = Google_Protobuf_ServiceDescriptorProto()
    service.name = "Health"
    file.package = "grpc.health.v1"
    file.service = [service]
    return DescriptorSet(files: [file])
  }()

  private static func ask(_ client: LontarClient, _ questions: [Request.OneOf_MessageRequest?]) async throws -> [Response] {
    let call = try await Grpc_Reflection_V1_ServerReflectionClient(client).serverReflectionInfo()
    for question in questions {
      var request = Request()
      request.host = "here"
      request.messageRequest = question
      try await call.requests.write(request)
    }
    call.requests.finish()
    let (answers, error) = await call.responses.collect()
    #expect(error == nil)
    #expect(answers.count == questions.count)
    for (question, answer) in zip(questions, answers) {
      #expect(answer.validHost == "here")
      #expect(answer.originalRequest.messageRequest == question)
    }
    return answers
  }

  private static func files(_ response: Response) throws -> [Google_Protobuf_FileDescriptorProto] {
    try response.fileDescriptorResponse.fileDescriptorProto.map { try .init(serializedBytes: $0) }
  }

  /// Anybody may ask, and answers repeat the question: a long one would be told twice.
  @Test(arguments: [(1_024, StatusCode.ok), (1_025, .invalidArgument)])
  func `a name has at most a kilobyte`(bytes: Int, end: StatusCode) async throws {
    var router = Router()
    router.registerReflection()
    let client = Grpc_Reflection_V1_ServerReflectionClient(InProcessServer(router: router).client())
    let call = try await client.serverReflectionInfo()
    try await call.requests.write(.with { $0.fileByFilename = String(repeating: "a", count: bytes) })
    call.requests.finish()
    let (answers, error) = await call.responses.collect()
    #expect((error?.code ?? .ok) == end)
    #expect(answers.map(\.errorResponse.errorCode) == (end == .ok ? [5] : []))
  }

  @Test func `the services are those that are registered, reflection among them`() async throws {
    let answer = try await Self.ask(Self.client(), [.listServices("*")])[0]
    #expect(
      answer.listServicesResponse.service.map(\.name) == [
        "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "lontar.testing.v1.Echo",
      ])
  }

  @Test(arguments: [
    "lontar.testing.v1.Echo", "lontar.testing.v1.Echo.Unary", "lontar.testing.v1.EchoRequest",
  ])
  func `a service, a method and a message are found in their file`(symbol: String) async throws {
    let files = try Self.files(try await Self.ask(Self.client(), [.fileContainingSymbol(symbol)])[0])
    #expect(files.map(\.name) == ["lontar/testing/v1/echo.proto"])
    #expect(files[0].service[0].method.map(\.name) == ["Unary", "ServerStream", "ClientStream", "BidiStream"])
    #expect(!files[0].sourceCodeInfo.location.isEmpty, "its comments come along")
  }

  @Test func `a nested enum is found, and imports come behind their file, once a stream`() async throws {
    let answers = try await Self.ask(
      Self.client(),
      [
        .fileContainingSymbol("grpc.health.v1.HealthCheckResponse.ServingStatus"), .fileByFilename("google/rpc/status.proto"),
        .fileByFilename("google/rpc/status.proto"), .fileByFilename("google/protobuf/any.proto"),
      ])
    let names = try answers.map { try Self.files($0).map(\.name) }
    #expect(
      names == [
        ["grpc/health/v1/health.proto"], ["google/rpc/status.proto", "google/protobuf/any.proto"], ["google/rpc/status.proto"],
        ["google/protobuf/any.proto"],
      ])
  }

  static let absent: [(Request.OneOf_MessageRequest?, Int32)] = [
    (.fileByFilename("no.proto"), 5), (.fileContainingSymbol("lontar.testing.v1"), 5), (.fileContainingSymbol(""), 5),
    (.fileContainingSymbol("lontar.testing.v1.Echo.Nothing"), 5),
    // Compiled in, but of a service that is not registered.
    (.fileContainingSymbol("lontar.admin.v1.Admin"), 5), (.allExtensionNumbersOfType("lontar.testing.v1.Nothing"), 5),
    (.allExtensionNumbersOfType("lontar.testing.v1.Echo"), 5),
    (.fileContainingExtension(.with { ($0.containingType, $0.extensionNumber) = ("lontar.testing.v1.EchoRequest", 1) }), 5),
    (nil, 3),
  ]

  @Test func `what is not there is answered with an error, and the stream goes on`() async throws {
    let client = Self.client()
    let answers = try await Self.ask(client, Self.absent.map(\.0) + [.fileContainingSymbol("lontar.testing.v1.Echo")])
    for (answer, code) in zip(answers, Self.absent.map(\.1)) {
      #expect(answer.errorResponse.errorCode == code, "\(answer)")
      #expect(!answer.errorResponse.errorMessage.isEmpty)
    }
    #expect(try Self.files(answers[answers.count - 1]).count == 1)
  }

  @Test func `extensions are found by what they extend`() async throws {
    let wanted = Grpc_Reflection_V1_ExtensionRequest.with {
      ($0.containingType, $0.extensionNumber) = ("lontar.testing.v1.EchoRequest", 777)
    }
    let answers = try await Self.ask(
      Self.client(extensions: true),
      [
        .allExtensionNumbersOfType("lontar.testing.v1.EchoRequest"), .allExtensionNumbersOfType("lontar.testing.v1.EchoResponse"),
        .fileContainingExtension(wanted),
      ])
    #expect(answers[0].allExtensionNumbersResponse.extensionNumber == [777])
    #expect(answers[0].allExtensionNumbersResponse.baseTypeName == "lontar.testing.v1.EchoRequest")
    #expect(answers[1].allExtensionNumbersResponse.extensionNumber == [])
    #expect(try Self.files(answers[2]).map(\.name) == ["hand.proto", "lontar/testing/v1/echo.proto"])
  }

  @Test func `HELLO states the first bytes of the digest of the served files without comments`() async throws {
    var router = Router()
    router.register(EchoService())
    #expect(router.schemaHash == 0, "nothing is stated without reflection")
    router.registerReflection(.testing)
    // By hand: echo, reflection, and the error details with their imports, in the order of their names.
    let all = Dictionary((DescriptorSet.lontar.files + DescriptorSet.testing.files).map { ($0.name, $0) }) { first, _ in first }
    var set = Google_Protobuf_FileDescriptorSet()
    for name in [
      "google/protobuf/any.proto", "google/protobuf/duration.proto", "google/rpc/error_details.proto", "google/rpc/status.proto",
      "grpc/reflection/v1/reflection.proto", "lontar/testing/v1/echo.proto",
    ] {
      var file = try #require(all[name])
      file.clearSourceCodeInfo()
      set.file.append(file)
    }
    let digest = Digest.sha256(try set.serializedBytes())
    #expect(router.schemaHash == digest[..<8].reduce(0) { $0 << 8 | UInt64($1) })
  }

  /// NIST's example for "abc" (FIPS 180-4).
  @Test func `the digest is SHA-256`() {
    let hex = Digest.sha256(Array("abc".utf8)).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    #expect(hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test func `the compiled-in descriptors are what the compiled-in messages are`() throws {
    let health = try #require(DescriptorSet.lontar.files.first { $0.name == "grpc/health/v1/health.proto" })
    #expect(health.service[0].method.map(\.name) == ["Check", "List", "Watch"])
    #expect(health.service[0].method[2].serverStreaming)
    #expect(health.messageType.map(\.name).contains("HealthListResponse"))
  }

  @Test func `a client learns the services and the files of one`() async throws {
    let reflection = ReflectionClient(Self.client())
    #expect(try await reflection.services().contains("lontar.testing.v1.Echo"))
    #expect(try await reflection.files(declaring: "lontar.testing.v1.Echo").map(\.name) == ["lontar/testing/v1/echo.proto"])
    let error = await RPCError.of { try await reflection.files(declaring: "no.Such") }
    #expect(error?.code == .notFound)
  }
}

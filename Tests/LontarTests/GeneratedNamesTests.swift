internal import Lontar
internal import LontarTesting
internal import SwiftProtobuf
internal import Testing

/// Code made from a .proto whose methods have names that Swift, or the code around them, has in use, and whose messages are those that
/// every protobuf brings along.
@Suite struct GeneratedNamesTests {
  private typealias Empty = Google_Protobuf_Empty

  private struct Names: Lontar_Testing_V1_NamesHandler {
    func default_(_ request: Google_Protobuf_Empty, context: CallContext) async throws -> Google_Protobuf_Timestamp {
      Google_Protobuf_Timestamp(seconds: 7)
    }
    func init_(_ requests: RequestStream<Google_Protobuf_Empty>, context: CallContext) async throws -> Google_Protobuf_Empty {
      for try await _ in requests {}
      return Empty()
    }
    func self_(
      _ request: Google_Protobuf_Empty, to writer: ResponseWriter<Google_Protobuf_Empty>, context: CallContext
    ) async throws { try await writer.write(request) }
    func import_(
      _ requests: RequestStream<Google_Protobuf_Empty>, to writer: ResponseWriter<Google_Protobuf_Empty>, context: CallContext
    ) async throws { for try await request in requests { try await writer.write(request) } }
    func serviceName_(_ request: Google_Protobuf_Empty, context: CallContext) async throws -> Google_Protobuf_Empty { request }
    func client_(_ request: Google_Protobuf_Empty, context: CallContext) async throws -> Google_Protobuf_Empty { request }
    func do_(_ request: Google_Protobuf_Empty, context: CallContext) async throws -> Google_Protobuf_Empty { request }
  }

  @Test func `methods with Swift's words for names are called by their own names`() async throws {
    var router = Router()
    router.register(Names())
    let service = Lontar_Testing_V1_Names.serviceName
    #expect(
      router.methodNames
        == ["Client", "Default", "Do", "Import", "Init", "Self", "ServiceName"].map { "\(service)/\($0)" })
    let client = Lontar_Testing_V1_NamesClient(InProcessServer(router: router).client())
    #expect(try await client.default_(Empty()).seconds == 7)
    #expect(try await client.init_().response() == Empty())
    #expect(try await client.self_(Empty()).collect().messages == [Empty()])
    let both = try await client.import_()
    try await both.requests.write(Empty())
    both.requests.finish()
    #expect(await both.responses.collect().messages == [Empty()])
    for answer in [try await client.serviceName_(Empty()), try await client.client_(Empty()), try await client.do_(Empty())] {
      #expect(answer == Empty())
    }
  }

  @Test func `only methods whose .proto says so are idempotent`() {
    #expect(Lontar_Testing_V1_Echo.unary.isIdempotent)
    #expect(!Lontar_Testing_V1_Echo.serverStream.isIdempotent)
    #expect(!Lontar_Testing_V1_Names.do_.isIdempotent)
  }
}

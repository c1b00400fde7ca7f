internal import Foundation
internal import Lontar
internal import LontarTesting
internal import SwiftProtobuf
internal import Testing

/// Calls of all four kinds by a client that knows bytes only.
@Suite(.timeLimit(.minutes(3))) struct RawCallTests {
  private static func client() -> LontarClient {
    var router = Router()
    router.register(EchoService())
    return InProcessServer(router: router).client()
  }

  private static func method(_ name: String, _ kind: MethodKind) -> Lontar.Method<RawMessage, RawMessage> {
    Method(service: "lontar.testing.v1.Echo", name: name, kind: kind)
  }

  /// EchoRequest: payload (field 1) "hi", response_count (field 3).
  private static func request(count: UInt8 = 0) throws -> RawMessage {
    try RawMessage([0x0A, 0x02, 0x68, 0x69] + (count > 0 ? [0x18, count] : []))
  }

  /// EchoResponse: payload (field 1); remaining_nanoseconds (field 2) is of no matter here.
  private static func payload(_ answer: RawMessage) throws -> String {
    String(decoding: try EchoResponse(serializedBytes: answer.bytes).payload, as: UTF8.self)
  }

  @Test func `all four kinds carry bytes`() async throws {
    let client = Self.client()
    let unary = try await client.unary(Self.method("Unary", .unary), try Self.request())
    #expect(unary.bytes.starts(with: [0x0A, 0x02, 0x68, 0x69]))
    let stream = try await client.serverStreaming(Self.method("ServerStream", .serverStreaming), try Self.request(count: 3))
    #expect(try await stream.collect().messages.map(Self.payload) == ["hi", "hi", "hi"])
    let upload = try await client.clientStreaming(Self.method("ClientStream", .clientStreaming))
    for _ in 0..<2 { try await upload.requests.write(try Self.request()) }
    #expect(try Self.payload(try await upload.response()) == "hihi")
    let both = try await client.bidirectional(Self.method("BidiStream", .bidirectional))
    try await both.requests.write(try Self.request())
    both.requests.finish()
    #expect(try await both.responses.collect().messages.map(Self.payload) == ["hi"])
  }

  @Test func `the bytes are kept as they are, in their order`() throws {
    // Fields 9, 1, 9 again, a group: no order that an encoder would choose.
    let bytes: [UInt8] = [0x48, 0x01, 0x0A, 0x01, 0x61, 0x48, 0x02, 0x53, 0x08, 0x01, 0x54]
    let message = try RawMessage(bytes)
    #expect(message.bytes == bytes)
    #expect(try message.serializedBytes() == bytes)
    #expect(try RawMessage([]).bytes == [])
  }

  @Test(arguments: [[0x0A, 0x02, 0x68], [0xFF], [0x07]] as [[UInt8]])
  func `what is no message of any type is refused`(bytes: [UInt8]) {
    #expect(throws: (any Error).self) { try RawMessage(bytes) }
  }
}

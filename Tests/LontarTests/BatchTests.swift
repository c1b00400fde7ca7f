internal import DequeModule
internal import Foundation
internal import LontarCompression
internal import LontarTesting
internal import LontarWire
internal import NIOCore
internal import SwiftProtobuf
internal import Testing

@testable internal import Lontar

/// Streams that are written and read many messages at a time.
@Suite(.timeLimit(.minutes(3))) struct BatchTests {
  private static func numbers(_ range: Range<Int>, bytes: Int) -> [EchoResponse] {
    range.map { number in
      EchoResponse {
        $0.remainingNanoseconds = Int64(number)
        $0.payload = Data(repeating: UInt8(truncatingIfNeeded: number), count: bytes)
      }
    }
  }

  /// Writes `responseCount` numbered messages 64 at a time and then nothing at all; requests come back by batches.
  private static func register(_ router: inout Router) {
    router.register(EchoService())
    router.serverStreaming(Lontar_Testing_V1_Echo.serverStream) { request, writer, context in
      if request.responseCodec != 0 { context.compressAnswers(.gzip) }
      let count = Int(request.responseCount)
      for start in stride(from: 0, to: count, by: 64) {
        try await writer.write(contentsOf: numbers(start..<min(start + 64, count), bytes: Int(request.responseBytes)))
      }
      try await writer.write(contentsOf: [])
    }
    router.bidirectional(Lontar_Testing_V1_Echo.bidiStream) { requests, writer, _ in
      for try await batch in requests.batches {
        #expect(!batch.isEmpty)
        try await writer.write(contentsOf: batch.map { request in EchoResponse { $0.payload = request.payload } })
      }
    }
  }

  @Test(arguments: [(0, 0), (1, 0), (1, 4_000_000), (64, 10), (65, 10), (10_000, 100), (37, 16_372), (20, 1_000_000)], [0, 1])
  func `answers that are written and read by batches arrive whole and in order`(
    _ shape: (count: Int, bytes: Int), codec: Int
  ) async throws {
    try await EchoServer.with(register: Self.register) { _, client async throws in
      let stream = try await EchoClient(client).serverStream(
        EchoRequest {
          $0.responseCount = UInt32(shape.count)
          $0.responseBytes = UInt32(shape.bytes)
          $0.responseCodec = UInt32(codec)
        })
      var count = 0
      for try await batch in stream.batches {
        #expect(!batch.isEmpty)
        #expect(batch == Self.numbers(count..<count + batch.count, bytes: shape.bytes))
        count += batch.count
      }
      #expect(count == shape.count)
    }
  }

  @Test(arguments: [0, 1, 63, 5_000]) func `requests that are written and read by batches come back in order`(
    count: Int
  ) async throws {
    try await EchoServer.with(register: Self.register) { _, client async throws in
      let call = try await EchoClient(client).bidiStream()
      let requests = (0..<count).map { number in EchoRequest { $0.payload = Data("\(number)".utf8) } }
      async let answers = call.responses.batches.reduce(into: []) { $0 += $1.map(\.payload) }
      try await call.requests.write(contentsOf: requests)
      call.requests.finish()
      #expect(try await answers == requests.map(\.payload))
    }
  }

  @Test func `a batch behind the end of the requests is refused`() async throws {
    try await EchoServer.with(register: Self.register) { _, client async throws in
      let call = try await EchoClient(client).bidiStream()
      call.requests.finish()
      #expect(await RPCError.of { try await call.requests.write(contentsOf: [EchoRequest(), EchoRequest()]) } != nil)
    }
  }

  // MARK: A message that can't be read

  /// EchoRequest with a text (field 5) that is not UTF-8, behind two that are well.
  private static let spoiled: [[UInt8]] = [[0x2A, 0x01, 0x61], [0x2A, 0x01, 0x62], [0x2A, 0x01, 0xFF], [0x2A, 0x01, 0x63]]

  @Test func `answers before one that can't be read are given out, then its error`() async throws {
    let name = "ServerStream"
    let raw = Lontar.Method<RawMessage, RawMessage>(service: "lontar.testing.v1.Echo", name: name, kind: .serverStreaming)
    var router = Router()
    router.serverStreaming(raw) { _, writer, _ in try await writer.write(contentsOf: Self.spoiled.map { try RawMessage($0) }) }
    let client = InProcessServer(router: router).client()
    let typed = Lontar.Method<EchoRequest, EchoRequest>(service: "lontar.testing.v1.Echo", name: name, kind: .serverStreaming)
    var batches = try await client.serverStreaming(typed, EchoRequest()).batches.makeAsyncIterator()
    var texts: [String] = []
    let error = await RPCError.of { while let batch = try await batches.next() { texts += batch.map(\.failMessage) } }
    #expect(texts == ["a", "b"])
    #expect(error?.code == .internalError)
    #expect(await RPCError.of { _ = try await batches.next() }?.code == .internalError, "the error is told again")
  }

  @Test func `requests before one that can't be read are given out, then its error`() async throws {
    let seen = Signals<String>()
    var router = Router()
    router.clientStreaming(Lontar_Testing_V1_Echo.clientStream) { requests, _ in
      for try await batch in requests.batches { for request in batch { seen.send(request.failMessage) } }
      return EchoResponse()
    }
    let client = InProcessServer(router: router).client()
    let raw = Lontar.Method<RawMessage, RawMessage>(
      service: "lontar.testing.v1.Echo", name: "ClientStream", kind: .clientStreaming)
    let call = try await client.clientStreaming(raw)
    try? await call.requests.write(contentsOf: Self.spoiled.map { try RawMessage($0) })
    #expect(await RPCError.of { _ = try await call.response() }?.code == .internalError)
    #expect(await seen.next(2) == ["a", "b"])
  }

  // MARK: How much a batch has

  private static func message(plainBytes: Int) -> WireMessage {
    WireMessage(ByteBuffer(integer: UInt8(1)), codec: 1, plainBytes: plainBytes)
  }

  /// A window of compressed messages may be a thousand times as long once they are inflated: a batch is to have a mebibyte of it.
  @Test(
    arguments: [
      ([], [0]), ([5], [1]), ([9_000_000], [1]), ([1, 2, 3], [3]), ([1_048_576, 1], [1, 1]), ([1_048_575, 1], [2]),
      ([1_048_575, 1, 1], [2, 1]), ([600_000, 600_000, 600_000, 600_000, 1], [2, 2, 1]), ([0, 0, 9_000_000, 0], [3, 1]),
    ] as [([Int], [Int])])
  func `a batch ends with the message that makes it a mebibyte`(_ bytes: [Int], _ batches: [Int]) {
    var waiting = Deque(bytes.map { Self.message(plainBytes: $0) })
    var rest = bytes[...]
    for count in batches {
      #expect(waiting.takeBatch().map { Int($0.plainBytes) } == Array(rest.prefix(count)))
      rest = rest.dropFirst(count)
    }
    #expect(waiting.isEmpty && rest.isEmpty)
  }
}

internal import Foundation
internal import Lontar
internal import LontarTesting
internal import Synchronization
internal import Testing

/// What a caller learns of the end of its call.
@Suite(.timeLimit(.minutes(3))) struct AnswerTests {
  private static func uploadError(_ client: LontarClient, _ request: EchoRequest) async -> RPCError? {
    await RPCError.of {
      let call = try await EchoClient(client).clientStream()
      try await call.requests.write(request)
      return try await call.response()
    }
  }

  private static func bothWaysError(_ client: LontarClient, _ request: EchoRequest) async -> RPCError? {
    await RPCError.of {
      let call = try await EchoClient(client).bidiStream()
      try await call.requests.write(request)
      if let error = await call.responses.collect().error { throw error }
    }
  }

  @Test(
    arguments: StatusCode.allCases.filter { $0 != .ok }, [MethodKind.unary, .serverStreaming, .clientStreaming, .bidirectional])
  func `each code arrives with message and details`(code: StatusCode, kind: MethodKind) async throws {
    try await EchoServer.with { _, client async throws in
      let request = EchoRequest {
        $0.failWithCode = Int32(code.rawValue)
        $0.failMessage = "told to fail with \(code)"
        $0.responseCount = 2
      }
      let error =
        switch kind {
        case .unary: await RPCError.of { try await EchoClient(client).unary(request) }
        case .serverStreaming: try await EchoClient(client).serverStream(request).collect().error
        case .clientStreaming: await Self.uploadError(client, request)
        case .bidirectional: await Self.bothWaysError(client, request)
        }
      #expect(error?.code == code)
      #expect(error?.message == "told to fail with \(code)")
      #expect(error?.details.reason == "ECHO_WAS_TOLD_TO_FAIL")
      #expect(error?.details.domain == "lontar.testing")
      #expect(error?.details.parameters == ["code": "\(code)"])
      #expect(error?.details.fieldViolations == [.init(field: "fail_with_code", description: "is not zero", reason: "NOT_ZERO")])
      #expect(error?.details.localized == ["id": "gagal", "en": "failed"])
      #expect(error?.details.requestID.isEmpty == false)
    }
  }

  @Test(arguments: [
    ("lontar.testing.v1.Echo", "Nothing"), ("lontar.testing.v1.Nobody", "Unary"), ("", ""),
    ("a", String(repeating: "x", count: 253)),
  ])
  func `an unknown method or service is UNIMPLEMENTED, by its name`(service: String, name: String) async throws {
    try await EchoServer.with { _, client async throws in
      let unary = Method<EchoRequest, EchoResponse>(service: service, name: name, kind: .unary)
      let refused = await RPCError.of { try await client.unary(unary, EchoRequest()) }
      #expect(refused?.code == .unimplemented)
      #expect(refused?.message.contains("\(service)/\(name)") == true)
      let streaming = Method<EchoRequest, EchoResponse>(service: service, name: name, kind: .serverStreaming)
      let stream = try await client.serverStreaming(streaming, EchoRequest())
      #expect(await stream.collect().error?.code == .unimplemented)
      #expect(try await EchoClient(client).isServed())
    }
  }

  @Test func `a method name that no frame can carry is refused before it is sent`() async throws {
    try await EchoServer.with { _, client async throws in
      let method = Method<EchoRequest, EchoResponse>(service: "a", name: String(repeating: "x", count: 254), kind: .unary)
      #expect(await RPCError.of { try await client.unary(method, EchoRequest()) }?.code == .invalidArgument)
      #expect(try await EchoClient(client).isServed())
    }
  }

  private struct Foreign: Error, CustomStringConvertible {
    let description = "password hunter2 of relation secret_table"
  }

  @Test func `a foreign error is UNKNOWN without its words, which the server's record keeps`() async throws {
    let records = Mutex<[CallRecord]>([])
    let register = { @Sendable (router: inout Router) in
      router.unary(Lontar_Testing_V1_Echo.unary) { _, _ in throw Foreign() }
      router.serverStreaming(Lontar_Testing_V1_Echo.serverStream) { _, _, _ in throw Foreign() }
    }
    let onCall = { @Sendable (record: CallRecord) in records.withLock { $0.append(record) } }
    try await EchoServer.with(register: register, onCall: onCall) { _, client async throws in
      let unary = await RPCError.of { try await EchoClient(client).unary(EchoRequest()) }
      let streaming = try await EchoClient(client).serverStream(EchoRequest()).collect().error
      for error in [unary, streaming] {
        #expect(error?.code == .unknown)
        let told = String(describing: error)
        #expect(!told.contains("hunter2") && !told.contains("secret_table"))
      }
    }
    let kept = records.withLock { $0 }
    #expect(kept.map(\.code) == [.unknown, .unknown])
    #expect(kept.allSatisfy { $0.cause?.contains("hunter2") == true || $0.cause?.contains("Foreign") == true })
  }

  @Test func `metadata goes both ways, with any bytes, in order, keys repeated`() async throws {
    let register = { @Sendable (router: inout Router) in
      router.unary(Lontar_Testing_V1_Echo.unary) { _, context in
        throw RPCError(.aborted, context.metadata["first"] ?? "none", metadata: context.metadata)
      }
    }
    try await EchoServer.with(register: register) { _, client async throws in
      var metadata = Metadata()
      metadata.add("first", "text ☺")
      metadata.add("binary", bytes: (0...255).map { UInt8($0) })
      metadata.add("twice", "1")
      metadata.add("between", bytes: [])
      metadata.add("twice", "2")
      metadata.add("long", bytes: Array(repeating: 7, count: 4_096))
      let error = await RPCError.of {
        try await EchoClient(client).unary(EchoRequest(), options: CallOptions(metadata: metadata))
      }
      #expect(error?.code == .aborted)
      #expect(error?.message == "text ☺")
      #expect(error?.metadata == metadata)
    }
  }

  @Test func `attempt, idempotency key and request id reach the handler`() async throws {
    let seen = Mutex<[(key: [UInt8]?, attempt: Int, id: String)]>([])
    let register = { @Sendable (router: inout Router) in
      router.unary(Lontar_Testing_V1_Echo.unary) { _, context in
        seen.withLock { $0.append((context.idempotencyKey, context.attempt, context.requestID)) }
        return EchoResponse()
      }
    }
    try await EchoServer.with(register: register) { _, client async throws in
      let key = (1...16).map { UInt8($0) }
      _ = try await EchoClient(client).unary(EchoRequest(), options: CallOptions(idempotencyKey: key))
      _ = try await EchoClient(client).unary(EchoRequest())
      #expect(seen.withLock { $0 }.map(\.key) == [key, nil])
      #expect(seen.withLock { $0 }.map(\.attempt) == [1, 1])
      #expect(Set(seen.withLock { $0 }.map(\.id)).count == 2)
      let wrong = await RPCError.of {
        try await EchoClient(client).unary(EchoRequest(), options: CallOptions(idempotencyKey: [1]))
      }
      #expect(wrong?.code == .invalidArgument)
    }
  }

  @Test(arguments: [("upper Case", 1), ("", 1), (String(repeating: "k", count: 65), 1), ("long", 4_097)])
  func `metadata that no frame can carry is refused before it is sent`(key: String, bytes: Int) async throws {
    try await EchoServer.with { _, client async throws in
      var metadata = Metadata()
      metadata.add(key, bytes: Array(repeating: 1, count: bytes))
      let error = await RPCError.of {
        try await EchoClient(client).unary(EchoRequest(), options: CallOptions(metadata: metadata))
      }
      #expect(error?.message.contains("metadata") == true)
      #expect(try await EchoClient(client).isServed())
    }
  }

  // MARK: Limits

  /// A payload of n bytes makes a message of n + 4 (three bytes of length from 16,384 on); the size of the answer adds 2.
  @Test(arguments: [(99_994, true), (99_995, false)])
  func `a request may have the server's limit and not one byte more`(payload: Int, fits: Bool) async throws {
    try await EchoServer.with(adjust: { $0.limits.messageBytesMax = 100_000 }) { _, client async throws in
      let request = EchoRequest {
        $0.payload = Data(count: payload)
        $0.responseBytes = 1
      }
      let error = await RPCError.of { try await EchoClient(client).unary(request) }
      #expect(error?.code == (fits ? nil : .resourceExhausted))
      #expect(try await EchoClient(client).isServed())
    }
  }

  @Test func `a request over the client's own limit is not sent`() async throws {
    try await EchoServer.with { echo, _ async throws in
      let client = try echo.client { $0.options.messageBytesMax = 1_000 }
      let error = await RPCError.of { try await EchoClient(client).unary(EchoRequest { $0.payload = Data(count: 1_000) }) }
      #expect(error?.code == .resourceExhausted)
      #expect(error?.message.contains("1003") == true)
      #expect(try await EchoClient(client).isServed())
      await client.shutdown()
    }
  }

  @Test(arguments: [true, false])
  func `an answer over the limit of either side is RESOURCE_EXHAUSTED`(isServers: Bool) async throws {
    try await EchoServer.with(adjust: { if isServers { $0.limits.messageBytesMax = 100_000 } }) { echo, _ async throws in
      let client = try echo.client { if !isServers { $0.options.messageBytesMax = 100_000 } }
      let error = await RPCError.of { try await EchoClient(client).unary(EchoRequest { $0.responseBytes = 200_000 }) }
      #expect(error?.code == .resourceExhausted)
      #expect(try await EchoClient(client).isServed())
      await client.shutdown()
    }
  }

  /// gRPC's "large unary" sizes, a thousand times at once.
  @Test func `a thousand large calls at once are all answered whole`() async throws {
    try await EchoServer.with { _, client async throws in
      let request = EchoRequest {
        $0.payload = Data(repeating: 0xA5, count: 271_828)
        $0.responseBytes = 314_159
      }
      let sizes = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<1_000 { group.addTask { try await EchoClient(client).unary(request).payload.count } }
        return try await group.reduce(into: [Int]()) { $0.append($1) }
      }
      #expect(sizes == Array(repeating: 314_159, count: 1_000))
    }
  }
}

internal import Foundation
internal import Lontar
internal import LontarTesting
internal import Synchronization
internal import Testing

/// Client streams and streams both ways, between a real client and a real server over TLS.
@Suite(.timeLimit(.minutes(3))) struct RequestStreamTests {
  private static func request(_ text: String, _ change: (inout EchoRequest) -> Void = { _ in }) -> EchoRequest {
    EchoRequest {
      $0.payload = Data(text.utf8)
      change(&$0)
    }
  }

  @Test(arguments: [(0, 0), (1, 0), (1, 5), (3, 1), (1_000, 100), (100, 16_372), (50, 65_536)])
  func `the server has all requests of a stream, in order`(count: Int, bytes: Int) async throws {
    try await EchoServer.with { _, client async throws in
      let call = try await EchoClient(client).clientStream()
      var sent = Data()
      for number in 0..<count {
        let payload = Data(repeating: UInt8(truncatingIfNeeded: number), count: bytes)
        sent += payload
        try await call.requests.write(EchoRequest { $0.payload = payload })
      }
      #expect(try await call.response().payload == sent)
    }
  }

  /// The server would refuse it all the same, after it had come.
  @Test(arguments: [false, true]) func `a request that the server does not take fails at the client`(isOpen: Bool) async throws {
    try await EchoServer.with(adjust: { $0.limits.messageBytesMax = 10_000 }) { echo, client async throws in
      if isOpen { #expect(try await EchoClient(client).isServed()) }
      let call = try await EchoClient(client).clientStream()
      let error = await RPCError.of {
        // Without a connection the first is queued, and the call ends when there is one.
        try await call.requests.write(EchoRequest { $0.payload = Data(count: 20_000) })
        _ = try await call.response()
      }
      #expect(error?.code == .resourceExhausted)
      #expect(error?.transportReason == .requestTooLarge)
      #expect(error?.details.parameters["limit"] == "10000")
      #expect(try await EchoClient(client).isServed())
    }
  }

  @Test(arguments: [1, 2, 500])
  func `requests and answers alternate like ping and pong`(rounds: Int) async throws {
    try await EchoServer.with { _, client async throws in
      let call = try await EchoClient(client).bidiStream()
      var answers = call.responses.makeAsyncIterator()
      for number in 0..<rounds {
        try await call.requests.write(Self.request("\(number)"))
        #expect(try await answers.next()?.payload == Data("\(number)".utf8))
      }
      call.requests.finish()
      #expect(try await answers.next() == nil)
    }
  }

  @Test func `a stream that is finished without a request is answered without one`() async throws {
    try await EchoServer.with { _, client async throws in
      let call = try await EchoClient(client).bidiStream()
      call.requests.finish()
      let (messages, error) = await call.responses.collect()
      #expect(messages.isEmpty && error == nil)
    }
  }

  @Test func `writing behind the end of the requests is refused and harms nothing`() async throws {
    try await EchoServer.with { _, client async throws in
      let call = try await EchoClient(client).bidiStream()
      try await call.requests.write(Self.request("one"))
      call.requests.finish()
      call.requests.finish()
      #expect(await RPCError.of { try await call.requests.write(Self.request("two")) } != nil)
      #expect(await call.responses.collect().messages.map(\.payload) == [Data("one".utf8)])
    }
  }

  @Test(arguments: StatusCode.allCases.filter { $0 != .ok })
  func `an early error of the server ends writer and reader`(code: StatusCode) async throws {
    try await EchoServer.with { _, client async throws in
      let failing = Self.request("fail") {
        $0.failWithCode = Int32(code.rawValue)
        $0.failMessage = "told so"
      }
      let upload = try await EchoClient(client).clientStream()
      try await upload.requests.write(failing)
      let error = await RPCError.of { try await upload.response() }
      #expect(error?.code == code)
      #expect(error?.message == "told so")

      let both = try await EchoClient(client).bidiStream()
      try await both.requests.write(failing)
      #expect(await both.responses.collect().error?.code == code)
      // The writer hears of it at its next write.
      #expect(await RPCError.of { try await both.requests.write(Self.request("late")) }?.code == code)
    }
  }

  @Test func `a server may answer well before the requests have ended; the writer is told to stop`() async throws {
    try await EchoServer.with(register: { router in
      router.clientStreaming(Lontar_Testing_V1_Echo.clientStream) { requests, _ in
        var iterator = requests.makeAsyncIterator()
        let first = try await iterator.next()
        return EchoResponse { $0.payload = first?.payload ?? Data() }
      }
    }) { _, client async throws in
      let call = try await EchoClient(client).clientStream()
      let big = EchoRequest { $0.payload = Data(count: 100_000) }
      var stopped: RPCError?
      for _ in 0..<10_000 where stopped == nil { stopped = await RPCError.of { try await call.requests.write(big) } }
      #expect(stopped?.code == .cancelled)
      #expect(try await call.response().payload.count == 100_000)
    }
  }

  /// 10,000 requests of 16 KB are 160 MB. Unless held back, the writer would be done with them before the handler reads one.
  @Test func `a handler that does not read holds the writer back`() async throws {
    let gate = Signals<Void>()
    try await EchoServer.with(register: { router in
      router.clientStreaming(Lontar_Testing_V1_Echo.clientStream) { requests, _ in
        await gate.next()
        var count: Int64 = 0
        for try await _ in requests { count += 1 }
        return EchoResponse { $0.remainingNanoseconds = count }
      }
      router.unary(Lontar_Testing_V1_Echo.unary) { request, _ in EchoResponse { $0.payload = request.payload } }
    }) { _, client async throws in
      let call = try await EchoClient(client).clientStream()
      let written = Mutex(0)
      let writing = Task {
        for _ in 0..<10_000 {
          try await call.requests.write(EchoRequest { $0.payload = Data(count: 16_000) })
          written.withLock { $0 += 1 }
        }
        return try await call.response().remainingNanoseconds
      }
      // The writer has stopped when many calls beside it no longer see it move; other calls are not held up.
      var (last, still) = (-1, 0)
      while still < 20 {
        for _ in 0..<10 { #expect(try await EchoClient(client).isServed()) }
        let now = written.withLock { $0 }
        still = now == last && now > 0 ? still + 1 : 0
        last = now
      }
      #expect(last < 100)
      gate.send(())
      #expect(try await writing.value == 10_000)
    }
  }

  @Test func `cancelling the reader's task reaches a handler that reads requests`() async throws {
    let ends = Signals<HandlerEnd>()
    try await EchoServer.with(register: { router in
      router.bidirectional(Lontar_Testing_V1_Echo.bidiStream) { requests, writer, _ in
        do {
          for try await request in requests { try await writer.write(EchoResponse { $0.payload = request.payload }) }
          ends.send(.finished)
        } catch {
          ends.send(HandlerEnd(error))
          throw error
        }
      }
      router.unary(Lontar_Testing_V1_Echo.unary) { request, _ in EchoResponse { $0.payload = request.payload } }
    }) { _, client async throws in
      let call = try await EchoClient(client).bidiStream()
      try await call.requests.write(Self.request("one"))
      let reading = Task { await call.responses.collect().error?.code }
      reading.cancel()
      #expect(await ends.next() == .failed(.cancelled))
      #expect(await reading.value == .cancelled)
      #expect(try await EchoClient(client).isServed())
    }
  }

  /// A handler's work on an actor of its own.
  private actor Clerk {
    private(set) var count: Int64 = 0

    func serve(_ requests: RequestStream<EchoRequest>, _ writer: ResponseWriter<EchoResponse>) async throws {
      for try await request in requests {
        count += 1
        try await writer.write(EchoResponse { $0.payload = request.payload })
      }
    }

    func note() -> Int64 {
      count += 1
      return count
    }
  }

  @Test(arguments: ["actor", "main actor", "detached task"])
  func `a handler may read and write from any executor`(place: String) async throws {
    try await EchoServer.with(register: { router in
      router.bidirectional(Lontar_Testing_V1_Echo.bidiStream) { requests, writer, _ in
        switch place {
        case "actor": try await Clerk().serve(requests, writer)
        case "main actor": try await Task { @MainActor in try await Self.onMain(requests, writer) }.value
        default:
          try await Task.detached {
            for try await request in requests { try await writer.write(EchoResponse { $0.payload = request.payload }) }
          }.value
        }
      }
      let clerk = Clerk()
      router.unary(Lontar_Testing_V1_Echo.unary) { _, _ in
        let count = await clerk.note()
        return EchoResponse { $0.remainingNanoseconds = count }
      }
    }) { _, client async throws in
      let call = try await EchoClient(client).bidiStream()
      // 1,000 answers of 1,000 bytes are more than a stream's window: the writer has to wait as well.
      let writing = Task {
        for number in 0..<1_000 {
          try await call.requests.write(EchoRequest { $0.payload = Data(repeating: UInt8(number & 0xFF), count: 1_000) })
        }
        call.requests.finish()
      }
      let (messages, error) = await call.responses.collect()
      try await writing.value
      #expect(error == nil)
      #expect(messages.map { $0.payload.first } == (0..<1_000).map { UInt8($0 & 0xFF) })
      #expect(try await EchoClient(client).unary(EchoRequest()).remainingNanoseconds == 1)
    }
  }

  @MainActor private static func onMain(
    _ requests: RequestStream<EchoRequest>, _ writer: ResponseWriter<EchoResponse>
  ) async throws {
    for try await request in requests { try await writer.write(EchoResponse { $0.payload = request.payload }) }
  }

  @Test func `dropping a call both ways cancels it`() async throws {
    let ends = Signals<HandlerEnd>()
    try await EchoServer.with(register: { router in
      router.bidirectional(Lontar_Testing_V1_Echo.bidiStream) { requests, _, _ in
        do { for try await _ in requests {} } catch {
          ends.send(HandlerEnd(error))
          throw error
        }
      }
    }) { _, client async throws in
      do {
        let call = try await EchoClient(client).bidiStream()
        try await call.requests.write(Self.request("one"))
      }
      #expect(await ends.next() == .failed(.cancelled))
    }
  }

  @Test func `the deadline ends a stream that waits for requests`() async throws {
    try await EchoServer.with { _, client async throws in
      let call = try await EchoClient(client).bidiStream(options: CallOptions(timeout: .milliseconds(50)))
      #expect(await call.responses.collect().error?.code == .deadlineExceeded)
    }
  }

  @Test func `metadata goes before the first message and with the status`() async throws {
    try await EchoServer.with(register: { router in
      router.bidirectional(Lontar_Testing_V1_Echo.bidiStream) { requests, writer, context in
        context.setInitialMetadata(["first": context.metadata["asked"] ?? "nothing"])
        for try await request in requests {
          try await writer.write(EchoResponse { $0.payload = request.payload })
          context.setInitialMetadata(["first": "too late"])
        }
        context.setTrailingMetadata(["last": "one more"])
      }
      router.unary(Lontar_Testing_V1_Echo.unary) { _, context in
        context.setInitialMetadata(["first": "unary"])
        context.setTrailingMetadata(["last": "unary"])
        return EchoResponse()
      }
    }) { _, client async throws in
      let call = try await EchoClient(client).bidiStream(options: CallOptions(metadata: ["asked": "this"]))
      try await call.requests.write(Self.request("one"))
      #expect(try await call.responses.initialMetadata == ["first": "this"])
      #expect(call.responses.trailingMetadata.isEmpty)
      call.requests.finish()
      #expect(await call.responses.collect().error == nil)
      #expect(call.responses.trailingMetadata == ["last": "one more"])

      let unary = try await client.unaryResponse(Lontar_Testing_V1_Echo.unary, EchoRequest())
      #expect(unary.initialMetadata == ["first": "unary"])
      #expect(unary.trailingMetadata == ["last": "unary"])
    }
  }
}

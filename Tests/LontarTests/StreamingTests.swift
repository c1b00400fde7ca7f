internal import Foundation
internal import Lontar
internal import LontarTesting
internal import Synchronization
internal import Testing

/// Server streams between a real client and a real server over TLS.
@Suite(.timeLimit(.minutes(3))) struct StreamingTests {
  /// Messages that carry their own number.
  private static func numbered(_ router: inout Router) {
    router.serverStreaming(Lontar_Testing_V1_Echo.serverStream) { request, writer, _ in
      for number in 0..<Int64(request.responseCount) {
        try await writer.write(
          EchoResponse {
            $0.remainingNanoseconds = number
            $0.payload = Data(repeating: UInt8(truncatingIfNeeded: number), count: Int(request.responseBytes))
          })
      }
      if request.failWithCode != 0 {
        throw RPCError(StatusCode(rawValue: UInt16(request.failWithCode)) ?? .unknown, request.failMessage)
      }
    }
  }

  @Test(arguments: [(0, 0), (1, 0), (2, 10), (101, 1_000), (10_000, 100), (37, 16_372), (20, 1_000_000), (3, 4_000_000)])
  func `all messages of a stream arrive whole and in order`(count: Int, bytes: Int) async throws {
    try await EchoServer.with(register: Self.numbered) { _, client async throws in
      let stream = try await EchoClient(client).serverStream(
        EchoRequest {
          $0.responseCount = UInt32(count)
          $0.responseBytes = UInt32(bytes)
        })
      var expected: Int64 = 0
      for try await message in stream {
        #expect(message.remainingNanoseconds == expected)
        #expect(message.payload.count == bytes)
        #expect(message.payload.allSatisfy { $0 == UInt8(truncatingIfNeeded: expected) })
        expected += 1
      }
      #expect(expected == count)
    }
  }

  @Test(arguments: [0, 1, 500])
  func `messages before an error arrive, then the error`(count: Int) async throws {
    try await EchoServer.with(register: Self.numbered) { _, client async throws in
      let (messages, error) = try await EchoClient(client).serverStream(
        EchoRequest {
          $0.responseCount = UInt32(count)
          $0.failWithCode = Int32(StatusCode.dataLoss.rawValue)
          $0.failMessage = "row \(count) is broken"
        }
      ).collect()
      #expect(messages.map(\.remainingNanoseconds) == (0..<Int64(count)).map { $0 })
      #expect(error?.code == .dataLoss)
      #expect(error?.message == "row \(count) is broken")
    }
  }

  /// 10,000 messages of 16 KB are 160 MB. Unless held back, the handler would write them all before the second call is answered.
  @Test func `a slow reader holds the writer back and loses nothing`() async throws {
    let written = Mutex(0)
    let register = { @Sendable (router: inout Router) in
      router.unary(Lontar_Testing_V1_Echo.unary) { request, _ in EchoResponse { $0.payload = request.payload } }
      router.serverStreaming(Lontar_Testing_V1_Echo.serverStream) { request, writer, _ in
        for number in 0..<Int64(request.responseCount) {
          try await writer.write(
            EchoResponse {
              $0.remainingNanoseconds = number
              $0.payload = Data(count: 16_000)
            })
          written.withLock { $0 += 1 }
        }
      }
    }
    try await EchoServer.with(register: register) { _, client async throws in
      let stream = try await EchoClient(client).serverStream(EchoRequest { $0.responseCount = 10_000 })
      var iterator = stream.makeAsyncIterator()
      #expect(try await iterator.next()?.remainingNanoseconds == 0)
      for _ in 0..<200 { #expect(try await EchoClient(client).isServed()) }
      // Two stream windows of 256 KiB (one taken by the reader, one on its way) and the writer's own 64 KiB, twice over.
      #expect(written.withLock { $0 } < 100)
      var next: Int64 = 1
      while let message = try await iterator.next() {
        #expect(message.remainingNanoseconds == next)
        next += 1
      }
      #expect(next == 10_000)
      #expect(written.withLock { $0 } == 10_000)
    }
  }

  @Test func `a stream whose reader stops does not hold other calls back`() async throws {
    try await EchoServer.with { _, client async throws in
      var stalled: [ResponseStream<EchoResponse>] = []
      for _ in 0..<20 {
        let stream = try await EchoClient(client).serverStream(
          EchoRequest {
            $0.responseCount = 1_000
            $0.responseBytes = 16_000
          })
        stalled.append(stream)
      }
      for _ in 0..<20 { #expect(try await EchoClient(client).isServed()) }
      for stream in stalled {
        let (messages, error) = await stream.collect()
        #expect(messages.count == 1_000)
        #expect(error == nil)
      }
    }
  }

  @Test func `several tasks of a handler may write, and wait, at once`() async throws {
    let register = { @Sendable (router: inout Router) in
      router.serverStreaming(Lontar_Testing_V1_Echo.serverStream) { request, writer, _ in
        try await withThrowingTaskGroup(of: Void.self) { group in
          for _ in 0..<request.responseCount {
            group.addTask {
              for _ in 0..<50 { try await writer.write(EchoResponse { $0.payload = Data(count: 10_000) }) }
            }
          }
          try await group.waitForAll()
        }
      }
    }
    try await EchoServer.with(register: register) { _, client async throws in
      let (messages, error) = try await EchoClient(client).serverStream(EchoRequest { $0.responseCount = 8 }).collect()
      #expect(messages.count == 400)
      #expect(error == nil)
    }
  }

  /// Writes until it is stopped, and tells how it was.
  private static func endless(_ ends: Signals<HandlerEnd>) -> @Sendable (inout Router) -> Void {
    { router in
      router.unary(Lontar_Testing_V1_Echo.unary) { request, _ in EchoResponse { $0.payload = request.payload } }
      router.serverStreaming(Lontar_Testing_V1_Echo.serverStream) { _, writer, _ in
        do {
          while true { try await writer.write(EchoResponse { $0.payload = Data(count: 1_000) }) }
        } catch {
          ends.send(HandlerEnd(error))
          throw error
        }
      }
    }
  }

  @Test func `letting go of a stream stops its handler`() async throws {
    let ends = Signals<HandlerEnd>()
    try await EchoServer.with(register: Self.endless(ends)) { _, client async throws in
      var count = 0
      for try await _ in try await EchoClient(client).serverStream(EchoRequest()) {
        count += 1
        if count == 3 { break }
      }
      #expect(await ends.next() == .failed(.cancelled))
      #expect(try await EchoClient(client).isServed())
    }
  }

  @Test func `cancelling the task that reads a stream stops its handler`() async throws {
    let ends = Signals<HandlerEnd>()
    let read = Signals<Int>()
    try await EchoServer.with(register: Self.endless(ends)) { _, client async throws in
      let reading = Task {
        var count = 0
        for try await _ in try await EchoClient(client).serverStream(EchoRequest()) {
          count += 1
          if count == 3 { read.send(count) }
        }
      }
      #expect(await read.next() == 3)
      reading.cancel()
      #expect(await ends.next() == .failed(.cancelled))
      #expect(await RPCError.of { try await reading.value }?.code == .cancelled)
      #expect(try await EchoClient(client).isServed())
    }
  }

  @Test func `a deadline that passes in the middle of a stream ends it on both sides`() async throws {
    let ends = Signals<HandlerEnd>()
    let register = { @Sendable (router: inout Router) in
      router.unary(Lontar_Testing_V1_Echo.unary) { request, _ in EchoResponse { $0.payload = request.payload } }
      router.serverStreaming(Lontar_Testing_V1_Echo.serverStream) { _, writer, _ in
        for _ in 0..<3 { try await writer.write(EchoResponse()) }
        try await waitForCancellation(telling: ends)
      }
    }
    try await EchoServer.with(register: register) { _, client async throws in
      #expect(try await EchoClient(client).isServed())
      let options = CallOptions(timeout: .milliseconds(500))
      let (messages, error) = try await EchoClient(client).serverStream(EchoRequest(), options: options).collect()
      #expect(messages.count <= 3)
      #expect(error?.code == .deadlineExceeded)
      #expect(await ends.next() == .cancelled)
      #expect(try await EchoClient(client).isServed())
    }
  }

  @Test func `a message of a stream that is over the limit ends the stream with a clear error`() async throws {
    try await EchoServer.with(adjust: { $0.limits.messageBytesMax = 100_000 }) { _, client async throws in
      let (messages, error) = try await EchoClient(client).serverStream(
        EchoRequest {
          $0.responseCount = 2
          $0.responseBytes = 100_001
        }
      ).collect()
      #expect(messages.isEmpty)
      #expect(error?.code == .resourceExhausted)
      #expect(try await EchoClient(client).isServed())
    }
  }
}

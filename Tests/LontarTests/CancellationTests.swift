internal import Foundation
internal import Lontar
internal import LontarTesting
internal import Synchronization
internal import Testing

/// Unary calls that are given up: by their task or by their deadline.
@Suite(.timeLimit(.minutes(3))) struct CancellationTests {
  /// A handler that says when it starts and how it ends, and waits to be cancelled if it is told to sleep.
  private static func watched(_ starts: Signals<Void>, _ ends: Signals<HandlerEnd>) -> @Sendable (inout Router) -> Void {
    { router in
      router.unary(Lontar_Testing_V1_Echo.unary) { request, _ in
        guard request.sleepMilliseconds > 0 else { return EchoResponse { $0.payload = request.payload } }
        starts.send(())
        try await waitForCancellation(telling: ends)
        return EchoResponse()
      }
    }
  }

  private static let endless = EchoRequest { $0.sleepMilliseconds = 1 }

  @Test func `cancelling the caller's task reaches the handler`() async throws {
    let (starts, ends) = (Signals<Void>(), Signals<HandlerEnd>())
    try await EchoServer.with(register: Self.watched(starts, ends)) { _, client async throws in
      let calling = Task { try await EchoClient(client).unary(Self.endless) }
      await starts.next()
      calling.cancel()
      #expect(await ends.next() == .cancelled)
      #expect(await RPCError.of { try await calling.value }?.code == .cancelled)
      #expect(try await EchoClient(client).isServed())
    }
  }

  @Test(arguments: 0..<50)
  func `a call of a cancelled task fails at once`(round: Int) async throws {
    let echo = try await Self.shared()
    let client = try echo.client()
    if round.isMultiple(of: 2) { #expect(try await EchoClient(client).isServed()) }
    let calling = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await EchoClient(client).unary(Self.endless)
    }
    #expect(await RPCError.of { try await calling.value }?.code == .cancelled)
    #expect(try await EchoClient(client).isServed())
    await client.shutdown()
  }

  @Test func `a stream of a cancelled task fails at once`() async throws {
    try await EchoServer.with { _, client async throws in
      let calling = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return try await EchoClient(client).serverStream(EchoRequest { $0.responseCount = 100 }).collect().error
      }
      #expect(try await calling.value?.code == .cancelled)
      #expect(try await EchoClient(client).isServed())
    }
  }

  @Test(arguments: [Duration.zero, .seconds(-1), .nanoseconds(1)])
  func `a deadline that has passed fails the call without a handler`(timeout: Duration) async throws {
    let records = Mutex<[StatusCode]>([])
    try await EchoServer.with(onCall: { record in records.withLock { $0.append(record.code) } }) { _, client async throws in
      let options = CallOptions(timeout: timeout)
      #expect(
        await RPCError.of { try await EchoClient(client).unary(EchoRequest(), options: options) }?.code == .deadlineExceeded)
      let stream = try await EchoClient(client).serverStream(EchoRequest { $0.responseCount = 1 }, options: options)
      #expect(await stream.collect().error?.code == .deadlineExceeded)
      #expect(try await EchoClient(client).isServed())
    }
    #expect(!records.withLock { $0 }.contains(.unknown))
  }

  @Test func `a deadline that passes while the handler runs reaches it`() async throws {
    let (starts, ends) = (Signals<Void>(), Signals<HandlerEnd>())
    try await EchoServer.with(register: Self.watched(starts, ends)) { _, client async throws in
      #expect(try await EchoClient(client).isServed())
      let error = await RPCError.of {
        try await EchoClient(client).unary(Self.endless, options: CallOptions(timeout: .seconds(1)))
      }
      #expect(error?.code == .deadlineExceeded)
      #expect(await ends.next() == .cancelled)
    }
  }

  @Test func `a call without a deadline gets the server's longest`() async throws {
    let (starts, ends) = (Signals<Void>(), Signals<HandlerEnd>())
    let register = Self.watched(starts, ends)
    try await EchoServer.with(register: register, adjust: { $0.limits.callTimeoutSecondsMax = 1 }) { _, client async throws in
      #expect(await RPCError.of { try await EchoClient(client).unary(Self.endless) }?.code == .deadlineExceeded)
      #expect(await ends.next() == .cancelled)
    }
  }

  @Test func `a handler that does not heed its cancellation keeps its place until it returns`() async throws {
    let started = Signals<CheckedContinuation<Void, Never>>()
    let register = { @Sendable (router: inout Router) in
      router.unary(Lontar_Testing_V1_Echo.unary) { request, _ in
        if request.sleepMilliseconds > 0 { await withCheckedContinuation { started.send($0) } }
        return EchoResponse { $0.payload = request.payload }
      }
    }
    try await EchoServer.with(callsMax: 1, register: register) { _, client async throws in
      let deaf = Task { try await EchoClient(client).unary(Self.endless) }
      let hold = await started.next()
      deaf.cancel()
      #expect(await RPCError.of { try await deaf.value }?.code == .cancelled)
      // The only place is still taken: the next call waits until the handler has come to its end.
      let waiting = Task { try await EchoClient(client).isServed() }
      hold?.resume()
      #expect(try await waiting.value)
    }
  }

  private static let server = Mutex<Task<EchoServer, any Error>?>(nil)

  /// One server for the many rounds of one test; it lives as long as the process.
  private static func shared() async throws -> EchoServer {
    let task = server.withLock { server in
      if let server { return server }
      let task = Task { try await EchoServer.start() }
      server = task
      return task
    }
    return try await task.value
  }
}

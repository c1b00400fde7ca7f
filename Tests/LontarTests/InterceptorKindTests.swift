internal import Foundation
internal import Lontar
internal import LontarTesting
internal import Synchronization
internal import Testing

/// A server's interceptors around calls whose messages go both ways: they are there from before the handler until after it.
@Suite(.timeLimit(.minutes(3))) struct InterceptorKindTests {
  /// What happened, in its order; a test may wait for the next line.
  private final class Book: Sendable {
    private let lines = Mutex<[String]>([])
    let news = Signals<String>()

    var all: [String] { lines.withLock { $0 } }

    func note(_ line: String) {
      lines.withLock { $0.append(line) }
      news.send(line)
    }

    /// Reads on to this line.
    func wait(for line: String) async {
      while let next = await news.next(), next != line {}
    }
  }

  /// Writes down what it sees, and refuses callers without a name.
  private struct Doorkeeper: ServerInterceptor {
    let name: String
    let book: Book

    func intercept(_ context: CallContext, _ proceed: @Sendable () async throws -> Void) async throws {
      book.note("\(name) in")
      guard context.metadata["name"] != nil else { throw RPCError(.unauthenticated, "say who you are") }
      do {
        try await proceed()
        book.note("\(name) out")
      } catch {
        book.note("\(name) saw \(Self.code(of: error))")
        throw error
      }
    }

    private static func code(of error: any Error) -> StatusCode {
      (error as? RPCError)?.code ?? (error is CancellationError ? .cancelled : .unknown)
    }
  }

  /// Does what it is told to in place of the call, or with its error.
  private struct Changing: ServerInterceptor {
    let change: @Sendable (_ proceed: @Sendable () async throws -> Void) async throws -> Void

    func intercept(_ context: CallContext, _ proceed: @Sendable () async throws -> Void) async throws {
      try await change(proceed)
    }
  }

  /// Echoes each request, and fails at one that says so.
  private static func register(_ book: Book, _ inside: [any ServerInterceptor] = []) -> @Sendable (inout Router) -> Void {
    { router in
      router.interceptors = [Doorkeeper(name: "outer", book: book), Doorkeeper(name: "inner", book: book)] + inside
      router.bidirectional(Lontar_Testing_V1_Echo.bidiStream) { requests, writer, _ in
        book.note("handler")
        for try await request in requests {
          if request.failWithCode != 0 { throw RPCError(.notFound, "as told") }
          try await writer.write(EchoResponse { $0.payload = request.payload })
        }
        book.note("handler done")
      }
    }
  }

  private static let named = CallOptions(metadata: ["name": "Ani"])
  private static let hello = EchoRequest { $0.payload = Data("hello".utf8) }

  @Test func `the first interceptor is outermost, and all are around the call until its last message`() async throws {
    let book = Book()
    try await EchoServer.with(register: Self.register(book)) { _, client async throws in
      let call = try await EchoClient(client).bidiStream(options: Self.named)
      var answers = call.responses.makeAsyncIterator()
      for _ in 0..<3 {
        try await call.requests.write(Self.hello)
        #expect(try await answers.next()?.payload == Self.hello.payload)
        #expect(book.all == ["outer in", "inner in", "handler"])
      }
      call.requests.finish()
      #expect(try await answers.next() == nil)
      // The status leaves behind them.
      #expect(book.all == ["outer in", "inner in", "handler", "handler done", "inner out", "outer out"])
    }
  }

  @Test func `a call that is refused never comes to its handler, whatever has been written`() async throws {
    let book = Book()
    try await EchoServer.with(register: Self.register(book)) { _, client async throws in
      let call = try await EchoClient(client).bidiStream()
      // The refusal may be here first.
      for _ in 0..<10 { try? await call.requests.write(Self.hello) }
      let (messages, error) = await call.responses.collect()
      #expect(messages.isEmpty)
      #expect(error?.code == .unauthenticated)
      #expect(error?.message == "say who you are")
      #expect(book.all == ["outer in"])
      // The connection serves on.
      #expect(try await EchoClient(client).answers(.bidirectional, Self.hello, options: Self.named).count == 1)
    }
  }

  @Test func `a refusal by an inner interceptor is seen by those outside of it`() async throws {
    let book = Book()
    let closed = Changing { _ in throw RPCError(.permissionDenied, "not today") }
    try await EchoServer.with(register: Self.register(book, [closed])) { _, client async throws in
      let error = await RPCError.of {
        try await EchoClient(client).answers(.bidirectional, Self.hello, options: Self.named)
      }
      #expect(error?.code == .permissionDenied)
      #expect(error?.message == "not today")
      #expect(book.all == ["outer in", "inner in", "inner saw PERMISSION_DENIED", "outer saw PERMISSION_DENIED"])
    }
  }

  @Test func `an error amid the stream is seen from the inside out, behind the answers before it`() async throws {
    let book = Book()
    try await EchoServer.with(register: Self.register(book)) { _, client async throws in
      let call = try await EchoClient(client).bidiStream(options: Self.named)
      try await call.requests.write(Self.hello)
      try await call.requests.write(EchoRequest { $0.failWithCode = 5 })
      let (messages, error) = await call.responses.collect()
      #expect(messages.map(\.payload) == [Self.hello.payload])
      #expect(error?.code == .notFound)
      #expect(book.all == ["outer in", "inner in", "handler", "inner saw NOT_FOUND", "outer saw NOT_FOUND"])
    }
  }

  @Test func `an interceptor may put another error in place of the handler's`() async throws {
    let book = Book()
    let translating = Changing { proceed in
      do { try await proceed() } catch { throw RPCError(.failedPrecondition, "in other words") }
    }
    try await EchoServer.with(register: Self.register(book, [translating])) { _, client async throws in
      let error = await RPCError.of {
        try await EchoClient(client).answers(.bidirectional, EchoRequest { $0.failWithCode = 5 }, options: Self.named)
      }
      #expect(error?.code == .failedPrecondition)
      #expect(error?.message == "in other words")
      #expect(book.all.suffix(2) == ["inner saw FAILED_PRECONDITION", "outer saw FAILED_PRECONDITION"])
    }
  }

  @Test func `a client that gives the call up is seen`() async throws {
    let book = Book()
    try await EchoServer.with(register: Self.register(book)) { _, client async throws in
      do {
        let call = try await EchoClient(client).bidiStream(options: Self.named)
        try await call.requests.write(Self.hello)
        await book.wait(for: "handler")
        // Nobody holds the call any more.
      }
      await book.wait(for: "outer saw CANCELLED")
      #expect(book.all == ["outer in", "inner in", "handler", "inner saw CANCELLED", "outer saw CANCELLED"])
    }
  }

  // MARK: Task-local values

  enum Caller {
    @TaskLocal static var name = "nobody"
  }

  private struct Naming: ServerInterceptor {
    func intercept(_ context: CallContext, _ proceed: @Sendable () async throws -> Void) async throws {
      try await Caller.$name.withValue(context.metadata["name"] ?? "") { try await proceed() }
    }
  }

  @Test(arguments: MethodKind.all)
  func `a value that an interceptor gives to its task is the handler's, in calls of every kind`(kind: MethodKind) async throws {
    let register = { @Sendable (router: inout Router) in
      let answer = { @Sendable () -> EchoResponse in EchoResponse { $0.payload = Data(Caller.name.utf8) } }
      router.interceptors = [Naming()]
      router.unary(Lontar_Testing_V1_Echo.unary) { _, _ in answer() }
      router.serverStreaming(Lontar_Testing_V1_Echo.serverStream) { _, writer, _ in try await writer.write(answer()) }
      router.clientStreaming(Lontar_Testing_V1_Echo.clientStream) { requests, _ in
        for try await _ in requests {}
        return answer()
      }
      router.bidirectional(Lontar_Testing_V1_Echo.bidiStream) { requests, writer, _ in
        for try await _ in requests { try await writer.write(answer()) }
      }
    }
    try await EchoServer.with(register: register) { _, client async throws in
      let answers = try await EchoClient(client).answers(kind, Self.hello, options: Self.named)
      #expect(answers.map(\.payload) == [Data("Ani".utf8)])
    }
  }
}

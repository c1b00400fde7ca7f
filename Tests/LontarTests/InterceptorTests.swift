internal import Foundation
internal import Lontar
internal import LontarTesting
internal import Synchronization
internal import Testing

/// What runs around calls, on either side.
@Suite(.timeLimit(.minutes(3))) struct InterceptorTests {
  /// Writes down what it sees, and refuses callers without a name.
  private final class Doorkeeper: ServerInterceptor {
    let seen = Mutex<[String]>([])
    let name: String

    init(_ name: String) {
      self.name = name
    }

    func intercept(_ context: CallContext, _ proceed: @Sendable () async throws -> Void) async throws {
      seen.withLock { $0.append("\(name) in") }
      guard context.metadata["name"] != nil else { throw RPCError(.unauthenticated, "say who you are") }
      do { try await proceed() } catch {
        seen.withLock { $0.append("\(name) saw \((error as? RPCError)?.code ?? .unknown)") }
        throw error
      }
      seen.withLock { $0.append("\(name) out") }
    }
  }

  private struct Named: ClientInterceptor {
    func intercept(
      _ method: String, _ options: CallOptions,
      _ proceed: @escaping @Sendable (CallOptions) async throws(RPCError) -> UnaryAnswer
    ) async throws(RPCError) -> UnaryAnswer {
      var options = options
      options.metadata.add("name", method)
      return try await proceed(options)
    }
  }

  @Test func `interceptors of a server run around each kind of call, the first outermost, and may refuse`() async throws {
    let (outer, inner) = (Doorkeeper("outer"), Doorkeeper("inner"))
    try await EchoServer.with(register: { router in
      router.interceptors = [outer, inner]
      router.register(EchoService())
    }) { _, client async throws in
      #expect(await RPCError.of { try await EchoClient(client).isServed() }?.code == .unauthenticated)
      #expect(outer.seen.withLock { $0 } == ["outer in"])
      let named = CallOptions(metadata: ["name": "Ani"])
      #expect(try await EchoClient(client).unary(EchoRequest { $0.payload = Data([1]) }, options: named).payload == Data([1]))
      #expect(inner.seen.withLock { $0 } == ["inner in", "inner out"])
      let upload = try await EchoClient(client).clientStream(options: named)
      try await upload.requests.write(EchoRequest { $0.payload = Data([2]) })
      #expect(try await upload.response().payload == Data([2]))
      let failing = try await EchoClient(client).serverStream(EchoRequest { $0.failWithCode = 5 }, options: named)
      #expect(await failing.collect().error?.code == .notFound)
      #expect(outer.seen.withLock { Array($0.suffix(2)) } == ["outer in", "outer saw NOT_FOUND"])
    }
  }

  @Test func `interceptors of a client may add metadata and try again`() async throws {
    let attempts = Mutex<[Int]>([])
    let echo = try await EchoServer.start(register: { router in
      router.unary(Lontar_Testing_V1_Echo.unary) { _, context in
        attempts.withLock { $0.append(context.attempt) }
        if context.attempt == 1 { throw RPCError(.aborted, "once more") }
        return EchoResponse { $0.payload = Data((context.metadata["name"] ?? "").utf8) }
      }
    })
    let client = try echo.client { $0.options.interceptors = [Twice(), Named()] }
    let answer = try await EchoClient(client).unary(EchoRequest())
    #expect(answer.payload == Data("lontar.testing.v1.Echo/Unary".utf8))
    #expect(attempts.withLock { $0 } == [1, 2])
    await echo.stop(client)
  }

  @Test(
    arguments: [
      ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true),
      ("00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false),
      ("00-00000000000000000000000000000000-b7ad6b7169203331-01", false),
      ("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false),
      ("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false),
      ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x", false), ("", false),
    ])
  func `a W3C trace context travels; what is none is left out`(text: String, isValid: Bool) async throws {
    try await EchoServer.with(register: { router in
      router.unary(Lontar_Testing_V1_Echo.unary) { _, context in
        EchoResponse { $0.payload = Data((context.traceParent ?? "none").utf8) }
      }
    }) { _, client async throws in
      var options = CallOptions()
      options.traceParent = text
      let seen = try await EchoClient(client).unary(EchoRequest(), options: options).payload
      #expect(String(decoding: seen, as: UTF8.self) == (isValid ? text : "none"))
    }
  }
}

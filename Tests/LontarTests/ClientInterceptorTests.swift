internal import Foundation
internal import Lontar
internal import LontarTesting
internal import Synchronization
internal import Testing

/// What runs around a client's calls with streams.
@Suite(.timeLimit(.minutes(3))) struct ClientInterceptorTests {
  /// Adds its name to the metadata and writes down all that it hears.
  private final class Scribe: ClientInterceptor {
    let name: String
    let seen: Signals<String>
    let refuses: Bool

    init(_ name: String, _ seen: Signals<String>, refuses: Bool = false) {
      self.name = name
      self.seen = seen
      self.refuses = refuses
    }

    func intercept(
      _ method: String, _ options: CallOptions, _ proceed: @escaping @Sendable (CallOptions) async throws(RPCError) -> UnaryAnswer
    ) async throws(RPCError) -> UnaryAnswer { try await proceed(options) }

    func begins(_ method: String, _ kind: MethodKind, _ options: inout CallOptions) async throws(RPCError) -> (any CallObserver)?
    {
      if refuses { throw RPCError(.failedPrecondition, "\(name) says no") }
      options.metadata.add("names", name)
      seen.send("\(name) \(method.split(separator: "/")[1]) \(kind)")
      return Observer(name: name, seen: seen)
    }

    private struct Observer: CallObserver {
      let name: String
      let seen: Signals<String>

      func requestWritten(bytes: Int) { seen.send("\(name) wrote \(bytes)") }
      func answerReceived(bytes: Int) { seen.send("\(name) received \(bytes)") }
      func ended(_ error: RPCError?) { seen.send("\(name) ended \(error?.code.description ?? "well")") }
    }
  }

  private static func echo() async throws -> EchoServer {
    try await EchoServer.start(register: { router in
      let names = { @Sendable (context: CallContext) in
        let names = context.metadata.entries.filter { $0.key == "names" }.map { String(decoding: $0.value, as: UTF8.self) }
        return EchoResponse { $0.payload = Data(names.joined(separator: ",").utf8) }
      }
      router.serverStreaming(Lontar_Testing_V1_Echo.serverStream) { request, writer, context in
        try await writer.write(names(context))
        if request.failWithCode != 0 { throw RPCError(.notFound, "not here") }
      }
      router.clientStreaming(Lontar_Testing_V1_Echo.clientStream) { requests, context in
        for try await _ in requests {}
        return names(context)
      }
      router.bidirectional(Lontar_Testing_V1_Echo.bidiStream) { requests, writer, context in
        for try await _ in requests { try await writer.write(names(context)) }
      }
    })
  }

  /// The answer's payload is "outer,inner": 11 bytes, 13 with tag and length.
  private static let payload = Data("outer,inner".utf8)

  @Test func `each kind of stream passes all interceptors, the first outermost, and they hear how it ends`() async throws {
    let echo = try await Self.echo()
    let seen = Signals<String>()
    let client = try echo.client { $0.options.interceptors = [Scribe("outer", seen), Scribe("inner", seen)] }

    #expect(try await EchoClient(client).serverStream(EchoRequest()).collect().messages.map(\.payload) == [Self.payload])
    #expect(
      await seen.next(6) == [
        "outer ServerStream serverStreaming", "inner ServerStream serverStreaming", "outer received 13", "inner received 13",
        "inner ended well", "outer ended well",
      ])

    let failing = try await EchoClient(client).serverStream(EchoRequest { $0.failWithCode = 5 }).collect()
    #expect(failing.error?.code == .notFound)
    #expect(await seen.next(6).suffix(2) == ["inner ended NOT_FOUND", "outer ended NOT_FOUND"])

    let upload = try await EchoClient(client).clientStream()
    // Three bytes with tag and length.
    try await upload.requests.write(EchoRequest { $0.payload = Data([1]) })
    #expect(try await upload.response().payload == Self.payload)
    #expect(
      await seen.next(8) == [
        "outer ClientStream clientStreaming", "inner ClientStream clientStreaming", "outer wrote 3", "inner wrote 3",
        "outer received 13", "inner received 13", "inner ended well", "outer ended well",
      ])

    let both = try await EchoClient(client).bidiStream()
    try await both.requests.write(EchoRequest())
    both.requests.finish()
    #expect(await both.responses.collect().messages.map(\.payload) == [Self.payload])
    #expect(await seen.next(8).first == "outer BidiStream bidirectional")
    await echo.stop(client)
  }

  @Test func `an interceptor may refuse a stream, and those around it hear of it`() async throws {
    let echo = try await Self.echo()
    let seen = Signals<String>()
    let client = try echo.client { $0.options.interceptors = [Scribe("outer", seen), Scribe("inner", seen, refuses: true)] }
    for kind in 0..<3 {
      let error = await RPCError.of {
        switch kind {
        case 0: _ = try await EchoClient(client).serverStream(EchoRequest())
        case 1: _ = try await EchoClient(client).clientStream()
        default: _ = try await EchoClient(client).bidiStream()
        }
      }
      #expect(error?.code == .failedPrecondition && error?.message == "inner says no")
      #expect(await seen.next(2).last == "outer ended FAILED_PRECONDITION")
    }
    await echo.stop(client)
  }

  @Test func `a stream that can't even begin ends for its observers, too`() async throws {
    let echo = try await Self.echo()
    let seen = Signals<String>()
    let client = try echo.client { $0.options.interceptors = [Scribe("only", seen)] }
    // An idempotency key has 16 bytes.
    let options = CallOptions(idempotencyKey: [1, 2, 3])
    for kind in 0..<3 {
      let error = await RPCError.of {
        switch kind {
        case 0: _ = try await EchoClient(client).serverStream(EchoRequest(), options: options)
        case 1: _ = try await EchoClient(client).clientStream(options: options)
        default: _ = try await EchoClient(client).bidiStream(options: options)
        }
      }
      #expect(error?.code == .invalidArgument)
      #expect(await seen.next(2).last == "only ended INVALID_ARGUMENT")
    }
    await echo.stop(client)
  }

  @Test func `a stream that is given up ends for its observers, too`() async throws {
    let echo = try await Self.echo()
    let seen = Signals<String>()
    let client = try echo.client { $0.options.interceptors = [Scribe("only", seen)] }
    var both: BidirectionalCall<EchoRequest, EchoResponse>? = try await EchoClient(client).bidiStream()
    #expect(both != nil)
    both = nil
    #expect(await seen.next(2) == ["only BidiStream bidirectional", "only ended CANCELLED"])
    await echo.stop(client)
  }
}

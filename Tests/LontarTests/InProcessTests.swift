internal import Foundation
internal import Lontar
internal import LontarTesting
internal import Synchronization
internal import Testing

/// The same handlers without a socket.
@Suite(.timeLimit(.minutes(3))) struct InProcessTests {
  private static func server(_ limits: ServerLimits = ServerLimits()) -> InProcessServer {
    var router = Router()
    router.register(EchoService())
    return InProcessServer(router: router, limits: limits)
  }

  @Test func `all four kinds of calls are answered`() async throws {
    let echo = EchoClient(Self.server().client())
    let hello = EchoRequest { $0.payload = Data("hello".utf8) }
    #expect(try await echo.unary(hello).payload == hello.payload)
    let three = try await echo.serverStream(
      EchoRequest {
        $0.payload = hello.payload
        $0.responseCount = 3
      })
    #expect(await three.collect().messages.map(\.payload) == Array(repeating: hello.payload, count: 3))
    let upload = try await echo.clientStream()
    for _ in 0..<2 { try await upload.requests.write(hello) }
    #expect(try await upload.response().payload == hello.payload + hello.payload)
    let both = try await echo.bidiStream()
    try await both.requests.write(hello)
    both.requests.finish()
    #expect(await both.responses.collect().messages.map(\.payload) == [hello.payload])
  }

  @Test func `limits, errors and deadlines are those of a connection`() async throws {
    var limits = ServerLimits()
    limits.messageBytesMax = 1_000
    let echo = EchoClient(Self.server(limits).client())
    #expect(
      await RPCError.of { try await echo.unary(EchoRequest { $0.payload = Data(count: 1_000) }) }?.code == .resourceExhausted)
    #expect(await RPCError.of { try await echo.unary(EchoRequest { $0.failWithCode = 5 }) }?.code == .notFound)
    let late = await RPCError.of {
      try await echo.unary(EchoRequest { $0.sleepMilliseconds = 60_000 }, options: CallOptions(timeout: .milliseconds(20)))
    }
    #expect(late?.code == .deadlineExceeded)
    #expect(try await echo.isServed())
  }

  @Test func `a stream of 100 MB passes with bounded memory between`() async throws {
    let stream = try await EchoClient(Self.server().client()).serverStream(
      EchoRequest {
        $0.responseCount = 1_000
        $0.responseBytes = 100_000
      })
    let (messages, error) = await stream.collect()
    #expect(messages.count == 1_000)
    #expect(error == nil)
  }

  @Test func `a client that was shut down refuses calls`() async throws {
    let client = Self.server().client()
    #expect(try await EchoClient(client).isServed())
    await client.shutdown()
    #expect(await RPCError.of { try await EchoClient(client).isServed() }?.code == .unavailable)
  }
}

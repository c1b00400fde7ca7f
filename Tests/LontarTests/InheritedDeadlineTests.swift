internal import Foundation
internal import Lontar
internal import LontarTesting
internal import Testing

/// What a handler calls in turn ends no later than the call that it serves.
@Suite(.timeLimit(.minutes(3))) struct InheritedDeadlineTests {
  /// A server whose every method asks the back server, by a call of each kind, how long that may take.
  private static func front(_ back: LontarClient, own: Duration?) async throws -> EchoServer {
    let options = CallOptions(timeout: own)
    return try await EchoServer.start(
      register: { router in
        let ask = { @Sendable (kind: Int32) async throws -> EchoResponse in
          let backend = EchoClient(back)
          switch kind {
          case 0: return try await backend.unary(EchoRequest(), options: options)
          case 1:
            let (messages, error) = try await backend.serverStream(EchoRequest { $0.responseCount = 1 }, options: options)
              .collect()
            if let error { throw error }
            return messages[0]
          case 2:
            let upload = try await backend.clientStream(options: options)
            return try await upload.response()
          default:
            let both = try await backend.bidiStream(options: options)
            try await both.requests.write(EchoRequest())
            both.requests.finish()
            let (messages, error) = await both.responses.collect()
            if let error { throw error }
            return messages[0]
          }
        }
        router.unary(Lontar_Testing_V1_Echo.unary) { request, _ in try await ask(request.failWithCode) }
        router.serverStreaming(Lontar_Testing_V1_Echo.serverStream) { request, writer, _ in
          // Tasks that the handler starts inherit it, too.
          try await writer.write(try await Task { try await ask(request.failWithCode) }.value)
        }
      }, adjust: { $0.limits.callTimeoutSecondsMax = 3_600 })
  }

  private static let hour: Duration = .seconds(3_600)

  /// Each row: the first call's timeout, the timeout of the handler's own call, the most that the back server may see.
  @Test(
    arguments: [
      (.seconds(200), nil, .seconds(200)), (.seconds(200), .seconds(1_000), .seconds(200)),
      (.seconds(1_000), .seconds(200), .seconds(200)),
      (nil, .seconds(200), .seconds(200)), (nil, nil, hour),
    ] as [(Duration?, Duration?, Duration)])
  func `a handler's calls of each kind have what is left of its own`(outer: Duration?, own: Duration?, most: Duration)
    async throws
  {
    let back = try await EchoServer.start(adjust: { $0.limits.callTimeoutSecondsMax = 3_600 })
    let backClient = try back.client()
    let front = try await Self.front(backClient, own: own)
    let client = try front.client()
    for kind in 0..<4 as Range<Int32> {
      let options = CallOptions(timeout: outer)
      let direct = try await EchoClient(client).unary(EchoRequest { $0.failWithCode = kind }, options: options)
      let (streamed, error) = try await EchoClient(client).serverStream(EchoRequest { $0.failWithCode = kind }, options: options)
        .collect()
      #expect(error == nil)
      for answer in [direct] + streamed {
        let seen = Duration.nanoseconds(answer.remainingNanoseconds)
        // Not more than was left, and not much less: the machine may be slow, but not by a minute and a half.
        #expect(seen <= most && seen > most - .seconds(90), "kind \(kind): \(seen)")
      }
    }
    await front.stop(client)
    await back.stop(backClient)
  }

  @Test func `what is told of a call that is over may take its own time`() async throws {
    let back = try await EchoServer.start(adjust: { $0.limits.callTimeoutSecondsMax = 3_600 })
    let backClient = try back.client()
    let seen = Signals<Int64>()
    let front = try await EchoServer.start(onCall: { _ in
      Task {
        let answer = try await EchoClient(backClient).unary(EchoRequest(), options: CallOptions(timeout: .seconds(1_000)))
        seen.send(answer.remainingNanoseconds)
      }
    })
    let client = try front.client()
    _ = try await EchoClient(client).unary(EchoRequest(), options: CallOptions(timeout: .seconds(200)))
    #expect(try #require(await seen.next()) > 200_000_000_000)
    await front.stop(client)
    await back.stop(backClient)
  }

  @Test func `a handler's call ends when the time of its own call is over`() async throws {
    let (ends, began) = (Signals<HandlerEnd>(), Signals<Void>())
    let back = try await EchoServer.start(register: { router in
      router.unary(Lontar_Testing_V1_Echo.unary) { _, _ in
        began.send(())
        try await waitForCancellation(telling: ends)
        return EchoResponse()
      }
    })
    let backClient = try back.client()
    let front = try await Self.front(backClient, own: nil)
    let client = try front.client()
    let error = await RPCError.of {
      try await EchoClient(client).unary(EchoRequest(), options: CallOptions(timeout: .seconds(2)))
    }
    #expect(error?.code == .deadlineExceeded)
    // On a machine so slow that two seconds were over before, there is nothing to end.
    if error?.code == .deadlineExceeded, await began.next() != nil { #expect(await ends.next() == .cancelled) }
    await front.stop(client)
    await back.stop(backClient)
  }
}

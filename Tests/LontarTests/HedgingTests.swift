internal import LontarTesting
internal import Synchronization
internal import Testing

@testable internal import Lontar

/// Attempts that go out before the first is answered, by gRPC's A6: when there is another, and when not.
@Suite(.timeLimit(.minutes(3))) struct HedgingTests {
  /// What happens to attempt 1, 2 and so on; an attempt without an entry waits until it is cancelled.
  private enum Fate: Sendable {
    case answers
    case fails(RPCError)
    /// Waits for the test, then answers.
    case answersLater
  }

  private struct Scene {
    let begun = Signals<Int>()
    let gate = Signals<Void>()
    let client: LontarClient

    init(_ fates: [Fate], _ policy: HedgingPolicy, throttle: RetryThrottle? = nil) {
      var router = Router()
      router.unary(Lontar_Testing_V1_Echo.unary) { [begun, gate] _, context in
        begun.send(context.attempt)
        let answer = EchoResponse { $0.remainingNanoseconds = Int64(context.attempt) }
        guard context.attempt <= fates.count else {
          try await waitForCancellation()
          return answer
        }
        switch fates[context.attempt - 1] {
        case .answers: break
        case .fails(let error): throw error
        case .answersLater: await gate.next()
        }
        return answer
      }
      var options = ClientOptions()
      options.service = ServiceConfiguration(methods: ["": MethodConfiguration(hedging: policy)], throttle: throttle)
      client = InProcessServer(router: router).client(options)
    }

    /// The number of the attempt that was answered.
    func call() async throws -> Int64 { try await EchoClient(client).unary(EchoRequest()).remainingNanoseconds }
  }

  private static let never: Duration = .seconds(3_600)
  private static let soon: Duration = .milliseconds(5)
  private static let unavailable = RPCError(.unavailable, "not now")

  @Test func `a method that is not marked idempotent runs once`() async throws {
    let scene = Scene([.answersLater], HedgingPolicy(attemptsMax: 3, delay: .zero))
    let unmarked = Method<EchoRequest, EchoResponse>(service: Lontar_Testing_V1_Echo.serviceName, name: "Unary", kind: .unary)
    let call = Task { try await scene.client.unary(unmarked, EchoRequest()).remainingNanoseconds }
    #expect(await scene.begun.next() == 1)
    try await Task.sleep(for: .milliseconds(100))
    scene.gate.send(())
    #expect(try await call.value == 1)
    scene.begun.send(99)
    #expect(await scene.begun.next() == 99, "no second attempt began")
  }

  @Test func `the next attempt goes after the delay, and the first answer counts`() async throws {
    let scene = Scene([], HedgingPolicy(attemptsMax: 3, delay: Self.soon))
    let call = Task { try await scene.call() }
    #expect(await scene.begun.next(3) == [1, 2, 3])
    call.cancel()
    #expect(await RPCError.of { try await call.value }?.code == .cancelled)
    let answered = Scene([.answersLater, .answers], HedgingPolicy(attemptsMax: 3, delay: Self.soon))
    #expect(try await answered.call() == 2)
  }

  @Test func `a listed error sends the next attempt at once, any other ends the call`() async throws {
    let listed = Scene([.fails(Self.unavailable), .answers], HedgingPolicy(attemptsMax: 3, delay: Self.never))
    #expect(try await listed.call() == 2)
    let other = Scene([.fails(RPCError(.notFound, "no")), .answers], HedgingPolicy(attemptsMax: 3, delay: Self.never))
    #expect(await RPCError.of { try await other.call() }?.code == .notFound)
  }

  @Test func `when all attempts have failed the last error is told`() async throws {
    let scene = Scene(
      [.fails(Self.unavailable), .fails(RPCError(.unavailable, "nor now"))], HedgingPolicy(attemptsMax: 2, delay: Self.never))
    #expect(await RPCError.of { try await scene.call() }?.message == "nor now")
  }

  @Test func `after a server's no, no other attempt is sent, and those that run may still succeed`() async throws {
    var no = Self.unavailable
    no.pushbackMilliseconds = -1
    // The first waits; the second, after the delay, is refused; a third would come after the next delay.
    let scene = Scene([.answersLater, .fails(no)], HedgingPolicy(attemptsMax: 4, delay: .seconds(1)))
    let call = Task { try await scene.call() }
    #expect(await scene.begun.next(2) == [1, 2])
    try await Task.sleep(for: .seconds(2))
    scene.gate.send(())
    #expect(try await call.value == 1)
    scene.begun.send(99)
    #expect(await scene.begun.next() == 99)
    let alone = Scene([.fails(no), .answers], HedgingPolicy(attemptsMax: 4, delay: Self.never))
    #expect(await RPCError.of { try await alone.call() }?.code == .unavailable)
  }

  @Test func `a server's pushback says when the next attempt goes`() async throws {
    var later = Self.unavailable
    later.pushbackMilliseconds = 300
    let scene = Scene([.fails(later), .answers], HedgingPolicy(attemptsMax: 2, delay: Self.never))
    let start = ContinuousClock.now
    #expect(try await scene.call() == 2)
    #expect(ContinuousClock.now - start >= .milliseconds(300))
  }

  @Test func `without tokens nothing is hedged, and only errors that are listed take them`() async throws {
    let throttle = RetryThrottle(tokensMax: 4, tokenRatio: 0)
    // Errors of the caller's own take none.
    for _ in 0..<10 {
      let scene = Scene(
        [.fails(RPCError(.invalidArgument, "no"))], HedgingPolicy(attemptsMax: 2, delay: Self.never), throttle: throttle)
      _ = await RPCError.of { try await scene.call() }
    }
    #expect(throttle.hasTokens)
    // Two tokens, then only half are left.
    let failing = Scene(
      [.fails(Self.unavailable), .fails(Self.unavailable)], HedgingPolicy(attemptsMax: 2, delay: Self.never), throttle: throttle)
    _ = await RPCError.of { try await failing.call() }
    #expect(!throttle.hasTokens)
    let bare = Scene([.answersLater], HedgingPolicy(attemptsMax: 5, delay: Self.soon), throttle: throttle)
    let call = Task { try await bare.call() }
    #expect(await bare.begun.next() == 1)
    try await Task.sleep(for: .milliseconds(100))
    bare.gate.send(())
    #expect(try await call.value == 1)
    bare.begun.send(99)
    #expect(await bare.begun.next() == 99)
  }
}

internal import Foundation
internal import LontarTLS
internal import LontarTesting
internal import Synchronization
internal import Testing

@testable internal import Lontar

/// Calls that are tried again: gRPC's A6.
@Suite(.timeLimit(.minutes(3))) struct RetryTests {
  /// Fails as often as it is told, then answers with the number of the attempt.
  private final class Flaky: Sendable {
    let attempts = Mutex<[Int]>([])
    let failures: Int
    let error: RPCError

    init(failures: Int, _ error: RPCError) {
      self.failures = failures
      self.error = error
    }

    func register(_ router: inout Router) {
      router.unary(Lontar_Testing_V1_Echo.unary) { _, context in
        let count = self.attempts.withLock { attempts in
          attempts.append(context.attempt)
          return attempts.count
        }
        if count <= self.failures { throw self.error }
        return EchoResponse { $0.remainingNanoseconds = Int64(count) }
      }
    }

    var seen: [Int] { attempts.withLock { $0 } }
  }

  private static let quick = RetryPolicy(
    attemptsMax: 3, backoffFirst: .milliseconds(1), backoffMax: .milliseconds(4), codes: [.unavailable, .aborted])

  private static func call(_ flaky: Flaky, _ policy: RetryPolicy?, timeout: Duration? = nil) async -> RPCError? {
    await call(flaky, timeout: timeout) { $0.service.methods[""] = MethodConfiguration(retry: policy) }
  }

  private static func call(
    _ flaky: Flaky, timeout: Duration? = nil, _ adjust: (inout ClientOptions) -> Void
  ) async -> RPCError? {
    var router = Router()
    flaky.register(&router)
    var options = ClientOptions()
    adjust(&options)
    let client = InProcessServer(router: router).client(options)
    return await RPCError.of { try await EchoClient(client).unary(EchoRequest(), options: CallOptions(timeout: timeout)) }
  }

  @Test(arguments: [(0, nil), (1, nil), (2, nil), (3, .unavailable)] as [(Int, StatusCode?)])
  func `a call is tried at most as often as its policy says`(failures: Int, end: StatusCode?) async {
    let flaky = Flaky(failures: failures, RPCError(.unavailable, "not now"))
    #expect(await Self.call(flaky, Self.quick)?.code == end)
    #expect(flaky.seen == Array(1...min(failures + 1, 3)))
  }

  @Test func `errors that are not listed and methods without a policy are not tried again`() async {
    let denied = Flaky(failures: 1, RPCError(.permissionDenied, "no"))
    #expect(await Self.call(denied, Self.quick)?.code == .permissionDenied)
    let unlisted = Flaky(failures: 1, RPCError(.unavailable, "not now"))
    #expect(await Self.call(unlisted, nil)?.code == .unavailable)
    #expect(denied.seen == [1] && unlisted.seen == [1])
  }

  @Test(arguments: [(-1, [1]), (0, [1, 2]), (5, [1, 2])] as [(Int32, [Int])])
  func `the server's pushback goes before the client's backoff`(pushback: Int32, attempts: [Int]) async {
    let flaky = Flaky(failures: 1, RPCError(.unavailable, "later", pushbackMilliseconds: pushback))
    let patient = RetryPolicy(attemptsMax: 3, backoffFirst: .seconds(3_600), backoffMax: .seconds(3_600))
    #expect((await Self.call(flaky, patient) == nil) == (attempts.count > 1))
    #expect(flaky.seen == attempts)
  }

  @Test func `a repetition that could only be late is not made; the first error stands`() async {
    let flaky = Flaky(failures: 1, RPCError(.unavailable, "not now"))
    let slow = RetryPolicy(attemptsMax: 3, backoffFirst: .seconds(3_600), backoffMax: .seconds(3_600))
    #expect(await Self.call(flaky, slow, timeout: .seconds(60))?.message == "not now")
    #expect(flaky.seen == [1])
  }

  @Test func `a throttle stops repetitions at half of its tokens and gives them back by successes`() {
    let throttle = RetryThrottle(tokensMax: 4, tokenRatio: 0.5)
    // 4 tokens: 3 are more than half, 2 are not.
    #expect(throttle.failed())
    #expect(!throttle.failed())
    #expect(!throttle.failed())
    // 1 + 4 × 0.5 = 3, minus one for the failure: 2. Once more 2 successes: 3, minus one: 2; after 4: 4 − 1 = 3.
    for _ in 0..<4 { throttle.succeeded() }
    #expect(!throttle.failed())
    for _ in 0..<4 { throttle.succeeded() }
    #expect(throttle.failed())
  }

  @Test(arguments: StatusCode.allCases)
  func `only the codes that are listed are repeated`(code: StatusCode) {
    let pause = RetryPolicy().pause(after: RPCError(code, ""), attempt: 1, remaining: nil, jitter: 1)
    #expect((pause != nil) == (code == .unavailable))
  }

  @Test(arguments: [(.milliseconds(101), true), (.milliseconds(100), false), (.zero, false)] as [(Duration, Bool)])
  func `a pause that would outlast the call is not begun`(remaining: Duration, isRepeated: Bool) {
    let pause = RetryPolicy().pause(after: RPCError(.unavailable, ""), attempt: 1, remaining: remaining, jitter: 1)
    #expect((pause != nil) == isRepeated)
  }

  @Test(arguments: [(3, true), (4, false)])
  func `the attempts of a policy are counted with the first`(attempt: Int, isRepeated: Bool) {
    let pause = RetryPolicy(attemptsMax: 4).pause(after: RPCError(.unavailable, ""), attempt: attempt, remaining: nil, jitter: 1)
    #expect((pause != nil) == isRepeated)
    #expect(RetryPolicy.none.pause(after: RPCError(.unavailable, ""), attempt: 1, remaining: nil, jitter: 1) == nil)
  }

  @Test func `a server that names a time is obeyed, and one that says never, too`() {
    func pause(_ error: RPCError) -> Duration? { RetryPolicy().pause(after: error, attempt: 1, remaining: nil, jitter: 1) }
    var error = RPCError(.unavailable, "")
    error.details.retryDelay = .seconds(3)
    #expect(pause(error) == .seconds(3))
    error.pushbackMilliseconds = 700
    #expect(pause(error) == .milliseconds(700))
    error.pushbackMilliseconds = -1
    #expect(pause(error) == nil)
  }

  @Test(arguments: TLSError.Code.allCases)
  func `a server that can't be trusted now is not asked again`(code: TLSError.Code) {
    let error = RPCError(.unavailable, "", cause: TLSError(code, "", remedy: ""))
    let pause = RetryPolicy().pause(after: error, attempt: 1, remaining: nil, jitter: 1)
    let passing: [TLSError.Code] = [.connectionLost, .truncated, .closed, .handshakeTimeout]
    #expect((pause != nil) == passing.contains(code))
  }

  @Test(arguments: [(2, 100.0), (3, 200), (4, 400), (5, 800), (6, 1_000), (60, 1_000)])
  func `backoff doubles up to its limit`(attempt: Int, milliseconds: Double) {
    #expect(RetryPolicy().backoff(beforeAttempt: attempt, jitter: 1) == .milliseconds(milliseconds))
  }

  @Test func `a hedged call is sent again when no answer comes, and the first good answer counts`() async throws {
    let cancelled = Signals<Int>()
    let attempts = Mutex<[Int]>([])
    var router = Router()
    router.unary(Lontar_Testing_V1_Echo.unary) { _, context in
      attempts.withLock { $0.append(context.attempt) }
      guard context.attempt == 1 else { return EchoResponse { $0.remainingNanoseconds = Int64(context.attempt) } }
      do { try await waitForCancellation() } catch {
        cancelled.send(context.attempt)
        throw error
      }
      return EchoResponse()
    }
    var options = ClientOptions()
    options.interceptors = [HedgingInterceptor(delay: .milliseconds(5)) { _ in true }]
    let client = InProcessServer(router: router).client(options)
    #expect(try await EchoClient(client).unary(EchoRequest()).remainingNanoseconds == 2)
    #expect(await cancelled.next() == 1)
    #expect(attempts.withLock { $0 } == [1, 2])
  }

  @Test(arguments: [(StatusCode.unavailable, 2), (.invalidArgument, 1)])
  func `a hedged call goes on at once after an error that is listed, and ends after any other`(
    code: StatusCode, attempts: Int
  ) async {
    let flaky = Flaky(failures: 1, RPCError(code, "told so"))
    let policy = HedgingPolicy(delay: .seconds(3_600), codes: [.unavailable])
    let error = await Self.call(flaky) { $0.service.methods[""] = MethodConfiguration(hedging: policy) }
    #expect((error == nil) == (attempts == 2))
    #expect(flaky.seen == Array(1...attempts))
  }
}

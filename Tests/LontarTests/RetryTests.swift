internal import Foundation
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

  private static let quick = MethodRetryPolicy(
    attemptsMax: 3, backoffFirst: .milliseconds(1), backoffMax: .milliseconds(4), codes: [.unavailable, .aborted])

  private static func call(_ flaky: Flaky, _ interceptor: some ClientInterceptor, timeout: Duration? = nil) async -> RPCError? {
    var router = Router()
    flaky.register(&router)
    var options = ClientOptions()
    options.interceptors = [interceptor]
    let client = InProcessServer(router: router).client(options)
    return await RPCError.of { try await EchoClient(client).unary(EchoRequest(), options: CallOptions(timeout: timeout)) }
  }

  @Test(arguments: [(0, nil), (1, nil), (2, nil), (3, .unavailable)] as [(Int, StatusCode?)])
  func `a call is tried at most as often as its policy says`(failures: Int, end: StatusCode?) async {
    let flaky = Flaky(failures: failures, RPCError(.unavailable, "not now"))
    #expect(await Self.call(flaky, RetryInterceptor { _ in Self.quick })?.code == end)
    #expect(flaky.seen == Array(1...min(failures + 1, 3)))
  }

  @Test func `errors that are not listed and methods without a policy are not tried again`() async {
    let denied = Flaky(failures: 1, RPCError(.permissionDenied, "no"))
    #expect(await Self.call(denied, RetryInterceptor { _ in Self.quick })?.code == .permissionDenied)
    let unlisted = Flaky(failures: 1, RPCError(.unavailable, "not now"))
    #expect(await Self.call(unlisted, RetryInterceptor { _ in nil })?.code == .unavailable)
    #expect(denied.seen == [1] && unlisted.seen == [1])
  }

  @Test(arguments: [(-1, [1]), (0, [1, 2]), (5, [1, 2])] as [(Int32, [Int])])
  func `the server's pushback goes before the client's backoff`(pushback: Int32, attempts: [Int]) async {
    let flaky = Flaky(failures: 1, RPCError(.unavailable, "later", pushbackMilliseconds: pushback))
    let patient = MethodRetryPolicy(attemptsMax: 3, backoffFirst: .seconds(3_600), backoffMax: .seconds(3_600))
    #expect((await Self.call(flaky, RetryInterceptor { _ in patient }) == nil) == (attempts.count > 1))
    #expect(flaky.seen == attempts)
  }

  @Test func `a repetition that could only be late is not made; the first error stands`() async {
    let flaky = Flaky(failures: 1, RPCError(.unavailable, "not now"))
    let slow = MethodRetryPolicy(attemptsMax: 3, backoffFirst: .seconds(3_600), backoffMax: .seconds(3_600))
    #expect(await Self.call(flaky, RetryInterceptor { _ in slow }, timeout: .seconds(60))?.message == "not now")
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

  @Test(arguments: [(2, 100.0), (3, 200), (4, 400), (5, 800), (6, 1_000), (60, 1_000)])
  func `backoff doubles up to its limit`(attempt: Int, milliseconds: Double) {
    #expect(MethodRetryPolicy().backoff(beforeAttempt: attempt, jitter: 1) == .milliseconds(milliseconds))
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
    let error = await Self.call(flaky, HedgingInterceptor(delay: .seconds(3_600), codes: [.unavailable]) { _ in true })
    #expect((error == nil) == (attempts == 2))
    #expect(flaky.seen == Array(1...attempts))
  }
}

internal import NIOCore
internal import Synchronization

/// When and how often a call is tried again: gRPC's A6. Only for methods whose repetition does no harm.
public struct MethodRetryPolicy: Sendable {
  /// The first attempt counts; at most 5, as in A6.
  public var attemptsMax: Int
  public var backoffFirst: Duration
  public var backoffMax: Duration
  public var backoffFactor: Double
  public var codes: Set<StatusCode>

  public init(
    attemptsMax: Int = 4, backoffFirst: Duration = .milliseconds(100), backoffMax: Duration = .seconds(1),
    backoffFactor: Double = 2, codes: Set<StatusCode> = [.unavailable]
  ) {
    self.attemptsMax = min(max(attemptsMax, 1), 5)
    self.backoffFirst = backoffFirst
    self.backoffMax = backoffMax
    self.backoffFactor = backoffFactor
    self.codes = codes
  }

  /// Before attempt `number` (2 is the first repetition): exponential, at most `backoffMax`, give or take a fifth.
  func backoff(beforeAttempt number: Int, jitter: Double) -> Duration {
    var delay = backoffFirst
    for _ in 2..<max(number, 2) where delay < backoffMax { delay = delay * backoffFactor }
    return min(delay, backoffMax) * jitter
  }
}

/// A server's failures hold its client's repetitions back, so that they don't finish it off: A6's token bucket.
public final class RetryThrottle: Sendable {
  private let tokensMax: Double
  private let tokenRatio: Double
  private let tokens: Mutex<Double>

  /// - Parameters:
  ///   - tokensMax: up to 1,000; repetitions happen while more than half are there.
  ///   - tokenRatio: what a success gives back; a failure takes one.
  public init(tokensMax: Double = 100, tokenRatio: Double = 0.1) {
    self.tokensMax = min(max(tokensMax, 1), 1_000)
    self.tokenRatio = tokenRatio
    tokens = Mutex(self.tokensMax)
  }

  func succeeded() {
    tokens.withLock { $0 = min(tokensMax, $0 + tokenRatio) }
  }

  /// False: no repetition now.
  func failed() -> Bool {
    tokens.withLock { tokens in
      tokens = max(0, tokens - 1)
      return tokens > tokensMax / 2
    }
  }
}

/// Repeats failed calls one after the other.
public struct RetryInterceptor: ClientInterceptor {
  private let policy: @Sendable (_ method: String) -> MethodRetryPolicy?
  private let throttle: RetryThrottle?

  /// - Parameter policy: nil: the method is not repeated.
  public init(throttle: RetryThrottle? = RetryThrottle(), policy: @escaping @Sendable (_ method: String) -> MethodRetryPolicy?) {
    self.policy = policy
    self.throttle = throttle
  }

  public func intercept(
    _ method: String, _ options: CallOptions, _ proceed: @escaping @Sendable (CallOptions) async throws(RPCError) -> UnaryAnswer
  ) async throws(RPCError) -> UnaryAnswer {
    guard let policy = policy(method) else { return try await proceed(options) }
    let end = options.timeout.map { ContinuousClock.now + $0 }
    var attempt = options
    while true {
      do throws(RPCError) {
        let answer = try await proceed(attempt)
        throttle?.succeeded()
        return answer
      } catch {
        guard let delay = delay(after: error, attempt.attempt, policy) else { throw error }
        // A repetition that could only be late would hide why the call failed.
        if let end, ContinuousClock.now + delay >= end { throw error }
        do { try await Task.sleep(for: delay) } catch { throw RPCError(.cancelled, "the caller cancelled the call") }
        attempt.attempt += 1
        attempt.timeout = end.map { $0 - .now }
      }
    }
  }

  /// Nil: not again. The server's pushback goes before our own backoff, and forbids when it is negative.
  private func delay(after error: RPCError, _ attempt: Int, _ policy: MethodRetryPolicy) -> Duration? {
    guard policy.codes.contains(error.code) else {
      throttle?.succeeded()
      return nil
    }
    guard throttle?.failed() ?? true, attempt < policy.attemptsMax else { return nil }
    if let pushback = error.pushbackMilliseconds { return pushback < 0 ? nil : .milliseconds(pushback) }
    return policy.backoff(beforeAttempt: attempt + 1, jitter: .random(in: 0.8...1.2))
  }
}

/// Sends a call again before the answer to the first attempt is there; the first good answer counts, the others are cancelled.
/// Only for methods that are idempotent.
public struct HedgingInterceptor: ClientInterceptor {
  private let attemptsMax: Int
  private let delay: Duration
  private let isIdempotent: @Sendable (_ method: String) -> Bool
  private let throttle: RetryThrottle?
  /// After such an error the next attempt goes at once; any other ends the call.
  private let codes: Set<StatusCode>

  public init(
    attemptsMax: Int = 2, delay: Duration, codes: Set<StatusCode> = [.unavailable], throttle: RetryThrottle? = RetryThrottle(),
    isIdempotent: @escaping @Sendable (_ method: String) -> Bool
  ) {
    self.attemptsMax = min(max(attemptsMax, 1), 5)
    self.delay = delay
    self.codes = codes
    self.throttle = throttle
    self.isIdempotent = isIdempotent
  }

  private enum Event: Sendable {
    case answer(Result<UnaryAnswer, RPCError>)
    case delayIsOver
  }

  public func intercept(
    _ method: String, _ options: CallOptions, _ proceed: @escaping @Sendable (CallOptions) async throws(RPCError) -> UnaryAnswer
  ) async throws(RPCError) -> UnaryAnswer {
    guard attemptsMax > 1, isIdempotent(method) else { return try await proceed(options) }
    let start = ContinuousClock.now
    let result = await withTaskGroup(of: Event.self) { group -> Result<UnaryAnswer, RPCError> in
      defer { group.cancelAll() }
      var (sent, running) = (0, 0)
      func send() {
        sent += 1
        running += 1
        var attempt = options
        attempt.attempt = sent
        attempt.timeout = options.timeout.map { $0 - (ContinuousClock.now - start) }
        group.addTask { [attempt] in
          do throws(RPCError) { return .answer(.success(try await proceed(attempt))) } catch { return .answer(.failure(error)) }
        }
        guard sent < attemptsMax else { return }
        group.addTask { [delay] in
          try? await Task.sleep(for: delay)
          return .delayIsOver
        }
      }
      send()
      while let event = await group.next() {
        switch event {
        case .answer(.success(let answer)):
          throttle?.succeeded()
          return .success(answer)
        case .answer(.failure(let error)):
          running -= 1
          let isFatal = !codes.contains(error.code) || (error.pushbackMilliseconds ?? 0) < 0 || Task.isCancelled
          let maySend = throttle?.failed() ?? true
          if isFatal || (running == 0 && (sent >= attemptsMax || !maySend)) { return .failure(error) }
          if sent < attemptsMax, maySend { send() }
        case .delayIsOver:
          if sent < attemptsMax, !Task.isCancelled { send() }
        }
      }
      return .failure(RPCError(.cancelled, "the caller cancelled the call"))
    }
    return try result.get()
  }
}

internal import Synchronization

/// When and how often a call of any kind is tried again: gRPC's A6. Only for methods whose repetition does no harm.
///
/// A call is tried again while nothing of an answer has come (HEAD, a message) and what it has sent is still there to be sent again.
public struct RetryPolicy: Sendable, Equatable {
  /// The first attempt counts.
  public var attemptsMax: Int
  public var backoffFirst: Duration
  public var backoffMax: Duration
  public var backoffFactor: Double
  public var codes: Set<StatusCode>
  /// No attempt begins later than so long after the call did; nil: only the call's deadline counts.
  public var lastsMax: Duration?

  public init(
    attemptsMax: Int = 4, backoffFirst: Duration = .milliseconds(100), backoffMax: Duration = .seconds(1),
    backoffFactor: Double = 2, codes: Set<StatusCode> = [.unavailable], lastsMax: Duration? = nil
  ) {
    self.attemptsMax = max(attemptsMax, 1)
    self.backoffFirst = backoffFirst
    self.backoffMax = backoffMax
    self.backoffFactor = backoffFactor
    self.codes = codes
    self.lastsMax = lastsMax
  }

  /// One attempt.
  public static let none = RetryPolicy(attemptsMax: 1)

  /// How long to wait before the next attempt; nil: give up. The server's pushback goes before our own backoff, and forbids when it is
  /// negative; then a time in its RetryInfo.
  /// - Parameters:
  ///   - attempt: the one that failed, counted from 1.
  ///   - remaining: of the call's time; a repetition that could only be late would hide why the call failed. Nil: no end.
  ///   - jitter: 0.8 to 1.2, so that many callers don't come back at once.
  public func pause(after error: RPCError, attempt: Int, remaining: Duration?, jitter: Double) -> Duration? {
    guard attempt < attemptsMax, codes.contains(error.code), !error.isHopeless else { return nil }
    if let pushback = error.pushbackMilliseconds, pushback < 0 { return nil }
    let asked = error.pushbackMilliseconds.map { Duration.milliseconds($0) } ?? error.details.retryDelay
    let pause = asked ?? backoff(beforeAttempt: attempt + 1, jitter: jitter)
    if let remaining, pause >= remaining { return nil }
    return pause
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
  var hasTokens: Bool { tokens.withLock { $0 > tokensMax / 2 } }

  /// False: no repetition now.
  func failed() -> Bool {
    tokens.withLock { tokens in
      tokens = max(0, tokens - 1)
      return tokens > tokensMax / 2
    }
  }
}

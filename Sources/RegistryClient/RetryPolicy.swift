public import Lontar
internal import LontarTLS

/// Which failed calls are tried again, and after how long: a value without clock or chance, so that it can be tested.
///
/// A call that failed with UNAVAILABLE was not carried out, or the server recognises its idempotency key. It is repeated after 100 ms,
/// then twice as long each time up to 2 s, as long as the call's time lasts. A server that names a time is obeyed.
public struct RetryPolicy: Sendable, Equatable {
  public var firstPause: Duration = .milliseconds(100)
  public var pauseMax: Duration = .seconds(2)
  public var attemptsMax = 20

  public init() {}

  public static let none: RetryPolicy = {
    var policy = RetryPolicy()
    policy.attemptsMax = 1
    return policy
  }()

  /// How long to wait before the next attempt; nil: give up.
  /// - Parameters:
  ///   - attempt: the one that failed, counted from 1.
  ///   - remaining: time left for the whole call.
  ///   - jitter: 0..<1; the pause is shortened by up to half of itself, so that many callers don't come back at once.
  public func pause(after error: RPCError, attempt: Int, remaining: Duration, jitter: Double) -> Duration? {
    guard attempt < attemptsMax, error.code == .unavailable, !Self.isHopeless(error) else { return nil }
    if let pushback = error.pushbackMilliseconds, pushback < 0 { return nil }
    let asked = error.pushbackMilliseconds.map { Duration.milliseconds($0) } ?? error.details.retryDelay
    let doubled = firstPause * (1 << min(attempt - 1, 10))
    let pause = asked ?? min(doubled, pauseMax) * (1 - jitter / 2)
    return pause < remaining ? pause : nil
  }

  /// A server that can't be trusted now can't be trusted in a second either.
  private static func isHopeless(_ error: RPCError) -> Bool {
    guard let fault = error.cause as? TLSError else { return false }
    switch fault.code {
    case .connectionLost, .truncated, .closed, .handshakeTimeout: return false
    default: return true
    }
  }
}

/// Slows down guessing: each name has a handful of attempts that come back with time. A value; the time comes in as an argument.
package struct LoginThrottle: Sendable {
  package struct Limits: Sendable {
    /// Attempts that a name may make at once: a person who tries the passwords that it could be.
    package var attemptsMax = 5
    /// One attempt comes back after this.
    package var attemptReturnsAfter: Duration = .seconds(30)
    /// Names remembered; beyond, the one that was used longest ago is forgotten. Two checks at once can't fill it within its memory.
    package var namesMax = 10_000

    package init() {}
  }

  private struct Bucket: Sendable {
    var used: Int
    var since: ContinuousClock.Instant
  }

  private let limits: Limits
  private var buckets: [String: Bucket] = [:]

  package init(limits: Limits = Limits()) {
    self.limits = limits
  }

  package var count: Int { buckets.count }

  /// Counts an attempt to log in as `name`, known or not.
  /// - Throws: `LOGIN_RATE_LIMITED` with the time until the next attempt; it is not counted.
  package mutating func attempt(_ name: String, now: ContinuousClock.Instant) throws(AccessError) {
    var bucket = buckets[name] ?? Bucket(used: 0, since: now)
    refill(&bucket, now: now)
    guard bucket.used < limits.attemptsMax else {
      let delay = limits.attemptReturnsAfter - (now - bucket.since)
      let seconds = max(1, delay.components.seconds + (delay.components.attoseconds > 0 ? 1 : 0))
      buckets[name] = bucket
      throw AccessError(
        .loginRateLimited, "too many attempts to log in with this name; try again in \(seconds) s",
        parameters: ["seconds": "\(seconds)"], retryDelay: .seconds(seconds))
    }
    bucket.used += 1
    if buckets[name] == nil { makeRoom(now: now) }
    buckets[name] = bucket
  }

  /// The password was right: the attempts before it were the same person.
  package mutating func succeeded(_ name: String) {
    buckets[name] = nil
  }

  private func refill(_ bucket: inout Bucket, now: ContinuousClock.Instant) {
    guard bucket.used > 0 else {
      bucket.since = now
      return
    }
    while bucket.used > 0, now - bucket.since >= limits.attemptReturnsAfter {
      bucket.used -= 1
      bucket.since += limits.attemptReturnsAfter
    }
    if bucket.used == 0 { bucket.since = now }
  }

  private mutating func makeRoom(now: ContinuousClock.Instant) {
    guard buckets.count >= limits.namesMax else { return }
    let forgettable = limits.attemptReturnsAfter * limits.attemptsMax
    buckets = buckets.filter { now - $0.value.since < forgettable }
    guard buckets.count >= limits.namesMax, let oldest = buckets.min(by: { $0.value.since < $1.value.since }) else { return }
    buckets[oldest.key] = nil
  }
}

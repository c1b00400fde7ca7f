/// Growing pauses between attempts, with jitter so that many pools do not knock together. A value without clock or chance.
struct Backoff {
  private let first: Duration
  private let longest: Duration
  private var failures = 0

  init(first: Duration, longest: Duration) {
    self.first = first
    self.longest = longest
  }

  var hasFailed: Bool { failures > 0 }

  /// The pause after one more failure: between half and all of first × 2^(failures - 1), bounded by the longest.
  /// `chance` lies in 0..<1.
  mutating func nextPause(chance: Double) -> Duration {
    let full = min(first * (1 << min(failures, 20)), longest)
    failures += 1
    return full * (0.5 + chance / 2)
  }

  mutating func reset() {
    failures = 0
  }
}

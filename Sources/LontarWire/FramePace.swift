/// How many frames that cost a server more than its client went out in the last half minute: a client that sends more than the server's
/// budget for them loses its connection with all its calls. It counts by seconds, which the upper layer tells, and owns no clock.
struct FramePace: Sendable {
  /// One more than the server's 30, because the second that runs is not over.
  private static let secondsCounted = 31

  private let max: Int
  private var bySecond = [UInt16](repeating: 0, count: secondsCounted)
  private var second = 0
  private var total = 0

  init(max: Int) { self.max = max }

  var hasRoom: Bool { total < max }

  mutating func count() {
    bySecond[second] &+= 1
    total += 1
  }

  mutating func secondPassed() {
    second = (second + 1) % Self.secondsCounted
    total -= Int(bySecond[second])
    bySecond[second] = 0
  }
}

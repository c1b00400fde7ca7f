/// How many frames that cost a server more than its client went out in the last half minute: a client that sends more than the server's
/// budget for them loses its connection with all its calls. It counts by seconds, which the upper layer tells, and owns no clock.
struct FramePace: Sendable {
  /// One more than the server's 30, because the second that runs is not over.
  private static let secondsCounted = 31

  private let max: Int
  /// Empty: there is no bound, and nothing is counted.
  private var bySecond: [UInt16]
  private var second = 0
  private var total = 0

  /// - Parameter max: nil: no bound.
  init(max: Int?) {
    self.max = max ?? .max
    bySecond = max == nil ? [] : Array(repeating: 0, count: Self.secondsCounted)
  }

  var hasRoom: Bool { total < max }

  /// Whether less than one `share`-th of what may go out has.
  func hasRoom(forShare share: Int) -> Bool { total < max / share }

  mutating func count() {
    guard !bySecond.isEmpty else { return }
    bySecond[second] &+= 1
    total += 1
  }

  mutating func secondPassed() {
    guard !bySecond.isEmpty else { return }
    second = (second + 1) % Self.secondsCounted
    total -= Int(bySecond[second])
    bySecond[second] = 0
  }
}

/// Counts what costs us more than the peer (resets, stream faults, control frames) in a window of time; over the limit the connection ends.
package struct GlitchBudget: Sendable {
  private let max: Int
  private let windowNanoseconds: UInt64
  private var windowStart: UInt64 = 0
  private var count = 0

  package init(max: Int, windowNanoseconds: UInt64) {
    self.max = max
    self.windowNanoseconds = windowNanoseconds
  }

  /// False: the budget is spent.
  package mutating func spend(now: UInt64) -> Bool {
    if now &- windowStart > windowNanoseconds {
      windowStart = now
      count = 0
    }
    count += 1
    return count <= max
  }
}

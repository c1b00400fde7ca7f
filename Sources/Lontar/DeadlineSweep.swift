internal import NIOCore

/// One timer for all deadlines of a connection: it is set for the earliest and, when it fires, looks at all of them. Calls mostly end
/// long before their deadline, so a timer for each would be set and cancelled for nothing. Confined to the event loop.
struct DeadlineSweep {
  private var timer: Scheduled<Void>?
  private var timerDeadline = NIODeadline.distantFuture

  /// Makes sure that `sweep` runs at `deadline` or earlier.
  mutating func watch(_ deadline: NIODeadline, on eventLoop: any EventLoop, sweep: @escaping @Sendable () -> Void) {
    guard isLate(for: deadline) else { return }
    timer?.cancel()
    timerDeadline = deadline
    timer = eventLoop.scheduleTask(deadline: deadline, sweep)
  }

  /// The timer must be set anew for this deadline: asked first, so that most calls make no closure.
  func isLate(for deadline: NIODeadline) -> Bool { deadline < timerDeadline }

  /// The timer has fired, or nothing is left to watch.
  mutating func reset() {
    timer?.cancel()
    timer = nil
    timerDeadline = .distantFuture
  }
}

extension NIODeadline {
  /// The far future rather than an overflow.
  static func after(nanoseconds: UInt64) -> NIODeadline {
    NIODeadline.now().adding(nanoseconds: nanoseconds)
  }

  func adding(nanoseconds: UInt64) -> NIODeadline {
    let (sum, overflow) = uptimeNanoseconds.addingReportingOverflow(nanoseconds)
    return overflow || sum > UInt64(Int64.max) ? .distantFuture : .uptimeNanoseconds(sum)
  }

  /// What is left of a deadline; zero: it has passed.
  var remainingNanoseconds: UInt64 {
    let now = NIODeadline.now()
    return self <= now ? 0 : UInt64((self - now).nanoseconds)
  }
}

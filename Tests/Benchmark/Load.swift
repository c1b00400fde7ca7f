internal import Foundation

/// Calls without a pause from several clients, several in flight on each, and what they took.
struct Load {
  let callsPerSecond: Double
  let p50: Double
  let p99: Double
  let calls: Int

  /// - Parameters:
  ///   - executors: one for each client, where its tasks run; nil: on the global one.
  ///   - seconds: how long; calls begun by then are waited for.
  ///   - calls: at most so many by each task.
  ///   - call: one call on the client with this number.
  init(
    executors: [(any TaskExecutor)?], inFlight: Int, seconds: Double, calls: Int = .max,
    call: @escaping @Sendable (_ client: Int) async throws -> Void
  ) async throws {
    let clock = ContinuousClock()
    let start = clock.now
    let end = start + .seconds(seconds)
    var nanoseconds = try await withThrowingTaskGroup(of: [Int64].self) { group in
      for (number, executor) in executors.enumerated() {
        for _ in 0..<inFlight {
          group.addTask(executorPreference: executor) {
            var taken: [Int64] = []
            var now = clock.now
            while now < end, taken.count < calls {
              try await call(number)
              let later = clock.now
              let (seconds, attoseconds) = (later - now).components
              taken.append(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
              now = later
            }
            return taken
          }
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    let (whole, fraction) = (clock.now - start).components
    nanoseconds.sort()
    self.calls = nanoseconds.count
    callsPerSecond = Double(nanoseconds.count) / (Double(whole) + Double(fraction) / 1e18)
    p50 = Double(nanoseconds[nanoseconds.count / 2]) / 1_000
    p99 = Double(nanoseconds[nanoseconds.count * 99 / 100]) / 1_000
  }
}

extension Load: CustomStringConvertible {
  var description: String {
    String(format: "%.0f calls/s, p50 %.0f us, p99 %.0f us (%d calls)", callsPerSecond, p50, p99, calls)
  }
}

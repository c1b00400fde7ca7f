internal import CoreMetrics
internal import Synchronization

/// One line, or one histogram, of the text.
protocol Series: AnyObject, Sendable {
  func sample() -> Sample
}

enum Sample: Sendable, Equatable {
  case integer(Int64)
  case number(Double)
  /// `counts` by bucket, not added up; the last is above all bounds.
  case histogram(bounds: [Double], counts: [UInt64], sum: Double)
}

final class CounterSeries: Series, CounterHandler {
  private let value = Atomic<Int64>(0)

  /// Counters never go down: other amounts are ignored.
  func increment(by amount: Int64) {
    if amount > 0 { value.wrappingAdd(amount, ordering: .relaxed) }
  }

  func reset() { value.store(0, ordering: .relaxed) }
  func sample() -> Sample { .integer(value.load(ordering: .relaxed)) }
}

final class FloatingCounterSeries: Series, FloatingPointCounterHandler {
  private let value = AtomicDouble()

  func increment(by amount: Double) {
    if amount > 0, amount.isFinite { value.add(amount) }
  }

  func reset() { value.set(0) }
  func sample() -> Sample { .number(value.get()) }
}

final class GaugeSeries: Series, MeterHandler, RecorderHandler {
  private let value = AtomicDouble()

  func set(_ value: Int64) { self.value.set(Double(value)) }
  func set(_ value: Double) { self.value.set(value) }
  func increment(by amount: Double) { value.add(amount) }
  func decrement(by amount: Double) { value.add(-amount) }
  func record(_ value: Int64) { set(value) }
  func record(_ value: Double) { set(value) }
  func sample() -> Sample { .number(value.get()) }
}

final class HistogramSeries: Series, RecorderHandler, TimerHandler {
  private struct State {
    var counts: [UInt64]
    var sum = 0.0
  }

  private let bounds: [Double]
  /// What is recorded is divided by it.
  private let unit: Double
  private let state: Mutex<State>

  /// - Parameter bounds: ascending.
  init(bounds: [Double], unit: Double) {
    self.bounds = bounds
    self.unit = unit
    state = Mutex(State(counts: Array(repeating: 0, count: bounds.count + 1)))
  }

  func record(_ value: Int64) { record(Double(value)) }
  func recordNanoseconds(_ duration: Int64) { record(Double(duration)) }

  func record(_ value: Double) {
    guard !value.isNaN else { return }
    let value = value / unit
    let bucket = bucket(of: value)
    state.withLock { state in
      state.counts[bucket] += 1
      state.sum += value
    }
  }

  /// The first whose bound is at least the value.
  private func bucket(of value: Double) -> Int {
    var (low, high) = (0, bounds.count)
    while low < high {
      let middle = (low + high) / 2
      if bounds[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low
  }

  func sample() -> Sample {
    let state = state.withLock { $0 }
    return .histogram(bounds: bounds, counts: state.counts, sum: state.sum)
  }
}

/// A floating-point number that any thread may change.
private final class AtomicDouble: Sendable {
  private let bits = Atomic<UInt64>(0)

  func get() -> Double { Double(bitPattern: bits.load(ordering: .relaxed)) }
  func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

  func add(_ amount: Double) {
    var old = bits.load(ordering: .relaxed)
    while true {
      let new = (Double(bitPattern: old) + amount).bitPattern
      let (done, seen) = bits.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
      if done { return }
      old = seen
    }
  }
}

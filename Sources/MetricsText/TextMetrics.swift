public import CoreMetrics
internal import Synchronization

/// How a metric is shown: what the code that counts doesn't say.
public struct MetricWords: Sendable {
  public var help: String
  /// Last part of the name, as in `_seconds`; empty: none.
  public var unit: String
  /// Upper bounds of a histogram's buckets, ascending, without infinity; empty: the standard ones.
  public var bounds: [Double]

  public init(help: String, unit: String = "", bounds: [Double] = []) {
    self.help = help
    self.unit = unit
    self.bounds = bounds
  }
}

/// Counters, gauges and histograms in memory, for Prometheus to read.
///
/// Counters get `_total`, timers `_seconds`; dots become underscores. Histograms have fixed buckets. A name has one type: what asks for
/// it with another is counted and not shown.
public final class TextMetrics: MetricsFactory, Sendable {
  enum Kind: String, Sendable {
    case counter, gauge, histogram
  }

  /// All metrics of one name.
  struct Family: Sendable {
    let kind: Kind
    let help: String
    var series: [Labels: any Series] = [:]
  }

  private struct State {
    var families: [String: Family] = [:]
    var collectors: [@Sendable () -> [CollectedMetric]] = []
  }

  /// Tens of methods by seventeen statuses lie far below: what is above comes from labels that nobody bounded.
  static let seriesMax = 20_000

  private let words: [String: MetricWords]
  private let standardBounds: [Double]
  private let state = Mutex(State())

  /// - Parameters:
  ///   - words: by the label that the code uses.
  ///   - standardBounds: for histograms without bounds of their own.
  public init(
    words: [String: MetricWords] = [:], standardBounds: [Double] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
  ) {
    self.words = words
    self.standardBounds = standardBounds
  }

  /// Adds figures that are read when somebody asks.
  public func collect(_ figures: @escaping @Sendable () -> [CollectedMetric]) {
    state.withLock { $0.collectors.append(figures) }
  }

  /// Everything, as Prometheus reads it (text format 0.0.4), sorted by name.
  public func text() -> String {
    let (families, collectors) = state.withLock { ($0.families, $0.collectors) }
    var exposition = Exposition()
    for (name, family) in families { exposition.add(name, family) }
    for figures in collectors { for metric in figures() { exposition.add(metric) } }
    return exposition.text
  }

  // MARK: MetricsFactory

  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    series(label, dimensions, .counter, suffix: "_total") { CounterSeries() }
  }

  public func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
    series(label, dimensions, .counter, suffix: "_total") { FloatingCounterSeries() }
  }

  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    series(label, dimensions, .gauge) { GaugeSeries() }
  }

  public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    guard aggregate else { return series(label, dimensions, .gauge) { GaugeSeries() } }
    let bounds = bounds(of: label)
    return series(label, dimensions, .histogram) { HistogramSeries(bounds: bounds, unit: 1) }
  }

  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    let bounds = bounds(of: label)
    return series(label, dimensions, .histogram, unit: "seconds") { HistogramSeries(bounds: bounds, unit: 1_000_000_000) }
  }

  public func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
  public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
  public func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
  public func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
  public func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

  private func bounds(of label: String) -> [Double] {
    guard let own = words[label]?.bounds, !own.isEmpty else { return standardBounds }
    return own
  }

  /// The series of these labels, the same one whenever it is asked for.
  private func series<Made: Series>(
    _ label: String, _ dimensions: [(String, String)], _ kind: Kind, unit: String? = nil, suffix: String = "",
    _ make: () -> Made
  ) -> Made {
    let words = words[label]
    let unit = unit ?? words?.unit ?? ""
    let base = MetricName.of(label)
    let name = base + (unit.isEmpty || base.hasSuffix("_\(unit)") ? "" : "_\(unit)") + (base.hasSuffix(suffix) ? "" : suffix)
    let labels = Labels(dimensions)
    return state.withLock { state in
      var family = state.families[name] ?? Family(kind: kind, help: words?.help ?? label)
      if let known = family.series[labels] as? Made { return known }
      let made = make()
      guard family.kind == kind, family.series[labels] == nil,
        state.families.values.lazy.map(\.series.count).reduce(0, +) < Self.seriesMax
      else { return made }
      family.series[labels] = made
      state.families[name] = family
      return made
    }
  }

  private func remove(_ handler: AnyObject) {
    state.withLock { state in
      for (name, family) in state.families {
        guard let labels = family.series.first(where: { $0.value === handler })?.key else { continue }
        state.families[name]?.series[labels] = nil
        if state.families[name]?.series.isEmpty == true { state.families[name] = nil }
      }
    }
  }
}

/// A figure that is read when somebody asks, under its whole name.
public struct CollectedMetric: Sendable {
  public enum Kind: String, Sendable {
    case counter, gauge
  }

  public var name: String
  public var kind: Kind
  public var help: String
  public var labels: [(String, String)]
  public var value: Double

  public init(_ name: String, _ kind: Kind, _ help: String, labels: [(String, String)] = [], _ value: Double) {
    self.name = name
    self.kind = kind
    self.help = help
    self.labels = labels
    self.value = value
  }
}

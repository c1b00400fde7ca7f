import CoreMetrics
import Testing

@testable import MetricsText

/// The text that Prometheus reads, by its own rules for format 0.0.4.
@Suite struct TextMetricsTests {
  @Test func `a counter has help, type and one line for each set of labels`() {
    let metrics = TextMetrics(words: ["a.calls": MetricWords(help: "Calls that\ncame \\ in")])
    let one = Counter(label: "a.calls", dimensions: [("to.method", "x"), ("code", "OK")], factory: metrics)
    Counter(label: "a.calls", factory: metrics).increment()
    one.increment(by: 41)
    one.increment()
    #expect(
      metrics.text() == """
        # HELP a_calls_total Calls that\\ncame \\\\ in
        # TYPE a_calls_total counter
        a_calls_total 1
        a_calls_total{code="OK",to_method="x"} 42

        """)
  }

  @Test func `counters never go down`() {
    let metrics = TextMetrics()
    let whole = Counter(label: "whole", factory: metrics)
    for amount in [5, -3, 0] { whole.increment(by: amount) }
    let parts = FloatingPointCounter(label: "parts", factory: metrics)
    for amount in [0.5, -0.25, .nan, .infinity, 0.25] { parts.increment(by: amount) }
    #expect(metrics.text().contains("\nwhole_total 5\n") && metrics.text().contains("\nparts_total 0.75\n"))
  }

  @Test func `labels are escaped and their names made fit`() {
    let metrics = TextMetrics()
    Counter(label: "1 a-b", dimensions: [("9 x:y", "a\"b\\c\nd{}")], factory: metrics).increment()
    #expect(metrics.text().contains(#"_1_a_b_total{_9_x_y="a\"b\\c\nd{}"} 1"# + "\n"))
  }

  /// By hand: le is an upper bound with the bound itself.
  @Test func `a histogram's buckets add up`() {
    let metrics = TextMetrics(words: ["size": MetricWords(help: "Sizes", unit: "bytes", bounds: [0, 10, 100])])
    let recorder = Recorder(label: "size", dimensions: [("m", "a")], factory: metrics)
    for value in [0, 1, 10, 11, 100, 101, 5_000] { recorder.record(value) }
    recorder.record(Double.nan)
    #expect(
      metrics.text() == """
        # HELP size_bytes Sizes
        # TYPE size_bytes histogram
        size_bytes_bucket{m="a",le="0"} 1
        size_bytes_bucket{m="a",le="10"} 3
        size_bytes_bucket{m="a",le="100"} 5
        size_bytes_bucket{m="a",le="+Inf"} 7
        size_bytes_sum{m="a"} 5223
        size_bytes_count{m="a"} 7

        """)
  }

  @Test(arguments: [
    (499_999_999, "0.5"), (500_000_000, "0.5"), (500_000_001, "2"), (2_000_000_000, "2"), (2_000_000_001, "+Inf"),
  ])
  func `a timer is in seconds`(nanoseconds: Int, firstBucket: String) {
    let metrics = TextMetrics(words: ["wait.duration": MetricWords(help: "Waits", unit: "seconds", bounds: [0.5, 2])])
    Timer(label: "wait.duration", factory: metrics).recordNanoseconds(nanoseconds)
    let buckets = metrics.text().split(separator: "\n").filter { $0.hasPrefix("wait_duration_seconds_bucket") }
    #expect(buckets.count == 3)
    #expect(buckets.first { $0.hasSuffix(" 1") }?.contains("le=\"\(firstBucket)\"") == true)
  }

  @Test func `a gauge goes up and down, and a meter too`() {
    let metrics = TextMetrics()
    let meter = Meter(label: "open", factory: metrics)
    meter.set(10)
    meter.increment(by: 2.5)
    meter.decrement()
    Gauge(label: "level", factory: metrics).record(-3)
    #expect(metrics.text().contains("# TYPE open gauge\nopen 11.5\n"))
    #expect(metrics.text().contains("# TYPE level gauge\nlevel -3\n"))
  }

  @Test func `the same name and labels are one series, whoever asks`() async {
    let metrics = TextMetrics()
    await withTaskGroup { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<1_000 {
            Counter(label: "n", dimensions: [("b", "2"), ("a", "1")], factory: metrics).increment()
            Meter(label: "m", factory: metrics).increment(by: 1.0)
          }
        }
      }
    }
    #expect(metrics.text().contains(#"n_total{a="1",b="2"} 8000"#))
    #expect(metrics.text().contains("\nm 8000\n"))
  }

  @Test func `a name has one type; what asks for another is not shown`() {
    let metrics = TextMetrics()
    Meter(label: "x", factory: metrics).set(1)
    Recorder(label: "x", factory: metrics).record(7)
    #expect(metrics.text() == "# HELP x x\n# TYPE x gauge\nx 1\n")
  }

  @Test func `what is destroyed is gone`() {
    let metrics = TextMetrics()
    let (one, other) = (Counter(label: "n", factory: metrics), Counter(label: "n", dimensions: [("a", "1")], factory: metrics))
    one.destroy()
    #expect(metrics.text() == "# HELP n_total n\n# TYPE n_total counter\nn_total{a=\"1\"} 0\n")
    other.destroy()
    #expect(metrics.text().isEmpty)
  }

  @Test func `labels without bounds fill no memory`() {
    let metrics = TextMetrics()
    for number in 0..<(TextMetrics.seriesMax + 10) {
      Counter(label: "n", dimensions: [("id", "\(number)")], factory: metrics).increment()
    }
    #expect(metrics.text().split(separator: "\n").count == TextMetrics.seriesMax + 2)
  }

  @Test func `figures that are asked for stand among the others`() {
    let metrics = TextMetrics()
    Counter(label: "b", factory: metrics).increment()
    metrics.collect {
      [
        CollectedMetric("a", .gauge, "First", labels: [("k", "v")], 0.25), CollectedMetric("c_total", .counter, "Last", 3),
        CollectedMetric("a", .gauge, "First", labels: [("k", "u")], .infinity),
      ]
    }
    #expect(
      metrics.text().split(separator: "\n").filter { !$0.hasPrefix("#") } == [
        #"a{k="u"} +Inf"#, #"a{k="v"} 0.25"#, "b_total 1", "c_total 3",
      ])
  }

  @Test(arguments: [
    (0.1, "0.1"), (1, "1"), (-2, "-2"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"), (4_294_967_296, "4294967296"),
    (1e-5, "1e-05"), (1e16, "1e+16"),
  ])
  func `numbers are written as Go reads them`(value: Double, text: String) {
    #expect(Exposition.number(value) == text)
  }

  @Test func `this process has memory, time, files and a start`() {
    let figures = Dictionary(uniqueKeysWithValues: ProcessFigures.collect().map { ($0.name, $0.value) })
    #expect((1e6...1e11).contains(figures["process_resident_memory_bytes"] ?? 0))
    #expect(figures["process_cpu_seconds_total"] ?? 0 > 0)
    #expect(figures["process_open_fds"] ?? 0 >= 3)
    #expect(figures["process_threads"] ?? 0 >= 1)
    let start = figures["process_start_time_seconds"] ?? 0
    // Later than 2020.
    #expect(start > 1_577_836_800)
  }
}

public import CoreMetrics
public import Tracing

/// Who measures, traces and writes down what a server or a client does.
///
/// Read once, when the server or client is made: bootstrap metrics and tracing before that.
public struct Telemetry: Sendable {
  /// Gets the counters, timers and recorders of `MetricCatalogue`. The one that does nothing costs nothing.
  public var metrics: any MetricsFactory
  /// Makes a span for each call; nil: no spans.
  public var tracer: (any Tracer)?
  /// Keeps the frames of each connection; nil: nobody looks.
  public var frameLog: FrameLog?

  /// What the process has bootstrapped, or what the task has in its place.
  public init() {
    metrics = MetricsSystem.factory
    let tracer = InstrumentationSystem.tracer
    self.tracer = tracer is NoOpTracer ? nil : tracer
  }

  /// Nil: nobody wants them.
  var wantedMetrics: (any MetricsFactory)? { metrics is NOOPMetricsHandler ? nil : metrics }
}

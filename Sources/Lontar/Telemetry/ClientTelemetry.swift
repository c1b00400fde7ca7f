internal import CoreMetrics
internal import NIOCore
internal import Synchronization
internal import Tracing

/// What a client measures and traces. There is none where nobody wants to know.
final class ClientTelemetry: Sendable {
  /// A program's methods are far fewer; more come from outside and are counted as one.
  static let methodsMax = 1_000

  private let metrics: (any MetricsFactory)?
  let tracer: (any Tracer)?
  private let target: String
  private let methods = Mutex<[String: ClientMethodMetrics]>([:])

  /// - Parameter target: `lontar:HOST:PORT`.
  init?(_ telemetry: Telemetry, target: String) {
    metrics = telemetry.wantedMetrics
    tracer = telemetry.tracer
    self.target = target
    if metrics == nil, tracer == nil { return nil }
  }

  /// A call begins, by the task that makes it.
  func call(_ method: String, _ options: CallOptions, isWhole: Bool) -> CallTelemetry {
    CallTelemetry(
      metrics: metrics(of: method), isWhole: isWhole, span: tracer.map { CallSpan(client: method, options, $0) })
  }

  /// Measures a call with all its attempts, those of interceptors and of hedging, too.
  func call<Answer>(
    _ method: String, _ body: () async throws(RPCError) -> Answer
  ) async throws(RPCError) -> Answer {
    guard let metrics = metrics(of: method) else { return try await body() }
    let start = NIODeadline.now()
    do throws(RPCError) {
      let answer = try await body()
      metrics.calls[.ok].recordNanoseconds((.now() - start).nanoseconds)
      return answer
    } catch {
      metrics.calls[error.code].recordNanoseconds((.now() - start).nanoseconds)
      throw error
    }
  }

  private func metrics(of method: String) -> ClientMethodMetrics? {
    guard let metrics else { return nil }
    return methods.withLock { methods in
      if let known = methods[method] { return known }
      let name = methods.count < Self.methodsMax ? method : "other"
      if let other = methods[name] { return other }
      let made = ClientMethodMetrics(method: name, target: target, metrics)
      methods[name] = made
      return made
    }
  }
}

/// The metrics of a client's method.
final class ClientMethodMetrics: Sendable {
  let attempts: Counter
  let ends: ByStatus<EndMetrics>
  let calls: ByStatus<CoreMetrics.Timer>

  init(method: String, target: String, _ factory: any MetricsFactory) {
    let dimensions = [("lontar.method", method), ("lontar.target", target)]
    attempts = Counter(label: "lontar.client.attempt.started", dimensions: dimensions, factory: factory)
    ends = ByStatus { EndMetrics("lontar.client.attempt", dimensions + [("lontar.status", $0.description)], factory) }
    calls = ByStatus { code in
      Timer(
        label: "lontar.client.call.duration", dimensions: dimensions + [("lontar.status", code.description)],
        preferredDisplayUnit: .seconds, factory: factory)
    }
  }
}

/// One call with the attempts that its policy makes of it. Confined to the client's event loop once it is started.
///
/// Unchecked because it is made on one task and handed over with its call.
final class CallTelemetry: @unchecked Sendable {
  private let metrics: ClientMethodMetrics?
  /// Neither interceptors nor hedging stand between: this call's end is the caller's.
  private let isWhole: Bool
  private let span: CallSpan?
  private let start = NIODeadline.now()
  /// Nil: the call waits for its next attempt.
  private var attemptStart: NIODeadline?
  private var attempts = 0
  /// Of this attempt.
  var traffic = CallTraffic()

  init(metrics: ClientMethodMetrics?, isWhole: Bool, span: CallSpan?) {
    self.metrics = metrics
    self.isWhole = isWhole
    self.span = span
    attemptBegins()
  }

  /// What goes with OPEN; nil: the caller's own.
  var traceContext: TraceContext? { span?.traceContext }

  func attemptBegins() {
    attemptStart = attempts == 0 ? start : .now()
    attempts += 1
    metrics?.attempts.increment()
    traffic = CallTraffic()
  }

  /// It failed, and another follows.
  func attemptEnded(_ error: RPCError) {
    record(error.code)
    span?.attemptFailed(attempts, error)
  }

  /// Called once.
  func ended(_ error: RPCError?) {
    let code = error?.code ?? .ok
    record(code)
    if isWhole { metrics?.calls[code].recordNanoseconds((NIODeadline.now() - start).nanoseconds) }
    span?.end(code, error)
  }

  private func record(_ code: StatusCode) {
    guard let begun = attemptStart else { return }
    attemptStart = nil
    metrics?.ends[code].record(NIODeadline.now() - begun, traffic)
  }
}

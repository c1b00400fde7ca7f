internal import Instrumentation
internal import Synchronization
internal import Tracing

/// The span of a call, with what OpenTelemetry's conventions for RPC say of one.
struct CallSpan: Sendable {
  let span: any Span
  /// As the tracer wants to be known to the other side; nil: its contexts are not W3C's.
  let traceContext: TraceContext?

  /// A call of a client, or one of its attempts where interceptors or hedging make several. Its parent is the caller's `traceParent`, else the span of the task it runs in.
  init(client method: String, _ options: CallOptions, _ tracer: any Tracer) {
    var parent = InstrumentationContext.current ?? .topLevel
    if let text = options.traceParent, let context = TraceContext(traceParent: text) {
      tracer.extract(context, into: &parent, using: TraceContextExtractor())
    }
    self.init(method, parent, .client, tracer)
    if options.attempt > 1 { span.attributes["rpc.lontar.attempt"] = options.attempt }
  }

  /// A call on the server. Its parent is what came with OPEN.
  init(server method: String, _ carried: TraceContext?, _ tracer: any Tracer) {
    var parent = InstrumentationContext.topLevel
    if let carried { tracer.extract(carried, into: &parent, using: TraceContextExtractor()) }
    self.init(method, parent, .server, tracer)
  }

  private init(_ method: String, _ parent: InstrumentationContext, _ kind: SpanKind, _ tracer: any Tracer) {
    span = tracer.startAnySpan(method, context: parent, ofKind: kind)
    var carrier: TraceContext?
    tracer.inject(span.context, into: &carrier, using: TraceContextInjector())
    traceContext = carrier
    guard span.isRecording else { return }
    let slash = method.lastIndex(of: "/") ?? method.startIndex
    span.updateAttributes { attributes in
      attributes["rpc.system"] = "lontar"
      attributes["rpc.service"] = String(method[..<slash])
      attributes["rpc.method"] = String(method[slash...].drop { $0 == "/" })
    }
  }

  /// The call goes on with another attempt, under the same span.
  func attemptFailed(_ attempt: Int, _ error: RPCError) {
    span.addEvent(
      SpanEvent(
        name: "attempt failed",
        attributes: [
          "rpc.lontar.attempt": .int64(Int64(attempt)), "rpc.lontar.status_code": .int64(Int64(error.code.rawValue)),
        ]))
  }

  func end(_ code: StatusCode, _ error: (any Error)?) {
    span.attributes["rpc.lontar.status_code"] = Int(code.rawValue)
    if let error { span.recordError(error) }
    if code != .ok { span.setStatus(SpanStatus(code: .error, message: (error as? RPCError)?.message)) }
    span.end()
  }
}

/// Gives every handler a span, which the handler's own calls and spans descend from.
struct TracingInterceptor: ServerInterceptor {
  let tracer: any Tracer

  func intercept(_ context: CallContext, _ proceed: @Sendable () async throws -> Void) async throws {
    let span = CallSpan(server: context.method, context.facts.carriedTrace, tracer)
    context.facts.reply.withLock { $0.trace = span.traceContext }
    do {
      try await InstrumentationContext.withValue(span.span.context) { try await proceed() }
      span.end(.ok, nil)
    } catch {
      // A handler that was stopped throws what it likes; why it was stopped is what the client hears.
      let told = (context.facts as? ServerCall)?.ending ?? RPCError(thrown: error)
      span.end(told.code, told)
      throw error
    }
  }
}

/// W3C trace context on the wire has no room for `tracestate` and `baggage`: other keys get nothing and lead nowhere.
private struct TraceContextExtractor: Extractor {
  func extract(key: String, from carrier: TraceContext) -> String? {
    key.lowercased() == "traceparent" ? carrier.traceParent : nil
  }
}

private struct TraceContextInjector: Injector {
  func inject(_ value: String, forKey key: String, into carrier: inout TraceContext?) {
    if key.lowercased() == "traceparent" { carrier = TraceContext(traceParent: value) }
  }
}

extension CallFacts {
  /// What came with OPEN.
  final var carriedTrace: TraceContext? { traceContext.flatMap { TraceContext(bytes: $0) } }

  /// The 32 digits that all spans of an act share; empty: there are none.
  final var traceID: String {
    guard let trace = reply.withLock({ $0.trace }) ?? carriedTrace else { return "" }
    return String(trace.traceParent.dropFirst(3).prefix(32))
  }
}

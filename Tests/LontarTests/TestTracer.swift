internal import Foundation
internal import Instrumentation
internal import Synchronization
internal import Tracing

/// W3C ids of a span.
struct TraceIDs: Sendable, Equatable {
  var trace: String
  var span: String
  var parent: String?
  var isSampled: Bool
}

private enum TraceIDsKey: InstrumentationContextKey {
  typealias Value = TraceIDs
}

/// Keeps finished spans, and speaks `traceparent` as tracers do in the field.
final class TestTracer: Tracer {
  private let spans = Mutex<[TestSpan]>([])
  private let isSampled: Bool

  init(isSampled: Bool = true) {
    self.isSampled = isSampled
  }

  /// In the order of their ends.
  var finished: [TestSpan] { spans.withLock { $0 } }

  func startSpan<Instant: TracerInstant>(
    _ operationName: String, context: @autoclosure () -> InstrumentationContext, ofKind kind: SpanKind,
    at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
  ) -> TestSpan {
    var context = context()
    let parent = context[TraceIDsKey.self]
    context[TraceIDsKey.self] = TraceIDs(
      trace: parent?.trace ?? Self.hex(16), span: Self.hex(8), parent: parent?.span, isSampled: parent?.isSampled ?? isSampled)
    return TestSpan(operationName, kind, context) { self.keep($0) }
  }

  private func keep(_ span: TestSpan) {
    spans.withLock { $0.append(span) }
  }

  private static func hex(_ bytes: Int) -> String {
    (0..<bytes).map { _ in String(format: "%02x", UInt8.random(in: 1...255)) }.joined()
  }

  func forceFlush() {}

  func inject<Carrier, Inject: Injector>(
    _ context: InstrumentationContext, into carrier: inout Carrier, using injector: Inject
  ) where Inject.Carrier == Carrier {
    guard let ids = context[TraceIDsKey.self] else { return }
    injector.inject("00-\(ids.trace)-\(ids.span)-0\(ids.isSampled ? 1 : 0)", forKey: "traceparent", into: &carrier)
    injector.inject("vendor=1", forKey: "tracestate", into: &carrier)
  }

  func extract<Carrier, Extract: Extractor>(
    _ carrier: Carrier, into context: inout InstrumentationContext, using extractor: Extract
  ) where Extract.Carrier == Carrier {
    guard let text = extractor.extract(key: "traceparent", from: carrier) else { return }
    let parts = text.split(separator: "-").map(String.init)
    context[TraceIDsKey.self] = TraceIDs(trace: parts[1], span: parts[2], parent: nil, isSampled: parts[3] == "01")
  }
}

final class TestSpan: Span {
  private struct State {
    var name: String
    var attributes: SpanAttributes = [:]
    var status: SpanStatus?
    var errors: [any Error] = []
    var events: [SpanEvent] = []
    var isOver = false
  }

  let kind: SpanKind
  let context: InstrumentationContext
  private let state: Mutex<State>
  private let finish: @Sendable (TestSpan) -> Void

  init(_ name: String, _ kind: SpanKind, _ context: InstrumentationContext, finish: @escaping @Sendable (TestSpan) -> Void) {
    self.kind = kind
    self.context = context
    self.finish = finish
    state = Mutex(State(name: name))
  }

  var name: String { operationName }
  var ids: TraceIDs { context[TraceIDsKey.self] ?? TraceIDs(trace: "", span: "", parent: nil, isSampled: false) }
  var status: SpanStatus? { state.withLock { $0.status } }
  var errors: [any Error] { state.withLock { $0.errors } }
  var events: [SpanEvent] { state.withLock { $0.events } }

  /// As text; nil: it has none.
  func attribute(_ name: String) -> String? {
    switch attributes.get(name) {
    case .string(let text): text
    case .int64(let number): "\(number)"
    case .int32(let number): "\(number)"
    default: nil
    }
  }

  var operationName: String {
    get { state.withLock { $0.name } }
    set { state.withLock { $0.name = newValue } }
  }

  var attributes: SpanAttributes {
    get { state.withLock { $0.attributes } }
    set { state.withLock { $0.attributes = newValue } }
  }

  var isRecording: Bool { state.withLock { !$0.isOver } }

  func setStatus(_ status: SpanStatus) { state.withLock { $0.status = status } }
  func addEvent(_ event: SpanEvent) { state.withLock { $0.events.append(event) } }
  func addLink(_ link: SpanLink) {}

  func recordError<Instant: TracerInstant>(
    _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
  ) {
    state.withLock { $0.errors.append(error) }
  }

  func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
    let isFirst = state.withLock { state in
      defer { state.isOver = true }
      return !state.isOver
    }
    precondition(isFirst, "a span ended twice")
    finish(self)
  }
}

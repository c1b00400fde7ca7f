internal import NIOCore
internal import SwiftProtobuf

/// The methods that a server answers, by name.
public struct Router: Sendable {
  private var handlers: [String: (kind: MethodKind, handler: any MethodHandler)] = [:]
  /// Around the handler of every method, the first outermost.
  public var interceptors: [any ServerInterceptor] = []

  /// Of the descriptors that reflection serves, for HELLO; 0: not stated.
  package var schemaHash: UInt64 = 0

  public init() {}

  /// The names of all methods, sorted.
  public var methodNames: [String] { handlers.keys.sorted() }

  public mutating func unary<Request, Response>(
    _ method: Method<Request, Response>, _ handler: @escaping @Sendable (Request, CallContext) async throws -> Response
  ) {
    handlers[method.name] = (.unary, UnaryHandler(handler: handler))
  }

  public mutating func serverStreaming<Request, Response>(
    _ method: Method<Request, Response>,
    _ handler: @escaping @Sendable (Request, ResponseWriter<Response>, CallContext) async throws -> Void
  ) {
    handlers[method.name] = (.serverStreaming, ServerStreamingHandler(handler: handler))
  }

  public mutating func clientStreaming<Request, Response>(
    _ method: Method<Request, Response>,
    _ handler: @escaping @Sendable (RequestStream<Request>, CallContext) async throws -> Response
  ) {
    handlers[method.name] = (.clientStreaming, ClientStreamingHandler(handler: handler))
  }

  public mutating func bidirectional<Request, Response>(
    _ method: Method<Request, Response>,
    _ handler: @escaping @Sendable (RequestStream<Request>, ResponseWriter<Response>, CallContext) async throws -> Void
  ) {
    handlers[method.name] = (.bidirectional, BidirectionalHandler(handler: handler))
  }

  func table() -> MethodTable {
    MethodTable(
      handlers.map { name, entry in
        RegisteredMethod(name: name, kind: entry.kind, handler: entry.handler, interceptors: interceptors)
      })
  }
}

/// Runs around the handler of every call: to refuse it, to measure it, to give it a task-local value.
public protocol ServerInterceptor: Sendable {
  /// Calls `proceed` once and lets through what it throws, or throws instead: then the handler does not run.
  func intercept(_ context: CallContext, _ proceed: @Sendable () async throws -> Void) async throws
}

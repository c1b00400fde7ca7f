internal import NIOCore
public import SwiftProtobuf

/// The methods that a server answers, by name.
public struct Router: Sendable {
  var methods: [String: any MethodHandler] = [:]

  public init() {}

  /// The names of all methods, sorted.
  public var methodNames: [String] { methods.keys.sorted() }

  public mutating func unary<Request, Response>(
    _ method: Method<Request, Response>, _ handler: @escaping @Sendable (Request, CallContext) async throws -> Response
  ) {
    methods[method.name] = UnaryHandler(handler: handler)
  }

  public mutating func serverStreaming<Request, Response>(
    _ method: Method<Request, Response>,
    _ handler: @escaping @Sendable (Request, ResponseWriter<Response>, CallContext) async throws -> Void
  ) {
    methods[method.name] = ServerStreamingHandler(handler: handler)
  }
}

/// A handler without its types: bytes in, bytes out.
protocol MethodHandler: Sendable {
  /// - Returns: the message that goes with the status; nil for streams.
  func answer(_ message: ByteBuffer, _ context: CallContext, _ sink: any ResponseSink) async throws -> ByteBuffer?
}

/// Where a stream's messages go. The transports implement it.
protocol ResponseSink: Sendable {
  /// Returns when there is room for more; throws when the call is over.
  func send(_ message: ByteBuffer) async throws
}

private struct UnaryHandler<Request: Message & Sendable, Response: Message & Sendable>: MethodHandler {
  let handler: @Sendable (Request, CallContext) async throws -> Response

  func answer(_ message: ByteBuffer, _ context: CallContext, _ sink: any ResponseSink) async throws -> ByteBuffer? {
    try await handler(Request(request: message), context).lontarBytes()
  }
}

private struct ServerStreamingHandler<Request: Message & Sendable, Response: Message & Sendable>: MethodHandler {
  let handler: @Sendable (Request, ResponseWriter<Response>, CallContext) async throws -> Void

  func answer(_ message: ByteBuffer, _ context: CallContext, _ sink: any ResponseSink) async throws -> ByteBuffer? {
    try await handler(Request(request: message), ResponseWriter(sink: sink), context)
    return nil
  }
}

extension Message {
  fileprivate init(request bytes: ByteBuffer) throws(RPCError) {
    do {
      try self.init(lontarBytes: bytes)
    } catch {
      throw RPCError(.internalError, "the request is not a \(Self.protoMessageName) message", cause: error)
    }
  }
}

/// Sends the messages of a stream. A slow reader holds `write` back, so memory stays bounded.
public struct ResponseWriter<Response: Message & Sendable>: Sendable {
  let sink: any ResponseSink

  /// - Throws: `RPCError` or `CancellationError` when the call is over; stop then.
  public func write(_ message: Response) async throws {
    try await sink.send(try message.lontarBytes())
  }
}

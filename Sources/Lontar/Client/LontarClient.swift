internal import LontarTLS
internal import LontarWire
internal import NIOCore
internal import NIOPosix
public import SwiftProtobuf

/// Calls a server over one connection that is made when first needed and made again when it is lost.
public final class LontarClient: Sendable {
  let core: ClientCore
  private let interceptors: [any ClientInterceptor]
  /// Runs tasks on the client's event loop: calls made there need no hop between threads.
  public let executor: any TaskExecutor

  /// - Throws: `TLSError` if trust roots or the client's certificate are missing or wrong.
  public convenience init(_ configuration: ClientConfiguration) throws {
    self.init(connector: try SocketConnector(configuration), options: configuration.options)
  }

  init(connector: any Connector, options: ClientOptions) {
    core = ClientCore(options: options, connector: connector, eventLoop: MultiThreadedEventLoopGroup.singleton.next())
    executor = core.executor
    interceptors = options.interceptors
  }

  deinit {
    let core = core
    core.eventLoop.execute { core.shutDown() }
  }

  /// One request, one answer.
  public func unary<Request, Response>(
    _ method: Method<Request, Response>, _ request: Request, options: CallOptions = CallOptions()
  ) async throws(RPCError) -> Response {
    try await unaryResponse(method, request, options: options).message
  }

  /// One request, one answer with the metadata around it.
  public func unaryResponse<Request, Response>(
    _ method: Method<Request, Response>, _ request: Request, options: CallOptions = CallOptions()
  ) async throws(RPCError) -> UnaryResponse<Response> {
    let message = try encode(request)
    if interceptors.isEmpty {
      let (answer, call) = try await answer(method, message, options)
      return UnaryResponse(message: try Response(answer: answer), call: call)
    }
    let result = UnaryResult()
    try await intercepted(method, message, options, interceptors[...], result)
    guard let answer = result.answer, let call = result.call else {
      throw RPCError(.internalError, "an interceptor let \(method.name) pass without calling it")
    }
    return UnaryResponse(message: try Response(answer: answer), call: call)
  }

  private func intercepted<Request, Response>(
    _ method: Method<Request, Response>, _ message: ByteBuffer, _ options: CallOptions,
    _ rest: ArraySlice<any ClientInterceptor>, _ result: UnaryResult
  ) async throws(RPCError) {
    guard let next = rest.first else {
      (result.answer, result.call) = try await answer(method, message, options)
      return
    }
    try await next.intercept(method.name, options) { options throws(RPCError) in
      try await self.intercepted(method, message, options, rest.dropFirst(), result)
    }
  }

  private func answer<Request, Response>(
    _ method: Method<Request, Response>, _ message: ByteBuffer, _ options: CallOptions
  ) async throws(RPCError) -> (ByteBuffer, ClientCall) {
    let call = try makeCall(method, message, options)
    let core = core
    let answer = await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        if core.eventLoop.inEventLoop {
          call.wait(continuation)
          core.start(call)
        } else {
          core.eventLoop.execute {
            call.wait(continuation)
            core.start(call)
          }
        }
      }
    } onCancel: {
      core.eventLoop.execute { core.cancel(call) }
    }
    return (try answer.get(), call)
  }

  /// Ends the connection once the running calls have ended; calls that still wait fail with CANCELLED.
  public func shutdown() async {
    let core = core
    try? await core.eventLoop.submit { core.shutDown() }.get()
  }
}

/// The answer of a unary call with its metadata.
public struct UnaryResponse<Response: Message & Sendable>: Sendable {
  public let message: Response
  private let call: ClientCall

  init(message: Response, call: ClientCall) {
    self.message = message
    self.call = call
  }

  public var initialMetadata: Metadata { Metadata(call.initialMetadata) }
  public var trailingMetadata: Metadata { Metadata(call.trailingMetadata) }
}

/// Carries the answer past the interceptors, which see none. Unchecked because one task fills it and then reads it.
private final class UnaryResult: @unchecked Sendable {
  var answer: ByteBuffer?
  var call: ClientCall?
}

public import LontarCompression
internal import LontarTLS
internal import LontarWire
internal import NIOCore
internal import NIOPosix
public import SwiftProtobuf

/// Calls a server, or several that do the same, over connections that are made when first needed and made again when they are lost.
public final class LontarClient: Sendable {
  let core: ClientCore
  let interceptors: [any ClientInterceptor]
  /// Runs tasks on the client's event loop: calls made there need no hop between threads.
  public let executor: any TaskExecutor

  /// - Throws: `TLSError` if trust roots or the client's certificate are missing or wrong; `RPCError` without an endpoint.
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
    guard let telemetry = core.telemetry else { return try await unaryAttempts(method, request, options) }
    return try await telemetry.call(method.name) { () throws(RPCError) in try await unaryAttempts(method, request, options) }
  }

  private func unaryAttempts<Request, Response>(
    _ method: Method<Request, Response>, _ request: Request, _ options: CallOptions
  ) async throws(RPCError) -> UnaryResponse<Response> {
    let bytes = try encode(request)
    let message = options.compression == nil ? OutgoingMessage(bytes) : await OutgoingMessage(bytes, options.compression)
    let answer: UnaryAnswer
    if interceptors.isEmpty, !core.plans.haveHedging {
      answer = try await self.answer(method, message, options)
    } else {
      answer = try await intercepted(method, message, options, interceptors[...])
    }
    if answer.message.codec == 0 {
      return UnaryResponse(message: try Response(plainAnswer: answer.message.bytes), answer: answer)
    }
    return UnaryResponse(message: try await Response(answer: answer.message), answer: answer)
  }

  private func intercepted<Request, Response>(
    _ method: Method<Request, Response>, _ message: OutgoingMessage, _ options: CallOptions,
    _ rest: ArraySlice<any ClientInterceptor>
  ) async throws(RPCError) -> UnaryAnswer {
    guard let next = rest.first else { return try await hedged(method, message, options) }
    return try await next.intercept(method.name, options) { options throws(RPCError) in
      try await self.intercepted(method, message, options, rest.dropFirst())
    }
  }

  private func hedged<Request, Response>(
    _ method: Method<Request, Response>, _ message: OutgoingMessage, _ options: CallOptions
  ) async throws(RPCError) -> UnaryAnswer {
    guard method.isIdempotent, options.mayRepeat, let plan = core.plans.plan(for: method.name),
      let hedging = plan.hedging
    else {
      return try await answer(method, message, options)
    }
    var options = options
    // One time for all attempts together.
    if let limit = plan.configuration.timeout { options.timeout = min(options.timeout ?? limit, limit) }
    return try await hedging.intercept(method.name, options) { options throws(RPCError) in
      try await self.answer(method, message, options)
    }
  }

  private func answer<Request, Response>(
    _ method: Method<Request, Response>, _ message: OutgoingMessage, _ options: CallOptions
  ) async throws(RPCError) -> UnaryAnswer {
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
    return UnaryAnswer(message: try answer.get(), call: call)
  }

  /// Connects without a call, so that the first one need not wait for it.
  public func connect() {
    let core = core
    core.onLoop { core.connect() }
  }

  /// The state by now and each later one, until `shutdown`. Each stream has all of them; what is not read is kept up to the newest 100.
  public var connectivity: AsyncStream<ConnectivityState> {
    let core = core
    let (states, continuation) = AsyncStream.makeStream(of: ConnectivityState.self, bufferingPolicy: .bufferingNewest(100))
    core.onLoop { core.tell(continuation) }
    return states
  }

  /// Ends the connection once the running calls have ended; calls that still wait fail with CANCELLED.
  public func shutdown() async {
    let core = core
    try? await core.eventLoop.submit { core.shutDown() }.get()
  }
}

/// The answer to one attempt of a unary call, as interceptors pass it on.
public struct UnaryAnswer: Sendable {
  let message: WireMessage
  private let call: ClientCall

  init(message: WireMessage, call: ClientCall) {
    self.message = message
    self.call = call
  }

  /// How the answer came; nil: as it is.
  public var codec: MessageCodec? { MessageCodec(rawValue: message.codec) }
  public var initialMetadata: Metadata { Metadata(call.initialMetadata) }
  public var trailingMetadata: Metadata { Metadata(call.trailingMetadata) }
}

/// The answer of a unary call with its metadata.
public struct UnaryResponse<Response: Message & Sendable>: Sendable {
  public let message: Response
  let answer: UnaryAnswer

  /// How the answer came; nil: as it is.
  public var codec: MessageCodec? { answer.codec }
  public var initialMetadata: Metadata { answer.initialMetadata }
  public var trailingMetadata: Metadata { answer.trailingMetadata }
}

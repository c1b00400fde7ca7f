internal import LontarTLS
internal import LontarWire
internal import NIOCore
internal import NIOPosix
internal import SwiftProtobuf

/// Calls a server over one connection that is made when first needed and made again when it is lost.
public final class LontarClient: Sendable {
  private let core: ClientCore
  /// Runs tasks on the client's event loop: calls made there need no hop between threads.
  public let executor: any TaskExecutor

  /// - Throws: `TLSError` if trust roots or the client's certificate are missing or wrong.
  public init(_ configuration: ClientConfiguration) throws {
    let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
    core = try ClientCore(configuration: configuration, eventLoop: eventLoop)
    executor = EventLoopTaskExecutor(eventLoop)
  }

  deinit {
    let core = core
    core.eventLoop.execute { core.shutDown() }
  }

  /// One request, one answer.
  public func unary<Request, Response>(
    _ method: Method<Request, Response>, _ request: Request, options: CallOptions = CallOptions()
  ) async throws(RPCError) -> Response {
    let call = try makeCall(method, request, options, isStream: false)
    let core = core
    let answer = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        core.onLoop {
          call.answer = continuation
          core.start(call)
        }
      }
    } onCancel: {
      core.eventLoop.execute { core.cancel(call, RPCError(.cancelled, "the caller cancelled the call")) }
    }
    core.onLoop { core.ended(call) }
    return try Response(answer: answer.get())
  }

  /// One request, a stream of answers. Dropping the stream or cancelling the task that reads it cancels the call.
  public func serverStreaming<Request, Response>(
    _ method: Method<Request, Response>, _ request: Request, options: CallOptions = CallOptions()
  ) async throws(RPCError) -> ResponseStream<Response> {
    let call = try makeCall(method, request, options, isStream: true)
    let core = core
    core.onLoop { core.start(call) }
    return ResponseStream(call: call, core: core)
  }

  /// Ends the connection once the running calls have ended; calls that still wait fail with CANCELLED.
  public func shutdown() async {
    let core = core
    try? await core.eventLoop.submit { core.shutDown() }.get()
  }

  private func makeCall<Request, Response>(
    _ method: Method<Request, Response>, _ request: Request, _ options: CallOptions, isStream: Bool
  ) throws(RPCError) -> ClientCall {
    let limits = core.wireLimits
    let message: ByteBuffer
    do {
      message = try request.lontarBytes()
    } catch {
      throw RPCError(.internalError, "the request can't be encoded: \(error)", cause: error)
    }
    guard message.readableBytes <= limits.messageBytesMax else {
      throw RPCError(
        .resourceExhausted, "the request has \(message.readableBytes) bytes; at most \(limits.messageBytesMax) are allowed")
    }
    if let key = options.idempotencyKey, key.count != 16 {
      throw RPCError(.invalidArgument, "an idempotency key has 16 bytes, not \(key.count)")
    }
    guard (1...255).contains(method.name.utf8.count) else {
      throw RPCError(.invalidArgument, "a method's name has 1 to 255 bytes, not \(method.name.utf8.count)")
    }
    let nanoseconds = options.timeout.map { timeout in
      let (seconds, attoseconds) = timeout.components
      return seconds < 0
        ? 0 : UInt64(clamping: seconds).multipliedClamping(1_000_000_000) + UInt64(max(0, attoseconds) / 1_000_000_000)
    }
    let frame = OpenFrame(
      method: ByteBuffer(string: method.name), idempotencyKey: options.idempotencyKey.map { ByteBuffer(bytes: $0) },
      metadata: try options.metadata.block(limits))
    return ClientCall(
      frame: frame, message: message, isStream: isStream, deadline: nanoseconds.map { NIODeadline.after(nanoseconds: $0) },
      waitForReady: options.waitForReady)
  }
}

extension UInt64 {
  fileprivate func multipliedClamping(_ other: UInt64) -> UInt64 {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? .max / 2 : Swift.min(product, .max / 2)
  }
}

extension ClientCore {
  /// Runs `body` on the event loop, at once if we are there.
  func onLoop(_ body: @escaping @Sendable () -> Void) {
    if eventLoop.inEventLoop { body() } else { eventLoop.execute(body) }
  }
}

extension Message {
  init(answer bytes: ByteBuffer) throws(RPCError) {
    do {
      try self.init(lontarBytes: bytes)
    } catch {
      throw RPCError(.internalError, "the answer is not a \(Self.protoMessageName) message", cause: error)
    }
  }
}

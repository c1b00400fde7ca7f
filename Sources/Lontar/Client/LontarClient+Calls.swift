internal import LontarCompression
internal import LontarWire
internal import NIOCore
internal import SwiftProtobuf

extension LontarClient {
  /// One request, a stream of answers. Dropping the stream or cancelling the task that reads it cancels the call.
  public func serverStreaming<Request, Response>(
    _ method: Method<Request, Response>, _ request: Request, options: CallOptions = CallOptions()
  ) async throws(RPCError) -> ResponseStream<Response> {
    let (options, observers) = try await intercepted(method, options)
    let lease = try await begin(observers) { () async throws(RPCError) in
      try makeCall(method, await OutgoingMessage(encode(request), options.compression), options)
    }
    return ResponseStream(lease: lease)
  }

  /// A stream of requests, one answer: write, `finish`, then ask for the answer. Dropping the call cancels it.
  public func clientStreaming<Request, Response>(
    _ method: Method<Request, Response>, options: CallOptions = CallOptions()
  ) async throws(RPCError) -> ClientStreamingCall<Request, Response> {
    let (options, observers) = try await intercepted(method, options)
    let lease = try await begin(observers) { () async throws(RPCError) in try makeCall(method, nil, options) }
    return ClientStreamingCall(requests: RequestWriter(lease: lease, codec: options.compression), lease: lease)
  }

  /// Streams both ways, each at its own pace. Dropping both cancels the call.
  public func bidirectional<Request, Response>(
    _ method: Method<Request, Response>, options: CallOptions = CallOptions()
  ) async throws(RPCError) -> BidirectionalCall<Request, Response> {
    let (options, observers) = try await intercepted(method, options)
    let lease = try await begin(observers) { () async throws(RPCError) in try makeCall(method, nil, options) }
    return BidirectionalCall(
      requests: RequestWriter(lease: lease, codec: options.compression), responses: ResponseStream(lease: lease))
  }

  /// What the interceptors make of a call with streams. Observers of those that had begun hear of it if a later one refuses.
  private func intercepted<Request, Response>(
    _ method: Method<Request, Response>, _ options: CallOptions
  ) async throws(RPCError) -> (CallOptions, [any CallObserver]) {
    guard !interceptors.isEmpty else { return (options, []) }
    var (options, observers) = (options, [any CallObserver]())
    for interceptor in interceptors {
      do throws(RPCError) {
        if let observer = try await interceptor.begins(method.name, method.kind, &options) { observers.append(observer) }
      } catch {
        throw Self.tell(observers, error)
      }
    }
    return (options, observers)
  }

  /// The call has ended before it began.
  private static func tell(_ observers: [any CallObserver], _ error: RPCError) -> RPCError {
    for observer in observers.reversed() { observer.ended(error) }
    return error
  }

  private func begin(
    _ observers: [any CallObserver], _ make: () async throws(RPCError) -> ClientCall
  ) async throws(RPCError) -> CallLease {
    let call: ClientCall
    do throws(RPCError) { call = try await make() } catch { throw Self.tell(observers, error) }
    call.observers = observers
    let core = core
    core.onLoop { core.start(call) }
    return CallLease(call: call, client: self)
  }

  func encode(_ request: some Message) throws(RPCError) -> ByteBuffer {
    let message: ByteBuffer
    do {
      message = try request.lontarBytes()
    } catch {
      throw RPCError(.internalError, "the request can't be encoded: \(error)", cause: error)
    }
    let limit = core.wireLimits.messageBytesMax
    guard message.readableBytes <= limit else { throw .requestTooLarge(message.readableBytes, limit: limit) }
    return message
  }

  func makeCall<Request, Response>(
    _ method: Method<Request, Response>, _ message: OutgoingMessage?, _ options: CallOptions
  ) throws(RPCError) -> ClientCall {
    if let key = options.idempotencyKey, key.count != 16 {
      throw RPCError(.invalidArgument, "an idempotency key has 16 bytes, not \(key.count)")
    }
    guard (1...255).contains(method.nameBytes.readableBytes) else {
      throw RPCError(.invalidArgument, "a method's name has 1 to 255 bytes, not \(method.nameBytes.readableBytes)")
    }
    var frame = OpenFrame(
      method: method.nameBytes, attempt: UInt8(clamping: max(1, options.attempt)),
      traceContext: options.traceParent.flatMap { TraceContext(traceParent: $0)?.buffer },
      idempotencyKey: options.idempotencyKey.map { ByteBuffer(bytes: $0) },
      metadata: try options.metadata.block(core.wireLimits))
    let telemetry = core.telemetry?.call(method.name, options, isWhole: method.kind != .unary)
    if let trace = telemetry?.traceContext { frame.traceContext = trace.buffer }
    let plan = core.plans.plan(for: method.name)
    let call = ClientCall(
      frame: frame, kind: method.kind, message: message,
      deadline: Self.deadline(options, plan),
      waitForReady: options.waitForReady ?? plan?.configuration.waitForReady ?? false,
      plan: options.mayRepeat ? plan : nil)
    call.telemetry = telemetry
    return call
  }

  /// The earliest of what the call, its method's configuration, and the call allow for whose handler it is made.
  private static func deadline(_ options: CallOptions, _ plan: MethodPlan?) -> NIODeadline? {
    var limit = options.timeout
    if let configured = plan?.configuration.timeout { limit = min(limit ?? configured, configured) }
    let deadline = limit.map { NIODeadline.after(nanoseconds: $0.clampedNanoseconds) }
    guard let inherited = InheritedDeadline.current else { return deadline }
    return min(deadline ?? inherited, inherited)
  }
}

extension Duration {
  /// Zero for what is negative, the largest number for what does not fit.
  var clampedNanoseconds: UInt64 {
    UInt64(clamping: attoseconds / 1_000_000_000)
  }
}

extension ClientCore {
  /// Runs `body` on the event loop, at once if we are there.
  func onLoop(_ body: @escaping @Sendable () -> Void) {
    if eventLoop.inEventLoop { body() } else { eventLoop.execute(body) }
  }
}

extension Message {
  /// An answer that came as it is. One that came compressed is for `init(answer:)`, which may leave the event loop.
  init(plainAnswer bytes: ByteBuffer) throws(RPCError) {
    do {
      try self.init(lontarBytes: bytes)
    } catch {
      throw RPCError(.internalError, "the answer is not a \(Self.protoMessageName) message", cause: error)
    }
  }

  init(answer message: WireMessage) async throws(RPCError) {
    do {
      try self.init(lontarBytes: try await message.plain())
    } catch {
      throw RPCError(.internalError, "the answer is not a \(Self.protoMessageName) message", cause: error)
    }
  }
}

/// A message of ours before it is known what its server takes.
struct OutgoingMessage: Sendable {
  let plain: WireMessage
  private let compressed: WireMessage?

  init(_ bytes: ByteBuffer) {
    plain = WireMessage(bytes)
    compressed = nil
  }

  init(_ bytes: ByteBuffer, _ codec: MessageCodec?) async {
    plain = WireMessage(bytes)
    let message = codec == nil ? plain : await bytes.wireMessage(codec)
    compressed = message.codec == 0 ? nil : message
  }

  /// What keeping it costs.
  var bytes: Int { plain.readableBytes + (compressed?.readableBytes ?? 0) }

  /// What goes to a server that takes these codecs.
  func on(_ codecs: UInt32) -> WireMessage {
    guard let compressed, codecs >> compressed.codec & 1 == 1 else { return plain }
    return compressed
  }
}

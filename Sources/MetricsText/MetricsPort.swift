internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Synchronization

/// Answers `GET /metrics` over HTTP/1.1, one request a connection.
///
/// Whoever is slow to ask or to read is cut off; more than a few at once are closed at the door. It has a thread of its own, so that it
/// answers while the others work.
public final class MetricsPort: Sendable {
  public struct Limits: Sendable {
    public var connectionsMax = 16
    /// Of a connection; a request with all its headers has far less.
    public var requestBytesMax = 16 * 1024
    /// From the first byte to the last of a connection.
    public var seconds = 10

    public init() {}
  }

  private let metrics: TextMetrics
  private let limits: Limits
  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private let listener = Mutex<(any Channel)?>(nil)

  public init(_ metrics: TextMetrics, limits: Limits = Limits()) {
    self.metrics = metrics
    self.limits = limits
  }

  /// Binds and answers. Returns the address in use.
  public func start(host: String, port: Int) async throws(MetricsPortError) -> (host: String, port: Int) {
    let (metrics, limits) = (metrics, limits)
    let open = OpenConnections()
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 64)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        guard open.enter(max: limits.connectionsMax) else { return channel.close() }
        let end = channel.eventLoop.scheduleTask(in: .seconds(Int64(limits.seconds))) { channel.close(promise: nil) }
        channel.closeFuture.whenComplete { _ in
          end.cancel()
          open.leave()
        }
        return channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          try pipeline.addHandler(ByteBudget(limits.requestBytesMax))
          try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false)
          try pipeline.addHandler(MetricsResponder(metrics))
        }
      }
    do {
      let channel = try await bootstrap.bind(host: host, port: port).get()
      listener.withLock { $0 = channel }
      return (channel.localAddress?.ipAddress ?? host, channel.localAddress?.port ?? port)
    } catch {
      let code = (error as? IOError)?.errnoCode ?? 0
      throw MetricsPortError(host: host, port: port, isTaken: code == EADDRINUSE, detail: "\(error)")
    }
  }

  /// Takes no more requests; those under way end by themselves.
  public func shutdown() async {
    let channel = listener.withLock { listener in
      defer { listener = nil }
      return listener
    }
    try? await channel?.close()
    try? await group.shutdownGracefully()
  }

  private final class OpenConnections: Sendable {
    private let count = Atomic<Int>(0)

    func enter(max: Int) -> Bool {
      if count.wrappingAdd(1, ordering: .relaxed).newValue <= max { return true }
      leave()
      return false
    }

    func leave() { count.wrappingSubtract(1, ordering: .relaxed) }
  }
}

/// Why nobody can ask for metrics.
public struct MetricsPortError: Error, Sendable {
  public let host: String
  public let port: Int
  public let isTaken: Bool
  public let detail: String
}

/// Ends a connection that sends more than a request has: the parser behind it bounds each header, and not their number.
private final class ByteBudget: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  private var left: Int

  init(_ bytes: Int) {
    left = bytes
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    left -= unwrapInboundIn(data).readableBytes
    if left >= 0 { context.fireChannelRead(data) } else { context.close(promise: nil) }
  }
}

/// One request, one answer, then the connection closes.
private final class MetricsResponder: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let metrics: TextMetrics
  private var hasAnswered = false

  init(_ metrics: TextMetrics) {
    self.metrics = metrics
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    // A body, which nobody asked for, is not waited for.
    guard case .head(let head) = unwrapInboundIn(data), !hasAnswered else { return }
    hasAnswered = true
    let path = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).first ?? ""
    if path != "/metrics" {
      answer(context, head, .notFound, "There is only /metrics here.\n")
    } else if head.method != .GET, head.method != .HEAD {
      answer(context, head, .methodNotAllowed, "Ask with GET or HEAD.\n")
    } else {
      answer(context, head, .ok, metrics.text())
    }
  }

  private func answer(_ context: ChannelHandlerContext, _ request: HTTPRequestHead, _ status: HTTPResponseStatus, _ text: String)
  {
    var headers = HTTPHeaders()
    headers.add(
      name: "Content-Type", value: status == .ok ? "text/plain; version=0.0.4; charset=utf-8" : "text/plain; charset=utf-8")
    headers.add(name: "Content-Length", value: "\(text.utf8.count)")
    headers.add(name: "Connection", value: "close")
    if status == .methodNotAllowed { headers.add(name: "Allow", value: "GET, HEAD") }
    let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    if request.method != .HEAD {
      context.write(wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(string: text)))), promise: nil)
    }
    let channel = context.channel
    context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
      // Our end first, so that what the other still sends does not turn the answer into a reset.
      channel.close(mode: .output, promise: nil)
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case ChannelEvent.inputClosed = event { context.close(promise: nil) }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}

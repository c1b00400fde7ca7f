internal import Lontar
internal import LontarTLS
internal import LontarTesting
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// A client that says whatever a test wants, over TLS or without.
final class RawClient: Sendable {
  /// All that the server said, and what went wrong on our side, when the connection has ended.
  struct Ending: Sendable {
    var received = ByteBuffer()
    var errors: [any Error] = []

    var tlsCodes: [TLSError.Code] { errors.compactMap { ($0 as? TLSError)?.code } }
  }

  private let channel: any Channel
  private let ending: EventLoopFuture<Ending>

  private init(channel: any Channel, ending: EventLoopFuture<Ending>) {
    self.channel = channel
    self.ending = ending
  }

  /// - Parameter tls: nil: plain TCP.
  static func connect(to echo: EchoServer, tls: TLSClientConfiguration?) async throws -> RawClient {
    let context = try tls.map { try TLSContext(client: $0) }
    let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
    let promise = eventLoop.makePromise(of: Ending.self)
    do {
      let channel = try await ClientBootstrap(group: eventLoop)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            if let context { try channel.pipeline.syncOperations.addHandler(TLSHandler(context: context)) }
            try channel.pipeline.syncOperations.addHandler(Listener(promise))
          }
        }
        .connect(host: "127.0.0.1", port: echo.port).get()
      return RawClient(channel: channel, ending: promise.futureResult)
    } catch {
      promise.fail(error)
      throw error
    }
  }

  /// A connection that the server's certificate and protocol let through.
  static func secure(to echo: EchoServer) async throws -> RawClient {
    try await connect(to: echo, tls: echo.clientConfiguration().tls)
  }

  /// Failures show in `ended`: the server may close before it has read all.
  func send(_ bytes: ByteBuffer) async {
    try? await channel.writeAndFlush(bytes)
  }

  func send(_ bytes: [UInt8]) async { await send(ByteBuffer(bytes: bytes)) }

  func close() async {
    try? await channel.close()
  }

  /// When the connection has ended, whoever ended it.
  func ended() async throws -> Ending { try await ending.get() }
}

private final class Listener: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  private let promise: EventLoopPromise<RawClient.Ending>
  private var ending = RawClient.Ending()

  init(_ promise: EventLoopPromise<RawClient.Ending>) {
    self.promise = promise
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    ending.received.writeImmutableBuffer(Self.unwrapInboundIn(data))
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    ending.errors.append(error)
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    promise.succeed(ending)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    promise.succeed(ending)
  }
}

internal import Lontar
package import LontarTLS
package import LontarWire
package import NIOCore
internal import NIOPosix
internal import Synchronization

/// A client that says whatever a test wants, over TLS or without.
package final class RawClient: Sendable {
  /// All that the server said, and what went wrong on our side, when the connection has ended.
  package struct Ending: Sendable {
    package var received = ByteBuffer()
    package var errors: [any Error] = []
    /// Who the server is by its certificate.
    package var peer: TLSPeer?

    package var tlsCodes: [TLSError.Code] { errors.compactMap { ($0 as? TLSError)?.code } }
  }

  private let channel: any Channel
  private let ending: EventLoopFuture<Ending>
  private let pieces: AsyncStream<ByteBuffer>
  private let decoder = Mutex(FrameDecoder(limits: WireLimits(), expectsPreface: false))

  private init(channel: any Channel, ending: EventLoopFuture<Ending>, pieces: AsyncStream<ByteBuffer>) {
    self.channel = channel
    self.ending = ending
    self.pieces = pieces
  }

  /// - Parameter tls: nil: plain TCP.
  package static func connect(to echo: EchoServer, tls: TLSClientConfiguration?) async throws -> RawClient {
    let context = try tls.map { try TLSContext(client: $0) }
    let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
    let promise = eventLoop.makePromise(of: Ending.self)
    let (pieces, heard) = AsyncStream.makeStream(of: ByteBuffer.self)
    do {
      let channel = try await ClientBootstrap(group: eventLoop)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            if let context { try channel.pipeline.syncOperations.addHandler(TLSHandler(context: context)) }
            try channel.pipeline.syncOperations.addHandler(Listener(promise, heard))
          }
        }
        .connect(host: "127.0.0.1", port: echo.port).get()
      return RawClient(channel: channel, ending: promise.futureResult, pieces: pieces)
    } catch {
      promise.fail(error)
      throw error
    }
  }

  /// A connection that the server's certificate and protocol let through.
  package static func secure(to echo: EchoServer) async throws -> RawClient {
    try await connect(to: echo, tls: echo.clientConfiguration().tls)
  }

  /// Failures show in `ended`: the server may close before it has read all.
  package func send(_ bytes: ByteBuffer) async {
    try? await channel.writeAndFlush(bytes)
  }

  package func send(_ bytes: [UInt8]) async { await send(ByteBuffer(bytes: bytes)) }

  /// Sends one after another with pauses between, in time even where a busy machine lets no task run.
  package func send(_ pieces: [[UInt8]], every pause: TimeAmount) async throws {
    let channel = channel
    let sent = channel.eventLoop.makePromise(of: Void.self)
    let remaining = Mutex(pieces[...])
    channel.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: pause) { task in
      if let piece = remaining.withLock({ $0.popFirst() }) {
        channel.writeAndFlush(ByteBuffer(bytes: piece), promise: nil)
      } else {
        task.cancel()
        sent.succeed()
      }
    }
    try await sent.futureResult.get()
  }

  package var isOpen: Bool { channel.isActive }

  /// Stops reading the socket.
  package func stopReading() async throws {
    try await channel.setOption(.autoRead, value: false).get()
  }

  package func startReading() async throws {
    try await channel.setOption(.autoRead, value: true).get()
  }

  package func close() async {
    try? await channel.close()
  }

  /// When the connection has ended, whoever ended it.
  package func ended() async throws -> Ending { try await ending.get() }

  /// The frames that come, up to the first that is `wanted`; all of them if the connection ends before.
  package func frames(until wanted: (Frame) -> Bool) async throws -> [Frame] {
    var frames: [Frame] = []
    var iterator = pieces.makeAsyncIterator()
    while true {
      while let frame = try decoder.withLock({ try $0.next() }) {
        frames.append(frame)
        if wanted(frame) { return frames }
      }
      guard let piece = await iterator.next() else { return frames }
      decoder.withLock { $0.feed(piece) }
    }
  }
}

private final class Listener: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  private let promise: EventLoopPromise<RawClient.Ending>
  private let heard: AsyncStream<ByteBuffer>.Continuation
  private var ending = RawClient.Ending()

  init(_ promise: EventLoopPromise<RawClient.Ending>, _ heard: AsyncStream<ByteBuffer>.Continuation) {
    self.promise = promise
    self.heard = heard
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let completed = event as? TLSHandshakeCompleted { ending.peer = completed.peer }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let piece = Self.unwrapInboundIn(data)
    ending.received.writeImmutableBuffer(piece)
    heard.yield(piece)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    ending.errors.append(error)
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) { finish() }

  func handlerRemoved(context: ChannelHandlerContext) { finish() }

  private func finish() {
    promise.succeed(ending)
    heard.finish()
  }
}

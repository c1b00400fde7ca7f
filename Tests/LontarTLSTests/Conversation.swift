internal import LontarTLS
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// What one end of a connection saw from beginning to end.
struct Outcome: Sendable {
  var handshake: TLSHandshakeCompleted?
  var errors: [TLSError] = []
  var otherErrors: [String] = []
  var received = ByteBuffer()
  var reads = 0
  var inputClosed = false

  var codes: [TLSError.Code] { errors.map(\.code) }
}

/// The last handler of a test's pipeline: notes what arrives, sends it back if asked to.
final class Witness: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let echoes: Bool
  private let conversation: Conversation
  private var outcome = Outcome()

  init(_ conversation: Conversation, echoes: Bool) {
    self.conversation = conversation
    self.echoes = echoes
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let completed = event as? TLSHandshakeCompleted {
      outcome.handshake = completed
      conversation.handshakePromise.succeed(completed)
    } else if case .some(.inputClosed) = event as? ChannelEvent {
      outcome.inputClosed = true
      conversation.inputClosedPromise.succeed()
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let data = Self.unwrapInboundIn(data)
    outcome.reads += 1
    if echoes {
      context.write(Self.wrapOutboundOut(data), promise: nil)
    } else {
      outcome.received.writeImmutableBuffer(data)
      conversation.noteReceived(outcome.received)
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    if echoes { context.flush() }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if let error = error as? TLSError { outcome.errors.append(error) } else { outcome.otherErrors.append("\(error)") }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    conversation.finish(outcome)
  }
}

/// A test's hold on one connection.
final class Conversation: Sendable {
  fileprivate let handshakePromise: EventLoopPromise<TLSHandshakeCompleted>
  fileprivate let inputClosedPromise: EventLoopPromise<Void>
  private let outcomePromise: EventLoopPromise<Outcome>
  private let awaited = Mutex<(count: Int, promise: EventLoopPromise<ByteBuffer>)?>(nil)
  private let soFar = Mutex(ByteBuffer())
  let channel: any Channel

  init(_ channel: any Channel) {
    self.channel = channel
    handshakePromise = channel.eventLoop.makePromise()
    inputClosedPromise = channel.eventLoop.makePromise()
    outcomePromise = channel.eventLoop.makePromise()
  }

  /// Succeeds when the handshake does; fails when the connection ends without it.
  func handshake() async throws -> TLSHandshakeCompleted { try await handshakePromise.futureResult.get() }
  func inputClosed() async throws { try await inputClosedPromise.futureResult.get() }
  /// When the channel is closed.
  func outcome() async throws -> Outcome { try await outcomePromise.futureResult.get() }

  func send(_ bytes: ByteBuffer) async throws { try await channel.writeAndFlush(bytes) }

  /// All that has arrived, as soon as it is at least `count` bytes, or the connection has ended.
  func received(atLeast count: Int) async throws -> ByteBuffer {
    let promise = channel.eventLoop.makePromise(of: ByteBuffer.self)
    awaited.withLock { $0 = (count, promise) }
    noteReceived(soFar.withLock { $0 })
    return try await promise.futureResult.get()
  }

  fileprivate func noteReceived(_ bytes: ByteBuffer) {
    soFar.withLock { $0 = bytes }
    let ready = awaited.withLock { awaited -> EventLoopPromise<ByteBuffer>? in
      guard let (count, promise) = awaited, bytes.readableBytes >= count else { return nil }
      awaited = nil
      return promise
    }
    ready?.succeed(bytes)
  }

  fileprivate func finish(_ outcome: Outcome) {
    let waiting = awaited.withLock { awaited in
      defer { awaited = nil }
      return awaited?.promise
    }
    waiting?.succeed(outcome.received)
    handshakePromise.fail(Ended(outcome: outcome))
    inputClosedPromise.fail(Ended(outcome: outcome))
    outcomePromise.succeed(outcome)
  }

  struct Ended: Error { let outcome: Outcome }
}

/// A server on loopback whose connections a test takes one after the other.
final class TestServer: Sendable {
  let port: Int
  private let channel: any Channel
  private let accepted: AsyncStream<Conversation>

  init(
    _ box: TLSContextBox, echoes: Bool = true, halfClosure: Bool = false, receiveBytes: Int? = nil
  ) async throws {
    let (stream, continuation) = AsyncStream.makeStream(of: Conversation.self)
    accepted = stream
    var bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.allowRemoteHalfClosure, value: halfClosure)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let conversation = Conversation(channel)
          try channel.pipeline.syncOperations.addHandler(TLSHandler(context: box.current))
          try channel.pipeline.syncOperations.addHandler(Witness(conversation, echoes: echoes))
          continuation.yield(conversation)
        }
      }
    if let receiveBytes {
      bootstrap = bootstrap.childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: receiveBytes))
    }
    channel = try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
    port = channel.localAddress!.port!
  }

  func nextConnection() async -> Conversation {
    var iterator = accepted.makeAsyncIterator()
    return await iterator.next()!
  }

  func stop() async throws { try await channel.close() }
}

enum Connect {
  /// A TLS client.
  static func tls(
    to port: Int, _ configuration: TLSClientConfiguration, halfClosure: Bool = false, receiveBytes: Int? = nil
  ) async throws -> Conversation {
    let context = try TLSContext(client: configuration)
    return try await raw(to: port, halfClosure: halfClosure, receiveBytes: receiveBytes) { try TLSHandler(context: context) }
  }

  /// A client that speaks whatever the test writes.
  static func raw(
    to port: Int, halfClosure: Bool = false, receiveBytes: Int? = nil, tls: (@Sendable () throws -> TLSHandler)? = nil
  ) async throws -> Conversation {
    var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.allowRemoteHalfClosure, value: halfClosure)
      .channelOption(.socketOption(.tcp_nodelay), value: 1)
    if let receiveBytes {
      bootstrap = bootstrap.channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: receiveBytes))
    }
    let found = Mutex<Conversation?>(nil)
    _ = try await bootstrap.channelInitializer { channel in
      channel.eventLoop.makeCompletedFuture {
        let conversation = Conversation(channel)
        if let tls { try channel.pipeline.syncOperations.addHandler(tls()) }
        try channel.pipeline.syncOperations.addHandler(Witness(conversation, echoes: false))
        found.withLock { $0 = conversation }
      }
    }.connect(host: "127.0.0.1", port: port).get()
    return found.withLock { $0! }
  }
}

/// Bytes that differ from place to place, so that a lost, doubled or moved one shows. Knuth's multiplicative hash of the index.
func pattern(_ count: Int) -> ByteBuffer {
  ByteBuffer(bytes: (0..<count).lazy.map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) })
}

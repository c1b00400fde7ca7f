internal import Lontar
internal import LontarTesting
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// A bad network between a client and a server: TCP through a proxy that cuts, swallows, delays or refuses at the byte a test names.
final class FaultyProxy: Sendable {
  enum Direction: Sendable, CaseIterable { case toServer, toClient }

  enum Fault: Sendable {
    case none
    /// Closed as soon as it is accepted.
    case refuse
    /// Both ways are cut once so many bytes have passed in this direction.
    case cut(Direction, after: Int)
    /// From then on nothing passes either way, and nobody is told.
    case swallow(Direction, after: Int)
    /// Everything passes so much later.
    case delay(TimeAmount)
  }

  let port: Int
  private let listener: any Channel
  private let accepted: Accepted

  /// - Parameter fault: of each connection, counted from 1.
  static func start(to server: EchoServer, _ fault: @escaping @Sendable (_ connection: Int) -> Fault) async throws -> FaultyProxy
  {
    let group = MultiThreadedEventLoopGroup.singleton
    let accepted = Accepted()
    let upstream = server.port
    let listener = try await ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 256)
      .childChannelInitializer { channel in
        let number = accepted.count.withLock { count in
          count += 1
          return count
        }
        return channel.eventLoop.makeCompletedFuture {
          let passage = Passage(fault(number))
          try channel.pipeline.syncOperations.addHandler(ProxyEnd(passage, .toServer, upstream: upstream))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return FaultyProxy(listener, accepted)
  }

  private final class Accepted: Sendable {
    let count = Mutex(0)
  }

  private init(_ listener: any Channel, _ accepted: Accepted) {
    self.listener = listener
    self.accepted = accepted
    port = listener.localAddress?.port ?? 0
  }

  /// Connections so far.
  var connections: Int { accepted.count.withLock { $0 } }

  func stop() async { try? await listener.close() }

  func client(of server: EchoServer, adjust: (inout ClientConfiguration) -> Void = { _ in }) throws -> LontarClient {
    try server.client {
      $0.endpoints = [.init(host: "127.0.0.1", port: port)]
      $0.options.backoffFirstMilliseconds = 1
      $0.options.backoffMaxMilliseconds = 5
      adjust(&$0)
    }
  }
}

/// What one connection's two ends share. Confined to their event loop.
private final class Passage {
  private let fault: FaultyProxy.Fault
  private var passed: [FaultyProxy.Direction: Int] = [:]
  private(set) var isSwallowing = false
  var ends: [any Channel] = []

  init(_ fault: FaultyProxy.Fault) { self.fault = fault }

  var refuses: Bool {
    if case .refuse = fault { true } else { false }
  }

  var delay: TimeAmount {
    if case .delay(let time) = fault { time } else { .zero }
  }

  /// What may pass of `bytes`; the rest is lost, with the connection if `isCut`.
  func admit(_ bytes: ByteBuffer, _ direction: FaultyProxy.Direction) -> (bytes: ByteBuffer, isCut: Bool) {
    guard !isSwallowing else { return (ByteBuffer(), false) }
    let before = passed[direction, default: 0]
    passed[direction] = before + bytes.readableBytes
    switch fault {
    case .cut(direction, let limit) where before + bytes.readableBytes >= limit:
      return (bytes.getSlice(at: bytes.readerIndex, length: limit - before) ?? ByteBuffer(), true)
    case .swallow(direction, let limit) where before + bytes.readableBytes >= limit:
      isSwallowing = true
      return (bytes.getSlice(at: bytes.readerIndex, length: limit - before) ?? ByteBuffer(), false)
    default: return (bytes, false)
    }
  }

  func close() {
    for end in ends { end.close(promise: nil) }
    ends = []
  }
}

/// One end of a connection through the proxy: what it reads goes to the other.
private final class ProxyEnd: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let passage: Passage
  private let direction: FaultyProxy.Direction
  /// The server's port, at the end that faces the client.
  private let upstream: Int?
  private var other: (any Channel)?
  private var early: [ByteBuffer] = []
  private var underWay: [(bytes: ByteBuffer, isCut: Bool)] = []

  init(_ passage: Passage, _ direction: FaultyProxy.Direction, upstream: Int? = nil, other: (any Channel)? = nil) {
    self.passage = passage
    self.direction = direction
    self.upstream = upstream
    self.other = other
  }

  func channelActive(context: ChannelHandlerContext) {
    guard let upstream else { return }
    let channel = context.channel
    guard !passage.refuses else { return channel.close(promise: nil) }
    passage.ends.append(channel)
    let (passage, me) = (NIOLoopBound(passage, eventLoop: channel.eventLoop), NIOLoopBound(self, eventLoop: channel.eventLoop))
    ClientBootstrap(group: channel.eventLoop)
      .channelInitializer { server in
        server.eventLoop.makeCompletedFuture {
          try server.pipeline.syncOperations.addHandler(ProxyEnd(passage.value, .toClient, other: channel))
        }
      }
      .connect(host: "127.0.0.1", port: upstream)
      .whenComplete { result in
        guard case .success(let server) = result else { return channel.close(promise: nil) }
        passage.value.ends.append(server)
        me.value.isConnected(to: server)
      }
  }

  private func isConnected(to server: any Channel) {
    other = server
    for bytes in early { pass(bytes, to: server) }
    early = []
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = unwrapInboundIn(data)
    if let other { pass(bytes, to: other) } else { early.append(bytes) }
  }

  private func pass(_ bytes: ByteBuffer, to other: any Channel) {
    let (admitted, isCut) = passage.admit(bytes, direction)
    underWay.append((admitted, isCut))
    let me = NIOLoopBound(self, eventLoop: other.eventLoop)
    // Timers may fire in any order; bytes keep theirs.
    other.eventLoop.scheduleTask(in: passage.delay) { me.value.arrive(at: other) }
  }

  private func arrive(at other: any Channel) {
    let (bytes, isCut) = underWay.removeFirst()
    if bytes.readableBytes > 0 { other.writeAndFlush(bytes, promise: nil) }
    if isCut { passage.close() }
  }

  func channelInactive(context: ChannelHandlerContext) {
    if !passage.isSwallowing { passage.close() }
  }
}

internal import NIOCore

/// One address to connect to.
struct Destination: Sendable, Hashable {
  /// The endpoint as its user wrote it.
  var place: String
  /// Its number in the configuration.
  var endpoint: Int
  /// Nil: the name could not be resolved, which connecting will say; or there is no socket.
  var address: SocketAddress?
}

/// Makes connections for a client.
protocol Connector: Sendable {
  /// What the client calls, as a label of metrics: `lontar:HOST:PORT`, several with commas between.
  var target: String { get }
  /// False: `resolve` always answers the same.
  var isChanging: Bool { get }
  /// All addresses by now, in the order of the endpoints. Completes on `eventLoop`.
  func resolve(on eventLoop: any EventLoop) -> EventLoopFuture<[Destination]>
  /// Attaches `link` to a pipe that runs on `eventLoop`, or calls `failed` there.
  func connect(
    _ link: ClientLink, to destination: Destination, on eventLoop: any EventLoop, failed: @escaping @Sendable (RPCError) -> Void)
}

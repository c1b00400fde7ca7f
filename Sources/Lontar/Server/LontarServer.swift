internal import LontarTLS
internal import LontarWire
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Listens, hands each connection to its handler, and shuts down without losing a call.
public final class LontarServer: Sendable {
  private let configuration: ServerConfiguration
  let shared: ServerShared
  private let group: MultiThreadedEventLoopGroup
  private let contexts: TLSContextBox
  private let listener = Mutex<(any Channel)?>(nil)

  /// - Parameters:
  ///   - onCall: called on an event loop at the end of each call; must not block.
  ///   - onConnectionError: called with what ended a connection before its time.
  /// - Throws: `TLSError` if the certificate or key is missing, expired or wrong.
  public init(
    configuration: ServerConfiguration, router: Router, onCall: (@Sendable (CallRecord) -> Void)? = nil,
    onConnectionError: @escaping @Sendable (_ connection: String, any Error) -> Void = { _, _ in },
    telemetry: Telemetry = Telemetry()
  ) throws {
    var configuration = configuration
    configuration.tls.applicationProtocols = [LontarServer.applicationProtocol]
    contexts = try TLSContextBox(configuration.tls)
    self.configuration = configuration
    shared = ServerShared(
      limits: configuration.limits, connectionsMax: configuration.connectionsMax, router: router, onCall: onCall,
      onConnectionError: onConnectionError, telemetry: telemetry)
    group = MultiThreadedEventLoopGroup(
      numberOfThreads: configuration.eventLoops > 0 ? configuration.eventLoops : System.coreCount)
  }

  /// The ALPN name of version 1.
  public static let applicationProtocol = "lontar/1"

  public var connectionCount: Int { shared.connections.count }

  /// Binds and accepts. Returns the address in use.
  /// - Throws: `RPCError` that names the address if it is taken or not ours.
  public func start() async throws -> (host: String, port: Int) {
    let (shared, contexts, configuration) = (shared, contexts, configuration)
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        guard shared.connections.count < configuration.connectionsMax else {
          shared.totals.connectionRefused()
          shared.connectionRefused()
          return channel.close()
        }
        return channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandlers(
            TLSHandler(context: contexts.current), LinkChannelHandler(ServerLink(shared: shared)))
        }
      }
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.writeBufferWaterMark, value: .init(low: 64 * 1024, high: 256 * 1024))
      .childChannelOption(.maxMessagesPerRead, value: 4)
      .childChannelOption(
        .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 2_048, initial: 16_384, maximum: 131_072))
    do {
      let channel = try await bootstrap.bind(host: configuration.host, port: configuration.port).get()
      listener.withLock { $0 = channel }
      return (channel.localAddress?.ipAddress ?? configuration.host, channel.localAddress?.port ?? configuration.port)
    } catch let error as IOError where error.errnoCode == EADDRINUSE {
      throw RPCError(
        .unavailable,
        "port \(configuration.port) on \(configuration.host) is taken; stop what listens there or choose another port",
        cause: error)
    } catch {
      throw RPCError(.unavailable, "can't listen on \(configuration.host) port \(configuration.port): \(error)", cause: error)
    }
  }

  /// Reads certificate and key anew; connections that are open keep theirs.
  /// - Throws: `TLSError`; the old certificate stays in use.
  public func reloadCertificates() throws {
    try contexts.reload()
  }

  /// Stops accepting, tells clients to go elsewhere, lets running calls end within the grace, then closes.
  public func shutdown(graceSeconds: Int) async {
    let channel = listener.withLock { listener in
      defer { listener = nil }
      return listener
    }
    try? await channel?.close()
    shared.startDraining()
    shared.connections.forEach { $0.drain() }
    await waitForEnd(.seconds(graceSeconds))
    shared.connections.forEach { $0.fail(WireError(.none, "the server has shut down")) }
    // Handlers that were cancelled come back to their event loop, which must still be there.
    await waitForEnd(.seconds(2))
    try? await group.shutdownGracefully()
  }

  /// Of all connections and handlers, at most for so long.
  private func waitForEnd(_ patience: Duration) async {
    let end = ContinuousClock.now + patience
    while shared.connections.count > 0 || shared.handlersRunning > 0, ContinuousClock.now < end {
      try? await Task.sleep(for: .milliseconds(20))
    }
  }
}

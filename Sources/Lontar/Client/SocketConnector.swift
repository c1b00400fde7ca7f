internal import LontarTLS
internal import LontarWire
internal import NIOCore
internal import NIOPosix

/// Connects over TCP and TLS.
struct SocketConnector: Connector {
  private let host: String
  private let port: Int
  private let timeoutSeconds: Int
  private let tls: TLSContext

  init(_ configuration: ClientConfiguration) throws(TLSError) {
    var tls = configuration.tls
    tls.applicationProtocols = [LontarServer.applicationProtocol]
    self.tls = try TLSContext(client: tls)
    host = configuration.host
    port = configuration.port
    timeoutSeconds = configuration.options.connectTimeoutSeconds
  }

  var place: String { "\(host):\(port)" }

  func connect(_ link: ClientLink, on eventLoop: any EventLoop, failed: @escaping @Sendable (RPCError) -> Void) {
    let tls = tls
    let place = place
    ClientBootstrap(group: eventLoop)
      .connectTimeout(.seconds(Int64(timeoutSeconds)))
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelOption(.writeBufferWaterMark, value: .init(low: 64 * 1024, high: 256 * 1024))
      .channelOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 2_048, initial: 16_384, maximum: 131_072))
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandlers(TLSHandler(context: tls), LinkChannelHandler(link))
        }
      }
      .connect(host: host, port: port)
      .whenFailure { failed(RPCError(.unavailable, "can't reach \(place): \(Self.words($0))", cause: $0)) }
  }

  private static func words(_ error: any Error) -> String {
    if let error = error as? NIOConnectionError {
      return error.connectionErrors.first.map { words($0.error) } ?? "no address answers"
    }
    if let error = error as? IOError { return error.errnoCode == ECONNREFUSED ? "nothing listens there" : error.description }
    return String(describing: error)
  }
}

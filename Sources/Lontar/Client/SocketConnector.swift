internal import LontarTLS
internal import LontarWire
internal import NIOCore
internal import NIOPosix

/// Connects over TCP and TLS.
struct SocketConnector: Connector {
  private let endpoints: [ClientEndpoint]
  /// By endpoint; those of one server name share theirs.
  private let contexts: [TLSContext]
  private let timeoutSeconds: Int

  init(_ configuration: ClientConfiguration) throws {
    guard !configuration.endpoints.isEmpty else {
      throw RPCError(.invalidArgument, "a client needs at least one endpoint", reason: .noEndpoint)
    }
    endpoints = configuration.endpoints
    timeoutSeconds = configuration.options.connectTimeoutSeconds
    var byName: [String: TLSContext] = [:]
    contexts = try endpoints.map { endpoint in
      var tls = configuration.tls
      tls.applicationProtocols = [LontarServer.applicationProtocol]
      tls.serverName = endpoint.serverName ?? tls.serverName
      if let made = byName[tls.serverName] { return made }
      let context = try TLSContext(client: tls)
      byName[tls.serverName] = context
      return context
    }
  }

  var target: String { "lontar:" + endpoints.map { "\($0)" }.joined(separator: ",") }

  var isChanging: Bool { endpoints.contains { HostLookup.literal($0.host, $0.port) == nil } }

  func resolve(on eventLoop: any EventLoop) -> EventLoopFuture<[Destination]> {
    guard isChanging else { return eventLoop.makeSucceededFuture(destinations()) }
    // The lookup blocks.
    return NIOThreadPool.singleton.runIfActive(eventLoop: eventLoop) { destinations() }
  }

  private func destinations() -> [Destination] {
    var seen: Set<SocketAddress> = []
    return endpoints.enumerated().flatMap { number, endpoint -> [Destination] in
      let literal = HostLookup.literal(endpoint.host, endpoint.port)
      let addresses = literal.map { [$0] } ?? HostLookup.addresses(endpoint.host, endpoint.port)
      guard !addresses.isEmpty else { return [Destination(place: "\(endpoint)", endpoint: number, address: nil)] }
      return addresses.filter { seen.insert($0).inserted }.map {
        Destination(place: "\(endpoint)", endpoint: number, address: $0)
      }
    }
  }

  func connect(
    _ link: ClientLink, to destination: Destination, on eventLoop: any EventLoop, failed: @escaping @Sendable (RPCError) -> Void
  ) {
    let tls = contexts[destination.endpoint]
    let place = destination.place
    guard let address = destination.address else { return failed(.noAddress(place)) }
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
      .connect(to: address)
      .whenFailure { failed(.cantReach(place, $0)) }
  }
}

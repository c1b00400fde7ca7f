package import Lontar
internal import LontarTLS
internal import NIOCore
internal import NIOPosix

/// A port with the TLS settings of a server and nothing behind it. It asks for no application protocol, because public scanners
/// name none and would be refused; everything else is the server's.
package struct BareTLSServer: Sendable {
  package let port: Int
  private let channel: any Channel

  package static func start(like configuration: ServerConfiguration) async throws -> BareTLSServer {
    var tls = configuration.tls
    tls.applicationProtocols = []
    let context = try TLSContext(server: tls)
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.backlog, value: 256)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(TLSHandler(context: context))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return BareTLSServer(port: channel.localAddress?.port ?? 0, channel: channel)
  }

  package func stop() async throws { try await channel.close() }
}

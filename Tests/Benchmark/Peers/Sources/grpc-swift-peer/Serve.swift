internal import ArgumentParser
internal import Foundation
internal import GRPCCore
internal import GRPCNIOTransportHTTP2Posix
internal import NIOPosix

/// Serves the echo until its standard input ends.
struct Serve: AsyncParsableCommand {
  @Option var loops = 1
  @Option(help: "Folder with ca.pem, server.pem and server.key.")
  var certificates: String
  @OptionGroup var settings: GRPCSettings

  func run() async throws {
    let noCoalescing = settings.noCoalescing
    let server = GRPCServer(
      transport: .http2NIOPosix(
        address: .ipv4(host: "127.0.0.1", port: 0),
        transportSecurity: .tls(
          certificateChain: [.file(path: certificates + "/server.pem", format: .pem)],
          privateKey: .file(path: certificates + "/server.key", format: .pem)
        ) { $0.requireALPN = true },
        config: .defaults { if noCoalescing { $0.connection.flushCoalescing = nil } },
        eventLoopGroup: MultiThreadedEventLoopGroup(numberOfThreads: loops)),
      services: [EchoService(batch: settings.batch)])
    try await withThrowingDiscardingTaskGroup { group in
      group.addTask { try await server.serve() }
      guard let port = try await server.listeningAddress?.ipv4?.port else { throw ExitCode.failure }
      print("\(port) \(certificates)")
      fflush(nil)
      // On a thread of its own: waiting for a line would hold one of the few that run the handlers.
      Thread.detachNewThread {
        while readLine() != nil {}
        server.beginGracefulShutdown()
      }
    }
  }
}

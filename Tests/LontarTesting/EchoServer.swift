package import Lontar
internal import LontarTLS

/// A running echo server on a free port of loopback, and clients for it.
package struct EchoServer: Sendable {
  package let server: LontarServer
  package let port: Int

  package static func start(
    callsMax: Int = 100, eventLoops: Int = 1, onCall: (@Sendable (CallRecord) -> Void)? = nil,
    adjust: (inout ServerConfiguration) -> Void = { _ in }
  ) async throws -> EchoServer {
    let folder = try TestCertificates.folder()
    var configuration = ServerConfiguration(
      host: "127.0.0.1", port: 0,
      tls: TLSServerConfiguration(
        credentials: TLSCredentialFiles(certificateChainPath: folder + "/server.pem", privateKeyPath: folder + "/server.key"),
        applicationProtocols: [LontarServer.applicationProtocol]))
    configuration.callsPerConnectionMax = callsMax
    configuration.eventLoops = eventLoops
    adjust(&configuration)
    var router = Router()
    router.register(EchoService())
    let server = try LontarServer(configuration: configuration, router: router, onCall: onCall)
    let (_, port) = try await server.start()
    return EchoServer(server: server, port: port)
  }

  package func clientConfiguration() throws -> ClientConfiguration {
    ClientConfiguration(
      host: "127.0.0.1", port: port,
      tls: TLSClientConfiguration(
        trustRootsPath: try TestCertificates.folder() + "/ca.pem", serverName: "localhost",
        applicationProtocols: [LontarServer.applicationProtocol]))
  }

  package func client() throws -> LontarClient {
    try LontarClient(clientConfiguration())
  }

  package func stop(_ clients: LontarClient...) async {
    for client in clients { await client.shutdown() }
    await server.shutdown(graceSeconds: 5)
  }
}

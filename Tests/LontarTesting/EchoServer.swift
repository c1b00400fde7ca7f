package import Lontar
internal import LontarTLS

/// A running echo server on loopback, and clients for it.
package struct EchoServer: Sendable {
  package let server: LontarServer
  package let port: Int

  /// - Parameters:
  ///   - port: 0: any free one.
  ///   - register: puts a test's own handlers into the router; left out: `EchoService`.
  package static func start(
    callsMax: Int = 100, eventLoops: Int = 1, port: Int = 0, register: (@Sendable (inout Router) -> Void)? = nil,
    onCall: (@Sendable (CallRecord) -> Void)? = nil,
    onConnectionError: @escaping @Sendable (String, any Error) -> Void = { _, _ in }, telemetry: Telemetry = Telemetry(),
    adjust: @Sendable (inout ServerConfiguration) -> Void = { _ in }
  ) async throws -> EchoServer {
    let folder = try TestCertificates.folder()
    var configuration = ServerConfiguration(
      host: "127.0.0.1", port: port,
      tls: TLSServerConfiguration(
        credentials: TLSCredentialFiles(certificateChainPath: folder + "/server.pem", privateKeyPath: folder + "/server.key"),
        applicationProtocols: [LontarServer.applicationProtocol]))
    configuration.limits.callsPerConnectionMax = callsMax
    configuration.eventLoops = eventLoops
    // Machines that run all tests at once are slow; a test that is not about time must not depend on it.
    configuration.tls.limits.handshakeTimeout = .seconds(120)
    configuration.limits.helloTimeoutSeconds = 120
    adjust(&configuration)
    var router = Router()
    if let register { register(&router) } else { router.register(EchoService()) }
    let server = try LontarServer(
      configuration: configuration, router: router, onCall: onCall, onConnectionError: onConnectionError, telemetry: telemetry)
    let (_, port) = try await server.start()
    return EchoServer(server: server, port: port)
  }

  package func clientConfiguration() throws -> ClientConfiguration {
    var configuration = ClientConfiguration(
      host: "127.0.0.1", port: port,
      tls: TLSClientConfiguration(
        trustRootsPath: try TestCertificates.folder() + "/ca.pem", serverName: "localhost",
        applicationProtocols: [LontarServer.applicationProtocol]))
    configuration.tls.limits.handshakeTimeout = .seconds(120)
    configuration.options.connectTimeoutSeconds = 120
    return configuration
  }

  package func client(adjust: (inout ClientConfiguration) -> Void = { _ in }) throws -> LontarClient {
    var configuration = try clientConfiguration()
    adjust(&configuration)
    return try LontarClient(configuration)
  }

  /// Lends a server and a client for it to `body`, and stops both whatever happens.
  package static func with<Result>(
    callsMax: Int = 100, register: (@Sendable (inout Router) -> Void)? = nil, onCall: (@Sendable (CallRecord) -> Void)? = nil,
    isolation: isolated (any Actor)? = #isolation, adjust: @Sendable (inout ServerConfiguration) -> Void = { _ in },
    _ body: (EchoServer, LontarClient) async throws -> Result
  ) async throws -> Result {
    let echo = try await start(callsMax: callsMax, register: register, onCall: onCall, adjust: adjust)
    let client = try echo.client()
    do {
      let result = try await body(echo, client)
      await echo.stop(client)
      return result
    } catch {
      await echo.stop(client)
      throw error
    }
  }

  package func stop(_ clients: LontarClient...) async {
    for client in clients { await client.shutdown() }
    await server.shutdown(graceSeconds: 5)
  }
}

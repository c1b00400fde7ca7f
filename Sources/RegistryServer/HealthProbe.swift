internal import Lontar
internal import LontarTLS
internal import RegistryProtocol

/// Asks a running server for its health, as a load balancer would.
package struct HealthProbe: Sendable {
  private let host: String
  private let port: Int
  private let authorityPath: String?
  private let serverName: String

  /// - Parameters:
  ///   - authorityPath: PEM file of the authority that signed the server's certificate; nil: those of the operating system.
  ///   - serverName: in the certificate; nil: the host.
  package init(host: String, port: Int, authorityPath: String?, serverName: String?) {
    self.host = host
    self.port = port
    self.authorityPath = authorityPath
    self.serverName = serverName ?? host
  }

  /// Returns when the server serves.
  /// - Parameter waitSeconds: how long it may take until it does; 0: asks once.
  /// - Throws: `ServerError` `NOT_SERVING`, with what the server or the network said last.
  package func ask(waitSeconds: Int) async throws(ServerError) {
    let end = ContinuousClock.now + .seconds(waitSeconds)
    while true {
      do {
        return try await askOnce()
      } catch {
        guard ContinuousClock.now < end else { throw error }
        try? await Task.sleep(for: .milliseconds(200))
      }
    }
  }

  private func askOnce() async throws(ServerError) {
    let tls = TLSClientConfiguration(
      trustRootsPath: authorityPath, serverName: serverName, applicationProtocols: [LontarServer.applicationProtocol])
    var configuration = ClientConfiguration(host: host, port: port, tls: tls)
    configuration.options.software = "seratusd health"
    let client: LontarClient
    do {
      client = try LontarClient(configuration)
    } catch {
      throw ServerError(.certificate, "\(error)", id: TLSWords.sentence(error))
    }
    let outcome: Result<Grpc_Health_V1_HealthCheckResponse, RPCError>
    do {
      outcome = .success(
        try await Grpc_Health_V1_HealthClient(client).check(
          Grpc_Health_V1_HealthCheckRequest(), options: CallOptions(timeout: .seconds(5))))
    } catch {
      outcome = .failure(error)
    }
    await client.shutdown()
    switch outcome {
    case .success(let response) where response.status == .serving: return
    case .success(let response):
      throw ServerError(
        .notServing,
        "the daemon at \(host) port \(port) answers, but does not serve (\(Self.name(response.status))); look at its log",
        id: "daemon di \(host) port \(port) menjawab tetapi tidak melayani (\(Self.name(response.status))); lihat lognya")
    case .failure(let error):
      throw ServerError(
        .notServing, "the daemon at \(host) port \(port) gives no health: \(error.message)",
        id: "daemon di \(host) port \(port) tidak memberi kabar: \(TransportWords.indonesian(error))")
    }
  }

  /// As in health.proto, which people know from other servers.
  private static func name(_ status: HealthService.Status) -> String {
    switch status {
    case .notServing: "NOT_SERVING"
    case .serving: "SERVING"
    case .serviceUnknown: "SERVICE_UNKNOWN"
    default: "UNKNOWN"
    }
  }
}

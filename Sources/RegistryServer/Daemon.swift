internal import Glibc
package import Logging
internal import ServiceLifecycle
internal import UnixSignals

/// Runs the server until it is told to stop: SIGTERM and SIGINT drain it, SIGHUP reads its certificates anew.
package struct Daemon: Sendable {
  private let server: RegistryServer
  private let logger: Logger
  private let drainSeconds: Int

  package init(settings: ServerSettings, logger: Logger) throws(ServerError) {
    server = try RegistryServer(settings: settings, logger: logger)
    self.logger = logger
    drainSeconds = settings.drainSeconds
  }

  /// - Parameter onReady: called with the address once calls are taken.
  package func run(onReady: @escaping @Sendable (_ host: String, _ port: Int) -> Void = { _, _ in }) async throws {
    // A reader of the log that goes away must not take the registry with it.
    signal(SIGPIPE, SIG_IGN)
    // The group listens to signals before its services start: a daemon that is told to stop as soon as it is ready drains, too.
    var configuration = ServiceGroupConfiguration(
      services: [
        .init(service: CertificateReload(server: server, logger: logger)),
        .init(service: Serving(server: server, onReady: onReady)),
      ],
      gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    // Beyond its own deadline a drain has hung; then the process ends all the same.
    configuration.maximumGracefulShutdownDuration = .seconds(drainSeconds + 10)
    try await ServiceGroup(configuration: configuration).run()
  }
}

private struct Serving: Service {
  let server: RegistryServer
  let onReady: @Sendable (_ host: String, _ port: Int) -> Void

  func run() async throws {
    let address = try await server.start()
    onReady(address.host, address.port)
    await withTaskGroup { group in
      group.addTask { await server.watchDatabase() }
      group.addTask { await server.watchLoad() }
      try? await gracefulShutdown()
      group.cancelAll()
    }
    await server.shutdown()
  }
}

private struct CertificateReload: Service {
  let server: RegistryServer
  let logger: Logger

  func run() async throws {
    for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
      do {
        try server.reloadCertificates()
      } catch {
        logger.error("the certificates stay as they were: \(error.message)")
      }
    }
  }
}

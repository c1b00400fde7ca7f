internal import Glibc
package import Logging
internal import Lontar
internal import LontarTLS
internal import PostgresClient
internal import RegistryAccess
package import RegistryModel
internal import RegistryProtocol
internal import RegistryServices
package import RegistryStore

/// The registry's server: this file names every part of it and says how they hang together.
///
/// ```
/// LontarServer ─► Router ─► services ─► ServiceCore (policy, contexts) ─► RegistryDatabase ─► four pools
///       ├─► Observation (metrics, frames)
///       └─► CallLog            HealthService ◄─ DatabaseWatch ─► RegistryDatabase.datasets
/// ```
package final class RegistryServer: Sendable {
  package static let software = "seratusd/1.0"

  package let database: RegistryDatabase
  private let settings: ServerSettings
  private let logger: Logger
  private let pools: RegistryPools
  private let watch: DatabaseWatch
  private let server: LontarServer
  private let observation: Observation

  /// - Throws: `ServerError` for a certificate that can't be used and for a method that nobody has decided who may call.
  package init(settings: ServerSettings, logger: Logger) throws(ServerError) {
    self.settings = settings
    self.logger = logger
    pools = Self.pools(settings.database, logger)
    database = RegistryDatabase(pools: pools)
    let calls = CallLog(logger: logger, choice: settings.callLogging)
    let core = ServiceCore(
      database: database, policy: .registry, today: Self.today, onCaller: { calls.identified($0, $1) })
    let health = HealthService(services: Self.serviceNames)
    watch = DatabaseWatch(datasets: database.datasets, health: health, logger: logger)
    let router = try Self.router(core, health, settings)
    do {
      observation = try Observation(settings.observation, pools: pools, logger: logger)
      server = try LontarServer(
        configuration: Self.configuration(settings), router: router, onCall: { calls.ended($0) },
        onConnectionError: { connection, error in
          logger.info("a connection ended early", metadata: ["connection": "\(connection)", "cause": "\(error)"])
        }, telemetry: observation.telemetry)
    } catch let error as ServerError {
      throw error
    } catch let error as TLSError {
      throw ServerError(
        .certificate, "\(error.message); \(error.remedy)", id: TLSWords.sentence(error),
        detail: error.detail)
    } catch {
      throw ServerError(.failed, "the server could not be made: \(error)", id: "server tidak dapat dibuat: \(error)")
    }
  }

  /// Connects, looks at the schema and listens. A database that is away is waited for, with health NOT_SERVING; one that doesn't fit
  /// this program is refused.
  /// - Returns: the address in use.
  package func start() async throws(ServerError) -> (host: String, port: Int) {
    pools.start()
    if case .unfit(let objection) = await watch.look() {
      await pools.shutdown()
      throw ServerError(.schemaMismatch, objection.en, id: objection.id)
    }
    do {
      try await observation.start()
      if let path = settings.certificates.keyLogPath {
        logger.warning(
          "tls.key_log is on: whoever has this file reads all that callers and server say to each other",
          metadata: ["path": "\(path)"])
      }
      let address = try await server.start()
      logger.info("listening", metadata: ["host": "\(address.host)", "port": "\(address.port)"])
      return address
    } catch {
      await observation.shutdown()
      await pools.shutdown()
      if let error = error as? ServerError { throw error }
      let message = (error as? RPCError)?.message ?? "\(error)"
      let place = "port \(settings.listening.port) di \(settings.listening.host)"
      throw ServerError(.addressTaken, message, id: "\(place) tidak dapat dipakai, mungkin sudah dipakai; pilih port lain")
    }
  }

  /// Looks at the database until the task is cancelled.
  package func watchDatabase() async {
    while !Task.isCancelled {
      try? await Task.sleep(for: .seconds(settings.healthSeconds))
      if Task.isCancelled { return }
      await watch.look()
    }
  }

  /// Tells clients how busy the database is until the task is cancelled.
  package func watchLoad() async {
    await LoadWatch(pools: pools, logger: logger) { [server] in server.announce($0) }.run()
  }

  /// One look, now: for tests and for those who have just repaired something.
  package func lookAtDatabase() async {
    await watch.look()
  }

  /// Connects, looks and lets go, without listening.
  /// - Throws: `ServerError` for a database that is away or that doesn't fit this program.
  package func examineDatabase() async throws(ServerError) {
    pools.start()
    let sight = await watch.look()
    await pools.shutdown()
    switch sight {
    case .fine: return
    case .away(let detail):
      throw ServerError(
        .databaseUnavailable,
        "the database at \(settings.database.host) port \(settings.database.port) can't be reached; start it or "
          + "correct the settings database.*",
        id: "basis data di \(settings.database.host) port \(settings.database.port) tidak terjangkau; jalankan atau perbaiki "
          + "pengaturan database.*", detail: detail)
    case .unfit(let objection): throw ServerError(.schemaMismatch, objection.en, id: objection.id)
    }
  }

  /// - Throws: `ServerError`; the old certificate stays in use.
  package func reloadCertificates() throws(ServerError) {
    do {
      try server.reloadCertificates()
      logger.info("certificates were read anew")
    } catch {
      let fault = error as? TLSError
      throw ServerError(
        .certificate, fault.map { "\($0.message); \($0.remedy)" } ?? "\(error)",
        id: TLSWords.sentence(error))
    }
  }

  /// Takes no new calls, lets running ones end within the grace, then lets the database go.
  package func shutdown() async {
    watch.drain()
    logger.info("draining", metadata: ["seconds": "\(settings.drainSeconds)"])
    await server.shutdown(graceSeconds: settings.drainSeconds)
    await pools.shutdown()
    await observation.shutdown()
    logger.info("stopped")
  }
}

extension RegistryServer {
  private static func pools(_ database: ServerSettings.Database, _ logger: Logger) -> RegistryPools {
    // The watch tells once that the database is away and once that it is back; four pools would tell it at every attempt.
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .error)
    func pool(_ pool: ServerSettings.Pool, streams: Int) -> PostgresPool {
      PostgresPool(configuration: database.configuration(pool, streams: streams), logger: quiet)
    }
    return RegistryPools(
      region: pool(database.region, streams: database.streams), ministry: pool(database.ministry, streams: database.streams),
      export: pool(database.export, streams: database.streams), gate: pool(database.gate, streams: 0))
  }

  private static func router(
    _ core: ServiceCore, _ health: HealthService, _ settings: ServerSettings
  ) throws(ServerError) -> Router {
    var router = Router()
    router.register(RegionService(core))
    router.register(CohortService(core))
    router.register(ComparisonService(core))
    router.register(ScoreService(core))
    router.register(ExportService(core))
    router.register(try sessionService(core, settings))
    router.register(health)
    router.register(AdminGate(core))
    router.registerReflection(.seratus)
    let differences = core.policy.differences(from: router.methodNames)
    guard differences.undecided.isEmpty, differences.stale.isEmpty else {
      let methods = (differences.undecided + differences.stale).joined(separator: ", ")
      throw ServerError(
        .policyIncomplete, "the access policy and the methods differ; decide about \(methods)",
        id: "aturan akses dan daftar panggilan tidak cocok; putuskan tentang \(methods)")
    }
    return router
  }

  private static func sessionService(_ core: ServiceCore, _ settings: ServerSettings) throws(ServerError) -> SessionService {
    var sessions = SessionService.Settings()
    sessions.lifetimeDefault = .seconds(settings.sessionMinutesDefault * 60)
    sessions.lifetimeMax = .seconds(settings.sessionMinutesMax * 60)
    sessions.software = software
    do {
      return SessionService(core, hasher: try PasswordHasher(), settings: sessions)
    } catch {
      throw ServerError(
        .failed, error.message,
        id: FieldFault("", reason: error.reason.rawValue, parameters: error.parameters).sentence(.indonesian),
        detail: error.detail)
    }
  }

  static func configuration(_ settings: ServerSettings) -> ServerConfiguration {
    let certificates = settings.certificates
    let tls = TLSServerConfiguration(
      credentials: TLSCredentialFiles(
        certificateChainPath: certificates.certificatePath, privateKeyPath: certificates.keyPath),
      clientCertificates: certificates.clientAuthorityPath.map { .required(trustRootsPath: $0) } ?? .none,
      applicationProtocols: [LontarServer.applicationProtocol], keyLogPath: certificates.keyLogPath)
    let listening = settings.listening
    var configuration = ServerConfiguration(host: listening.host, port: listening.port, tls: tls)
    configuration.connectionsMax = listening.connectionsMax
    configuration.limits.callsPerConnectionMax = listening.callsPerConnectionMax
    configuration.limits.messageBytesMax = listening.messageBytesMax
    configuration.limits.idleTimeoutSeconds = listening.idleSeconds
    configuration.limits.connectionAgeSecondsMax = listening.connectionAgeSeconds
    configuration.limits.connectionAgeGraceSeconds = listening.connectionGraceSeconds
    configuration.limits.keepaliveSeconds = listening.keepaliveSeconds
    configuration.limits.keepaliveTimeoutSeconds = listening.keepaliveTimeoutSeconds
    configuration.limits.callTimeoutSecondsMax = listening.callSecondsMax
    configuration.eventLoops = listening.eventLoops
    if let name = listening.environment { configuration.limits.environment = EnvironmentName.identifier(name) }
    configuration.limits.software = software
    return configuration
  }

  private static let serviceNames = [
    Seratus_V1_RegionService.serviceName, Seratus_V1_CohortService.serviceName, Seratus_V1_ComparisonService.serviceName,
    Seratus_V1_ScoreService.serviceName, Seratus_V1_ExportService.serviceName, Seratus_V1_SessionService.serviceName,
  ]

  /// The day in Jakarta. A clock outside the calendar is a broken machine.
  package static let today: @Sendable () -> CalendarDate = {
    do {
      return try CivilTime.date(unixSeconds: Int64(time(nil)), offsetSeconds: CivilTime.jakartaOffsetSeconds)
    } catch {
      preconditionFailure("the clock of this machine is outside the calendar: \(error)")
    }
  }

  /// The day in Jakarta of an instant, `2026-11-21`; empty outside the calendar.
  package static func day(of moment: Moment) -> String {
    let seconds = moment.unixMicroseconds / 1_000_000
    let date = try? CivilTime.date(unixSeconds: seconds, offsetSeconds: CivilTime.jakartaOffsetSeconds)
    return date?.description ?? ""
  }
}

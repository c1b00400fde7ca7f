package import PostgresClient

/// The settings of the daemon, typed and within their limits.
package struct ServerSettings: Sendable {
  package struct Listening: Sendable {
    package var host: String
    package var port: Int
    package var connectionsMax: Int
    package var callsPerConnectionMax: Int
    package var messageBytesMax: Int
    package var idleSeconds: Int
    /// 0: connections grow as old as they like.
    package var connectionAgeSeconds: Int
    /// 0: the calls of an old connection end by their deadlines.
    package var connectionGraceSeconds: Int
    package var keepaliveSeconds: Int
    package var keepaliveTimeoutSeconds: Int
    package var callSecondsMax: Int
    package var eventLoops: Int
    /// nil: not stated.
    package var environment: String?
  }

  package struct Certificates: Sendable {
    package var certificatePath: String
    package var keyPath: String
    /// nil: clients show no certificate.
    package var clientAuthorityPath: String?
    /// nil: keys are written nowhere.
    package var keyLogPath: String?
  }

  package struct Pool: Sendable {
    package var login: String
    package var password: String
    package var connections: Int
  }

  package struct Database: Sendable {
    package var host: String
    package var port: Int
    package var name: String
    package var sslmode: String
    package var rootCertificatePath: String
    package var region: Pool
    package var ministry: Pool
    package var export: Pool
    package var gate: Pool
    package var admin: Pool
    package var streams: Int
  }

  package enum CallLogging: String, Sendable {
    case all, failed, none
  }

  package var listening: Listening
  package var certificates: Certificates
  package var database: Database
  package var sessionMinutesDefault: Int
  package var sessionMinutesMax: Int
  package var drainSeconds: Int
  package var healthSeconds: Int
  package var logLevel: String
  package var logFormat: String
  package var callLogging: CallLogging
  package var observation: Observation

  /// - Throws: `SettingsError` for a value outside its limits or settings that contradict each other.
  package init(_ layers: SettingsLayers) throws(SettingsError) {
    let values = try SettingsValues(layers)
    listening = Listening(
      host: values["listen.host"], port: values[number: "listen.port"], connectionsMax: values[number: "listen.connections_max"],
      callsPerConnectionMax: values[number: "listen.calls_per_connection_max"],
      messageBytesMax: values[number: "listen.message_bytes_max"], idleSeconds: values[number: "listen.idle_seconds"],
      connectionAgeSeconds: values[number: "listen.connection_age_seconds"],
      connectionGraceSeconds: values[number: "listen.connection_grace_seconds"],
      keepaliveSeconds: values[number: "listen.keepalive_seconds"],
      keepaliveTimeoutSeconds: values[number: "listen.keepalive_timeout_seconds"],
      callSecondsMax: values[number: "listen.call_seconds_max"], eventLoops: values[number: "listen.event_loops"],
      environment: values["environment"].isEmpty ? nil : values["environment"])
    let authority = values["tls.client_authority"]
    certificates = Certificates(
      certificatePath: values["tls.certificate"], keyPath: values["tls.key"],
      clientAuthorityPath: authority.isEmpty ? nil : authority,
      keyLogPath: values["tls.key_log"].isEmpty ? nil : values["tls.key_log"])
    database = Database(
      host: values["database.host"], port: values[number: "database.port"], name: values["database.name"],
      sslmode: values["database.sslmode"], rootCertificatePath: values["database.ssl_root_certificate"],
      region: values.pool("region"), ministry: values.pool("ministry"), export: values.pool("export"), gate: values.pool("gate"),
      admin: Pool(login: values["database.admin_user"], password: values["database.admin_password"], connections: 1),
      streams: values[number: "database.streams"])
    sessionMinutesDefault = values[number: "session.minutes_default"]
    sessionMinutesMax = values[number: "session.minutes_max"]
    drainSeconds = values[number: "drain.seconds"]
    healthSeconds = values[number: "health.seconds"]
    logLevel = values["log.level"]
    logFormat = values["log.format"]
    callLogging = CallLogging(rawValue: values["log.calls"]) ?? .all
    observation = try Observation(values)
    guard sessionMinutesDefault <= sessionMinutesMax else {
      throw SettingsError(
        .contradiction,
        "session.minutes_default (\(sessionMinutesDefault)) is more than session.minutes_max (\(sessionMinutesMax))",
        id: "session.minutes_default (\(sessionMinutesDefault)) melebihi session.minutes_max (\(sessionMinutesMax))")
    }
  }
}

/// All values, checked once.
struct SettingsValues {
  private var values: [String: String] = [:]

  init(_ layers: SettingsLayers) throws(SettingsError) {
    for setting in Setting.all { values[setting.key] = try layers.value(setting) }
  }

  subscript(key: String) -> String {
    guard let value = values[key] else { preconditionFailure("there is no setting \(key)") }
    return value
  }

  subscript(number key: String) -> Int {
    guard let number = Int(self[key]) else { preconditionFailure("\(key) is no number") }
    return number
  }

  func pool(_ name: String) -> ServerSettings.Pool {
    ServerSettings.Pool(
      login: "seratus_\(name)", password: self["database.\(name)_password"],
      connections: self[number: "database.\(name)_connections"])
  }
}

extension ServerSettings.Database {
  /// - Parameter streams: connections that are lent to one task alone.
  package func configuration(_ pool: ServerSettings.Pool, streams: Int) -> PostgresConfiguration {
    var configuration = PostgresConfiguration(conninfo: conninfo(pool))
    configuration.applicationName = "seratusd \(pool.login)"
    configuration.connectionsMax = pool.connections
    configuration.exclusiveConnectionsMax = streams
    return configuration
  }

  /// libpq's keyword form. Numeric addresses are given as such, so that libpq looks up no names.
  private func conninfo(_ pool: ServerSettings.Pool) -> String {
    var words = [("host", host), ("port", "\(port)"), ("dbname", name), ("user", pool.login), ("sslmode", sslmode)]
    if host.allSatisfy({ $0.isNumber || $0 == "." }) || host.contains(":") { words.append(("hostaddr", host)) }
    if !pool.password.isEmpty { words.append(("password", pool.password)) }
    if !rootCertificatePath.isEmpty { words.append(("sslrootcert", rootCertificatePath)) }
    return words.map { "\($0)='\($1.replacing("\\", with: "\\\\").replacing("'", with: "\\'"))'" }.joined(separator: " ")
  }
}

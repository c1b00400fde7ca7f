internal import Foundation
internal import Logging
package import PostgresClient
internal import RegistryModel
internal import RegistryStore
internal import Synchronization

/// The PostgreSQL of the tests: the one SERATUS_TEST_POSTGRES names (keyword form, a superuser), else the fast private cluster of
/// scripts/postgres. Its logins get one password for all tests, since roles belong to the whole cluster.
package enum TestCluster {
  package static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path()

  package static let conninfo: String = {
    if let given = ProcessInfo.processInfo.environment["SERATUS_TEST_POSTGRES"], !given.isEmpty {
      guard !given.contains("://") else {
        fatalError("SERATUS_TEST_POSTGRES must be written as keywords (host=… port=… user=…), not as an address")
      }
      return given
    }
    return script("scripts/postgres", "start", "--fast")
  }()

  static let loginPassword = "only-for-tests"

  /// Later keywords win over earlier ones.
  package static func conninfo(database: String, login: String? = nil) -> String {
    conninfo + " dbname=\(database)" + (login.map { " user=\($0) password=\(loginPassword)" } ?? "")
  }

  /// A started pool of patient settings: many suites share one slow machine.
  package static func pool(
    _ conninfo: String, exclusive: Int = 2, adjust: (inout PostgresConfiguration) -> Void = { _ in }
  ) -> PostgresPool {
    var configuration = PostgresConfiguration(conninfo: conninfo)
    configuration.connectionsMin = 0
    configuration.connectionsMax = 2
    configuration.exclusiveConnectionsMax = exclusive
    configuration.connectTimeout = .seconds(60)
    configuration.downtimeWaitMax = .seconds(60)
    adjust(&configuration)
    let pool = PostgresPool(configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    pool.start()
    return pool
  }

  /// Lives as long as the process.
  private static let admin = pool(conninfo(database: "postgres"), exclusive: 4)

  /// Runs commands that stand outside of transactions, such as CREATE DATABASE.
  package static func command(_ sql: String) async throws {
    try await admin.withConnection { _ = try await $0.script(sql) }
  }

  static func copy(_ template: String, to name: String) async throws {
    try await command("create database \(name) template \(template)")
    // Rights on a database are not copied with it.
    try await command(
      """
      revoke all on database \(name) from public;
      grant connect on database \(name) to seratus_region, seratus_ministry, seratus_export, seratus_gate
      """)
  }

  private static let names = Atomic<Int>(0)

  /// A name no other test uses; the number of the process in it tells leftovers from databases in use.
  package static func freshName() -> String {
    "seratus_test_\(ProcessInfo.processInfo.processIdentifier)_\(names.add(1, ordering: .relaxed).newValue)"
  }

  private static let templates = Mutex<[String: Task<String, any Error>]>([:])

  /// A database with the schema and the reference data, made once in a process, to be copied.
  static func template(_ dataset: Dataset) async throws -> String {
    let task = templates.withLock { templates in
      if let known = templates["\(dataset)"] { return known }
      let task = Task { try await makeTemplate(dataset) }
      templates["\(dataset)"] = task
      return task
    }
    return try await task.value
  }

  /// The roles of the cluster come with the first template.
  package static func prepareRoles() async throws {
    _ = try await template(.official)
  }

  private static func makeTemplate(_ dataset: Dataset) async throws -> String {
    try await dropLeftovers()
    let name = freshName()
    try await command("create database \(name)")
    let pool = pool(conninfo(database: name))
    // Roles belong to the cluster: one process at a time may change them, and a lock holds within a database only.
    try await admin.withConnection { connection in
      _ = try await connection.script("select pg_advisory_lock(hashtext('seratus test roles'))")
      let passwords = LoginPasswords(
        region: loginPassword, ministry: loginPassword, export: loginPassword, gate: loginPassword)
      _ = try await Migrator(pool: pool, schema: try Schema(folder: "\(root)/db")).migrate(passwords: passwords)
    }
    _ = try await ReferenceLoader(pool: pool).load(try ReferenceSet(folder: "\(root)/db/reference"), dataset: dataset)
    if case .synthetic(let seed) = dataset { _ = try await SyntheticLoader(pool: pool).load(seed: seed, years: 2021...2024) }
    await pool.shutdown()
    return name
  }

  /// Databases of test processes that are no more.
  private static func dropLeftovers() async throws {
    let names = try await admin.withConnection { connection in
      try await connection.script("select datname from pg_database where datname like 'seratus\\_test\\_%'")[0].rows.map {
        try $0.string(0)
      }
    }
    for name in names {
      let process = name.split(separator: "_").dropFirst(2).first.map(String.init) ?? ""
      guard Int(process) != nil, !FileManager.default.fileExists(atPath: "/proc/\(process)") else { continue }
      // Another process may have been quicker.
      try? await command("drop database if exists \(name) with (force)")
    }
  }

  /// Runs a program of the package and returns what it prints; a failure ends the tests with its message.
  @discardableResult
  package static func script(_ path: String, _ arguments: String...) -> String {
    let process = Process()
    process.executableURL = URL(filePath: "\(root)/\(path)")
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    do { try process.run() } catch { fatalError("\(path) can't be run: \(error)") }
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { fatalError("\(path) \(arguments.joined(separator: " ")) failed") }
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}

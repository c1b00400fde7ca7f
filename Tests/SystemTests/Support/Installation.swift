internal import Foundation
internal import Glibc
internal import PostgresClient
internal import RegistryTestKit
internal import Synchronization

/// A registry as its operator sets it up: a database, certificates, the daemon, and profiles for those who ask.
final class Installation: Sendable {
  let cluster: Cluster
  let folder: TemporaryFolder
  let environment: [String: String]
  let daemon: RunningProgram
  let port: Int

  enum Facts {
    case official
    /// Made-up scores for all regions and years.
    case synthetic
  }

  static let password = "only-for-tests"

  /// The ones every installation has.
  static let roles: [(profile: String, role: String, region: String?)] = [
    ("admin", "ministry_admin", nil), ("analyst", "ministry_analyst", nil), ("kediri", "region_admin", "35.71"),
    ("viewer", "region_viewer", "35.71"), ("bogor", "region_admin", "32.71"), ("export", "export", nil),
  ]

  /// - Parameter settings: more of them, by the names of the environment.
  static func make(
    _ data: Facts = .official, on cluster: Cluster = .ofAllTests, settings: [String: String] = [:]
  ) async throws -> Installation {
    let folder = try TemporaryFolder()
    TestCluster.script("scripts/certificates", folder.file("certificates"))
    var environment = try await prepareDatabase(cluster, data)
    environment["SERATUS_TLS_CERTIFICATE"] = folder.file("certificates/server.pem")
    environment["SERATUS_TLS_KEY"] = folder.file("certificates/server.key")
    environment["SERATUS_LISTEN_PORT"] = "0"
    environment["SERATUS_HEALTH_SECONDS"] = "1"
    environment.merge(settings) { $1 }
    let daemon = try await start(environment)
    return try await Installation(cluster, folder: folder, environment: environment, daemon: daemon)
  }

  private init(
    _ cluster: Cluster, folder: TemporaryFolder, environment: [String: String], daemon: RunningProgram
  ) async throws {
    guard let port = Self.port(of: daemon) else { throw Failed(what: "serve", said: daemon.errors) }
    self.cluster = cluster
    self.folder = folder
    self.environment = environment
    self.daemon = daemon
    self.port = port
    for (profile, role, region) in Self.roles { try await addProfile(profile, role: role, region: region) }
  }

  struct Failed: Error {
    let what: String
    let said: String
  }

  /// A database with schema and reference data, and the settings that lead to it.
  private static func prepareDatabase(_ cluster: Cluster, _ data: Facts) async throws -> [String: String] {
    let name = TestCluster.freshName()
    try await cluster.command("create database \(name)")
    var environment = [
      "SERATUS_DATABASE_HOST": cluster["host"] ?? "/var/run/postgresql", "SERATUS_DATABASE_PORT": cluster["port"] ?? "5432",
      "SERATUS_DATABASE_NAME": name, "SERATUS_DATABASE_SSLMODE": "disable",
      "SERATUS_DATABASE_ADMIN_USER": cluster["user"] ?? "postgres", "SERATUS_DATABASE_ADMIN_PASSWORD": cluster["password"] ?? "",
    ]
    for login in ["REGION", "MINISTRY", "EXPORT", "GATE"] { environment["SERATUS_DATABASE_\(login)_PASSWORD"] = password }
    try await prepare(["migrate", "--from", "\(TestCluster.root)/db"], environment, attempts: 10)
    let load = data == .official ? ["reference", "load"] : ["demo", "load", "--seed", "7"]
    try await prepare(load + ["--from", "\(TestCluster.root)/db/reference"], environment, attempts: 1)
    return environment
  }

  /// Roles belong to the whole cluster: another test that migrates in the same moment may be in the way.
  private static func prepare(_ arguments: [String], _ environment: [String: String], attempts: Int) async throws {
    let outcome = try await Program.seratusd.run(arguments, environment: environment)
    if outcome.status == 0 { return }
    guard attempts > 1 else { throw Failed(what: arguments.joined(separator: " "), said: outcome.errors) }
    try await prepare(arguments, environment, attempts: attempts - 1)
  }

  /// A daemon that takes calls; it is stopped with the tests at the latest.
  static func start(_ environment: [String: String], _ arguments: [String] = []) async throws -> RunningProgram {
    let daemon = try await RunningProgram(path: Program.seratusd.path, ["serve"] + arguments, environment: environment)
    Leftovers.add(daemon.processID)
    guard await daemon.waits(for: { port(of: $0) != nil }) else { throw Failed(what: "serve", said: daemon.errors) }
    return daemon
  }

  /// `listening on 127.0.0.1 port 40123`.
  static func port(of daemon: RunningProgram) -> Int? {
    guard let line = daemon.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().first else { return nil }
    return line.split(separator: " ").last.flatMap { Int($0) }
  }

  func addProfile(_ profile: String, role: String, region: String? = nil, port: Int? = nil) async throws {
    let token = try await operate(
      ["token", "issue", "--role", role, "--label", profile] + (region.map { ["--region", $0] } ?? []))
    let path = try folder.write("\(profile).token", token.output)
    try await addProfile(profile, tokenFile: path, port: port)
  }

  func addProfile(_ profile: String, tokenFile: String, port: Int? = nil) async throws {
    let outcome = try await Program.seratus.run(
      [
        "profile", "add", profile, "--replace", "--host", "127.0.0.1", "--port", "\(port ?? self.port)", "--ca",
        folder.file("certificates/ca.pem"), "--server-name", "localhost", "--token-file", tokenFile,
      ], environment: userEnvironment)
    guard outcome.status == 0 else { throw Failed(what: "profile add", said: outcome.errors) }
  }

  var userEnvironment: [String: String] { ["SERATUS_PROFILES": folder.file("profiles")] }

  /// `seratus … --profile NAME`, in English unless `language` says otherwise.
  /// - Parameter more: of the environment.
  func ask(
    _ profile: String, _ arguments: [String], language: String = "en", input: String = "", more: [String: String] = [:]
  ) async throws -> Program.Outcome {
    try await Program.seratus.run(
      arguments + ["--profile", profile, "--lang", language], environment: userEnvironment.merging(more) { $1 }, input: input)
  }

  func ask(_ profile: String, _ arguments: String...) async throws -> Program.Outcome { try await ask(profile, arguments) }

  /// A command that goes on beside the test.
  func begin(_ profile: String, _ arguments: [String], output: Pipe) async throws -> RunningProgram {
    try await RunningProgram(
      path: Program.seratus.path, arguments + ["--profile", profile, "--lang", "en"], environment: userEnvironment, output: output
    )
  }

  /// A command of the operator that must succeed.
  @discardableResult
  func operate(_ arguments: [String], input: String = "") async throws -> Program.Outcome {
    let outcome = try await Program.seratusd.run(arguments, environment: environment, input: input)
    guard outcome.status == 0 else { throw Failed(what: arguments.joined(separator: " "), said: outcome.errors) }
    return outcome
  }

  func stop() async throws {
    daemon.signal(SIGTERM)
    _ = await daemon.ended()
    try await cluster.command("drop database if exists \(environment["SERATUS_DATABASE_NAME"] ?? "") with (force)")
  }

  private static let made = Mutex<Task<Installation, any Error>?>(nil)

  /// One for all tests that do not stop or starve it. Each writes scores of years of its own.
  static func shared() async throws -> Installation {
    let task = made.withLock { made in
      if let made { return made }
      let task = Task { try await make() }
      made = task
      return task
    }
    return try await task.value
  }
}

/// A PostgreSQL server where the tests may do anything.
struct Cluster: Sendable {
  /// Of a superuser, in keywords.
  let conninfo: String

  /// The passwords of its logins are those of all tests.
  static let ofAllTests = Cluster(conninfo: TestCluster.conninfo)

  subscript(keyword: String) -> String? {
    conninfo.split(separator: " ").last { $0.hasPrefix("\(keyword)=") }.map { String($0.dropFirst(keyword.count + 1)) }
  }

  /// Runs SQL as the superuser, outside of any transaction.
  func command(_ sql: String, in database: String = "postgres") async throws {
    let pool = TestCluster.pool("\(conninfo) dbname=\(database)")
    do {
      try await pool.withConnection { _ = try await $0.script(sql) }
      await pool.shutdown()
    } catch {
      await pool.shutdown()
      throw error
    }
  }
}

/// Daemons that must not outlive the tests.
enum Leftovers {
  private static let all = Mutex<[Int32]>([])

  static func add(_ processID: Int32) {
    let isFirst = all.withLock { all in
      all.append(processID)
      return all.count == 1
    }
    if isFirst { atexit { Leftovers.all.withLock { for processID in $0 { kill(processID, SIGKILL) } } } }
  }
}

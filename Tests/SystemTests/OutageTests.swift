internal import Foundation
internal import Glibc
internal import RegistryTestKit
internal import Testing

/// A PostgreSQL cluster of its own, which a test may stop.
private final class PrivateCluster: Sendable {
  let folder: TemporaryFolder
  let cluster: Cluster

  init() async throws {
    // The account that runs the server must be able to walk in.
    folder = try TemporaryFolder(in: "/var/tmp")
    try FileManager.default.setAttributes([.posixPermissions: 0o711], ofItemAtPath: folder.path)
    let started = try await Self.script(folder, "start")
    cluster = Cluster(conninfo: started.trimmingCharacters(in: .whitespacesAndNewlines))
  }

  func start() async throws { _ = try await Self.script(folder, "start") }
  func stop() async throws { _ = try await Self.script(folder, "stop") }
  func remove() async throws { _ = try await Self.script(folder, "remove") }

  private static func script(_ folder: TemporaryFolder, _ command: String) async throws -> String {
    let program = try await RunningProgram(
      path: "\(TestCluster.root)/scripts/postgres", [command, "--fast"], environment: ["SERATUS_STATE": folder.path])
    guard await program.ended() == 0 else { throw Installation.Failed(what: "scripts/postgres \(command)", said: program.errors) }
    return program.output
  }
}

/// The database goes away and comes back.
@Suite(.timeLimit(.minutes(10))) struct OutageTests {
  @Test func `while the database is away calls are UNAVAILABLE and health says so; when it is back all is well by itself`()
    async throws
  {
    let database = try await PrivateCluster()
    let installation = try await Installation.make(on: database.cluster)
    #expect(try await installation.ask("analyst", "region", "show", "35.71").status == 0)
    #expect(try await Self.health(installation, wait: 0).status == 0)

    try await database.stop()
    #expect(await installation.logLine("the database is away") != nil)
    let refused = try await installation.ask("analyst", "region", "show", "35.71", "-o", "json", "--timeout", "3")
    #expect(refused.status == 8)
    #expect(refused.output.isEmpty)
    let error = try refused.failure()
    #expect(["UNAVAILABLE", "DEADLINE_EXCEEDED"].contains(error["code"].text))
    #expect(error["retryable"].bool == true)
    let told = refused.errors
    for secret in [Installation.password, database.folder.path, "seratus_ministry", "SQL"] { #expect(!told.contains(secret)) }
    let sick = try await Self.health(installation, wait: 0)
    #expect(sick.status == 69)
    #expect(sick.errors.contains("NOT_SERVING"), "\(sick.errors)")
    #expect(installation.daemon.isRunning)

    try await database.start()
    #expect(try await Self.health(installation, wait: 60).output == "SERVING\n")
    let served = try await installation.ask("analyst", "region", "show", "35.71")
    #expect(served.status == 0, "\(served.errors)")
    #expect(served.output.contains("Kota Kediri"))
    let written = try await installation.ask(
      "kediri", "score", "put", "35.71", "2023", "--published", "3.1", "--instrument", "evaluasi-10-20-30-20-20-cut", "--source",
      "a test")
    #expect(written.status == 0, "\(written.errors)")

    installation.daemon.signal(SIGTERM)
    #expect(await installation.daemon.ended() == 0)
    try await database.remove()
  }

  @Test func `a daemon that starts before its database waits for it`() async throws {
    let database = try await PrivateCluster()
    let installation = try await Installation.make(on: database.cluster)
    installation.daemon.signal(SIGTERM)
    #expect(await installation.daemon.ended() == 0)
    try await database.stop()
    let daemon = try await Installation.start(installation.environment)
    let port = try #require(Installation.port(of: daemon))
    let refused = try await installation.ask("analyst", "whoami", "--port", "\(port)", "-o", "json", "--timeout", "2")
    #expect(refused.status == 8)
    try await database.start()
    #expect(try await Self.health(installation, port: port, wait: 60).status == 0)
    #expect(try await installation.ask("analyst", "whoami", "--port", "\(port)").status == 0)
    daemon.signal(SIGTERM)
    #expect(await daemon.ended() == 0)
    try await database.remove()
  }

  @Test func `a server that is not there is told by host and port, as something to try again`() async throws {
    let installation = try await Installation.shared()
    let free = try await Installation.start(installation.environment)
    let port = try #require(Installation.port(of: free))
    free.signal(SIGTERM)
    #expect(await free.ended() == 0)
    let outcome = try await installation.ask("analyst", "whoami", "--port", "\(port)", "--timeout", "2", "-o", "json")
    #expect(outcome.status == 8)
    let error = try outcome.failure()
    #expect(error["message"].text?.contains("127.0.0.1:\(port)") == true)
    #expect(error["retryable"].bool == true)
  }

  private static func health(_ installation: Installation, port: Int? = nil, wait: Int) async throws -> Program.Outcome {
    try await Program.seratusd.run(
      [
        "health", "--port", "\(port ?? installation.port)", "--ca", installation.folder.file("certificates/ca.pem"),
        "--server-name",
        "localhost", "--wait", "\(wait)",
      ], environment: installation.environment)
  }
}

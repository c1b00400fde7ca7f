import Foundation
import Logging
import PostgresClient
import Testing

/// Tests that talk to a server. One after another they take seconds; together they would starve each other of two cores
/// while they wait for backends to reach a state.
@Suite(.serialized) enum ServerTests {}

/// The PostgreSQL of the tests: the one SERATUS_TEST_POSTGRES names, else a private cluster of scripts/postgres.
enum TestDatabase {
  private static let conninfo = Task {
    if let given = ProcessInfo.processInfo.environment["SERATUS_TEST_POSTGRES"], !given.isEmpty { return given }
    return await script("start --fast")
  }

  /// Runs scripts/postgres with arguments of the shell and returns what it prints; a failure ends the tests.
  @discardableResult
  static func script(_ arguments: String) async -> String {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let program = tests.deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("scripts/postgres").path
    return await withCheckedContinuation { continuation in
      // On a thread that may block.
      Thread.detachNewThread { continuation.resume(returning: output(of: "'\(program)' \(arguments)")) }
    }
  }

  private static func output(of command: String) -> String {
    guard let pipe = popen(command, "r") else { fatalError("\(command) cannot be run") }
    var text = ""
    var line = [CChar](repeating: 0, count: 4096)
    while fgets(&line, Int32(line.count), pipe) != nil {
      text += String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    guard pclose(pipe) == 0 else { fatalError("\(command) failed") }
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Lends a started pool and closes it afterwards.
  static func withPool<R>(
    conninfo given: String? = nil, _ adjust: (inout PostgresConfiguration) -> Void = { _ in },
    _ body: (PostgresPool) async throws -> R
  ) async throws -> R {
    let defaultConninfo = await conninfo.value
    var configuration = PostgresConfiguration(conninfo: given ?? defaultConninfo)
    // Tests of many suites share one server, and a slow one must not look like an absent one.
    configuration.downtimeWaitMax = .seconds(60)
    configuration.connectTimeout = .seconds(60)
    adjust(&configuration)
    let pool = PostgresPool(configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    pool.start()
    do {
      let result = try await body(pool)
      await pool.shutdown()
      return result
    } catch {
      await pool.shutdown(grace: .zero)
      throw error
    }
  }

  /// A name no other test uses, with the prefix first.
  static func freshName(_ prefix: String) -> String {
    prefix + "_" + UUID().uuidString.lowercased().replacingOccurrences(of: "-", with: "")
  }
}

extension PostgresPool {
  /// One statement, the rows of its result.
  func rows(_ statement: PostgresStatement, _ parameters: [PostgresValue] = []) async throws -> PostgresRows {
    try await execute(PostgresRequest([PostgresStep(statement, parameters)]))[0].rows
  }

  func rows(_ sql: String, _ parameters: [PostgresValue] = []) async throws -> PostgresRows {
    try await rows(.unnamed(sql), parameters)
  }

  /// The error a request ends with, or nil when it succeeds.
  func error(_ request: PostgresRequest) async -> PostgresError? {
    do throws(PostgresError) {
      _ = try await execute(request)
      return nil
    } catch {
      return error
    }
  }

  /// Returns once a backend runs SQL that holds `marker`. Each look takes 5 ms at the server; nothing else passes time.
  func waitUntilRunning(_ marker: String) async throws {
    let sql = """
      select count(*), pg_sleep(0.005) from pg_stat_activity
      where state = 'active' and position($1 in query) > 0 and pid <> pg_backend_pid()
      """
    while try await rows(sql, [.text(marker)])[0].int(0) == 0 {}
  }

  /// Backends that run SQL that holds `marker` at this moment.
  func running(_ marker: String) async throws -> Int {
    let sql = """
      select count(*) from pg_stat_activity
      where state = 'active' and position($1 in query) > 0 and pid <> pg_backend_pid()
      """
    return try await rows(sql, [.text(marker)])[0].int(0)
  }
}

extension PostgresRequest {
  init(_ sql: String, _ parameters: [PostgresValue] = [], deadline: ContinuousClock.Instant? = nil, repeatable: Bool = false) {
    self.init([PostgresStep(.unnamed(sql), parameters)], deadline: deadline, repeatable: repeatable)
  }
}

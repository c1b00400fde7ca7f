internal import Foundation
internal import Glibc
internal import Testing

/// What callers may not see or do.
@Suite(.timeLimit(.minutes(10))) struct RefusalTests {
  @Test func `another region's unreleased score is answered exactly as one that does not exist`() async throws {
    let installation = try await Installation.shared()
    let written = try await installation.ask(
      "kediri", "score", "put", "35.71", "2023", "--published", "3.40", "--instrument", "evaluasi-10-20-30-20-20-cut", "--source",
      "a test")
    #expect(written.status == 0, "\(written.errors)")
    #expect(try await installation.ask("kediri", "score", "explain", "35.71", "2023", "-o", "json").status != 3)
    for command in [
      ["score", "explain", "35.71", "YEAR"], ["score", "put", "35.71", "YEAR", "--published", "3", "--source", "a test"],
    ] {
      let answers = try await ["2023", "2016"].asyncMap { year in
        try await installation.ask("bogor", command.map { $0 == "YEAR" ? year : $0 } + ["-o", "json"])
      }
      #expect(answers.map(\.status) == [3, 3], "\(answers[0].errors)")
      #expect(answers.map(\.output) == ["", ""])
      let bytes = answers.map { $0.errors.replacing(/"request_id":"[^"]*"/, with: "") }
      #expect(bytes[0] == bytes[1])
      #expect(bytes[0].contains("NOT_FOUND"))
    }
    let list = try await installation.ask("bogor", "score", "list", "35.71", "-o", "csv").table()
    #expect(!list.contains { $0["year"] == "2023" })
    #expect(list.allSatisfy { $0["released"] == "true" })
  }

  @Test(arguments: [("analyst", "ministry_analyst"), ("viewer", "region_viewer"), ("export", "export")])
  func `a role that may not write is refused by name, with the roles that may`(profile: String, role: String) async throws {
    let outcome = try await Installation.shared().ask(
      profile, "score", "put", "35.71", "2024", "--published", "3", "--source", "a test", "-o", "json")
    #expect(outcome.status == 4)
    #expect(outcome.output.isEmpty)
    let error = try outcome.failure()
    #expect(error["code"].text == "PERMISSION_DENIED")
    #expect(error["reason"].text == "ROLE_NOT_PERMITTED")
    #expect(error["message"].text?.contains(role) == true)
    #expect(error["message"].text?.contains("region_admin") == true)
  }

  @Test func `a region may not release its score`() async throws {
    let outcome = try await Installation.shared().ask(
      "kediri", "score", "put", "35.71", "2021", "--published", "3", "--source", "a test", "--expected-version", "1", "-o", "json"
    )
    #expect(outcome.status == 4)
    #expect(try outcome.failure()["reason"].text == "NOT_OPEN_TO_ROLE")
  }

  @Test func `a revoked token is refused at the next request`() async throws {
    let installation = try await Installation.shared()
    try await installation.addProfile("leaver", role: "region_viewer", region: "33.75")
    #expect(try await installation.ask("leaver", "whoami").status == 0)
    let sessions = try await installation.operate(["token", "list", "token.region-viewer.33.75"]).output
    let id = try #require(sessions.split(separator: "\t").first)
    try await installation.operate(["token", "revoke", String(id)])
    let outcome = try await installation.ask("leaver", "whoami", "-o", "json")
    #expect(outcome.status == 5)
    #expect(try outcome.failure()["reason"].text == "SESSION_REVOKED")
  }

  @Test func `an expired token is refused as expired`() async throws {
    let installation = try await Installation.shared()
    try await installation.addProfile("late", role: "region_viewer", region: "33.74")
    #expect(try await installation.ask("late", "whoami").status == 0)
    try await installation.sql(
      """
      update access.session set created = now() - interval '60 days', expires = now() - interval '1 second'
      where actor_id = (select account_id from access.account where username = 'token.region-viewer.33.74')
      """)
    let outcome = try await installation.ask("late", "whoami", "-o", "json")
    #expect(outcome.status == 5)
    #expect(try outcome.failure()["reason"].text == "SESSION_EXPIRED")
    #expect(try outcome.failure()["message"].text?.contains("log in again") == true)
  }

  @Test(arguments: [
    ("x", "TOKEN_MALFORMED"), ("seratus_m_" + String(repeating: "A", count: 43) + "_00000000", "TOKEN_MALFORMED"),
  ])
  func `what is no token is refused as such`(token: String, reason: String) async throws {
    let folder = try TemporaryFolder()
    let outcome = try await Installation.shared().ask(
      "analyst", "whoami", "-o", "json", "--token-file", try folder.write("token", token))
    #expect(outcome.status == 5)
    #expect(try outcome.failure()["reason"].text == reason)
    #expect(!outcome.errors.contains(token) || token.count < 5)
  }

  @Test func `a server of another environment is refused at once, as no outage, and one of the same serves`() async throws {
    let installation = try await Installation.shared()
    let training = try await Installation.start(installation.environment.merging(["SERATUS_ENVIRONMENT": "training"]) { $1 })
    let port = try #require(Installation.port(of: training))
    let profiles = ["SERATUS_PROFILES": try TemporaryFolder().path]
    func ask(_ environment: String, port: Int, language: String = "en") async throws -> Program.Outcome {
      let profile = "p.\(environment).\(port)"
      let made = try await Program.seratus.run(
        [
          "profile", "add", profile, "--replace", "--environment", environment, "--host", "127.0.0.1", "--port", "\(port)",
          "--ca",
          installation.folder.file("certificates/ca.pem"), "--server-name", "localhost", "--token-file",
          installation.folder.file("analyst.token"),
        ], environment: profiles)
      #expect(made.status == 0, "\(made.errors)")
      return try await Program.seratus.run(
        ["whoami", "--profile", profile, "--lang", language, "-o", "json", "--timeout", "60"], environment: profiles)
    }
    #expect(try await ask("training", port: port).status == 0)
    // The daemon of all tests states no environment: whoever means one is not served by it.
    for (environment, port) in [("production", port), ("training", installation.port)] {
      let refused = try await ask(environment, port: port)
      #expect(refused.status == 2, "\(refused.errors)")
      let error = try refused.failure()
      #expect(error["code"].text == "FAILED_PRECONDITION")
      #expect(error["reason"].text == "ENVIRONMENT_MISMATCH")
      #expect(error["retryable"].bool == false)
      #expect(error["message"].text?.contains("not of the environment \"\(environment)\"") == true)
    }
    let indonesian = try await ask("production", port: port, language: "id").failure()
    #expect(indonesian["message"].text?.contains("bukan dari lingkungan \"production\"") == true)
    // A client that states none is served by any.
    #expect(try await installation.ask("analyst", "whoami", "--port", "\(port)").status == 0)
    training.signal(SIGTERM)
    #expect(await training.ended() == 0)
  }

  @Test func `a call without a token is refused`() async throws {
    let installation = try await Installation.shared()
    let outcome = try await Program.seratus.run(["whoami", "--lang", "en", "-o", "json"] + installation.address)
    #expect(outcome.status == 5)
    #expect(try outcome.failure()["reason"].text == "TOKEN_MISSING")
  }

  @Test func `errors are told in the caller's language`() async throws {
    let outcome = try await Installation.shared().ask("analyst", ["region", "show", "35.99"], language: "id")
    #expect(outcome.errors.contains("tidak ada daerah"))
    #expect(outcome.errors.contains("nomor permintaan"))
  }

  // MARK: The log

  @Test func `the log names requests and never tokens`() async throws {
    let installation = try await Installation.shared()
    let outcome = try await installation.ask("bogor", "region", "show", "35.99", "-o", "json")
    let id = try #require(try outcome.failure()["request_id"].text)
    let line = try #require(await installation.logLine("request=\(id)"))
    #expect(line.contains("method=seratus.v1.RegionService/GetRegion"))
    #expect(line.contains("code=NOT_FOUND"))
    let log = installation.daemon.errors
    for (profile, _, _) in Installation.roles {
      let token = try String(contentsOfFile: installation.folder.file("\(profile).token"), encoding: .utf8)
      let secret = token.split(separator: "_", maxSplits: 2).last.map { String($0.prefix(43)) } ?? ""
      #expect(secret.count == 43 && !log.contains(secret))
    }
    #expect(!log.contains(Installation.password))
    #expect(!log.contains("Bearer"))
  }

  // MARK: What the client depends on

  @Test func `the command line needs no PostgreSQL library, the daemon does`() async throws {
    let client = try await RunningProgram(path: "/usr/bin/ldd", [Program.seratus.path])
    #expect(await client.ended() == 0)
    #expect(!client.output.contains("libpq"))
    let daemon = try await RunningProgram(path: "/usr/bin/ldd", [Program.seratusd.path])
    #expect(await daemon.ended() == 0)
    #expect(daemon.output.contains("libpq"))
  }
}

extension Installation {
  func sql(_ text: String) async throws {
    try await cluster.command(text, in: environment["SERATUS_DATABASE_NAME"] ?? "")
  }

  /// A line of the daemon's log; it is written soon after the call.
  func logLine(_ part: String) async -> String? {
    _ = await daemon.waits { $0.errors.contains(part) }
    return daemon.errors.split(separator: "\n").first { $0.contains(part) }.map(String.init)
  }
}

extension Array where Element: Sendable {
  fileprivate func asyncMap<Result>(_ transform: (Element) async throws -> Result) async rethrows -> [Result] {
    var results: [Result] = []
    for element in self { results.append(try await transform(element)) }
    return results
  }
}

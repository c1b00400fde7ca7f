internal import Foundation
internal import Testing

/// Every command in every form and both languages.
@Suite(.timeLimit(.minutes(10))) struct CommandTests {
  static let commands: [[String]] = [
    ["whoami"], ["region", "list", "--province", "35"], ["region", "show", "35.71"], ["region", "search", "Kediri"],
    ["region", "report", "35.71", "--year", "2022"], ["cohort", "list"], ["cohort", "show", "2019"],
    ["compare", "cohorts", "--year", "2022"], ["compare", "cohorts", "--year", "2022", "--values"], ["score", "list", "33.75"],
    ["score", "explain", "35.71", "2022"], ["score", "instruments"], ["profile", "list"], ["profile", "show"],
  ]

  @Test(arguments: commands)
  func `a command answers as a table in both languages`(command: [String]) async throws {
    let installation = try await Installation.shared()
    let english = try await installation.ask("analyst", command)
    let indonesian = try await installation.ask("analyst", command, language: "id")
    for outcome in [english, indonesian] {
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(!outcome.output.isEmpty)
      #expect(outcome.errors.isEmpty, "a table says everything on stdout")
    }
    if command.first != "profile" { #expect(english.output != indonesian.output) }
  }

  @Test(arguments: commands)
  func `a command answers as one JSON object that names its data`(command: [String]) async throws {
    let outcome = try await Installation.shared().ask("analyst", command + ["-o", "json"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let answer = try outcome.json()
    if command.first != "profile" { #expect(answer["dataset"]["kind"].text == "official") }
  }

  @Test(arguments: commands)
  func `a command answers as CSV and NDJSON with the same columns and rows`(command: [String]) async throws {
    let installation = try await Installation.shared()
    let csv = try await installation.ask("analyst", command + ["-o", "csv"])
    #expect(csv.status == 0, "\(csv.errors)")
    let rows = CSVText.rows(csv.output)
    let header = try #require(rows.first)
    #expect(rows.count > 1)
    #expect(rows.allSatisfy { $0.count == header.count })
    let lines = try await installation.ask("analyst", command + ["-o", "ndjson"]).output.split(separator: "\n")
    #expect(lines.count == rows.count - 1)
    for line in lines { #expect(try JSON(parsing: String(line)).keys == Set(header)) }
    if command.first != "profile" {
      #expect(rows.dropFirst().allSatisfy { $0[header.firstIndex(of: "dataset") ?? 0] == "official" })
    }
  }

  @Test func `help exists for each command, with examples`() async throws {
    for command in [
      [], ["region"], ["region", "show"], ["cohort", "list"], ["compare", "cohorts"], ["score", "put"], ["export", "scores"],
    ] {
      let outcome = try await Program.seratus.run(command + ["--help"])
      #expect(outcome.status == 0)
      #expect(outcome.output.contains("seratus"))
    }
  }

  @Test(arguments: [
    ["regoin"], ["region", "show"], ["region", "show", "35.71", "--as-of", "2022-02-30"], ["score", "put"],
    ["export", "scores", "-o", "table"],
  ])
  func `wrong usage exits with 2 and says what is wrong`(command: [String]) async throws {
    let outcome = try await Installation.shared().ask("analyst", command)
    #expect(outcome.status == 2)
    #expect(!outcome.errors.isEmpty)
    #expect(outcome.output.isEmpty)
  }

  @Test func `logging in with a password puts a token that works into the profile, readable by its owner only`() async throws {
    let installation = try await Installation.shared()
    let secret = "a long enough secret 1"
    try await installation.operate(
      ["account", "add", "anna", "--name", "Anna", "--role", "region_viewer", "--region", "32.71", "--password-stdin"],
      input: secret + "\n")
    _ = try await installation.ask("anna", ["profile", "add", "anna", "--server-name", "localhost"] + installation.address)
    let login = ["login", "--password-stdin", "-o", "json", "--username"]
    let wrong = try await installation.ask("anna", login + ["anna"], input: "another long secret\n")
    #expect(wrong.status == 5)
    #expect(try wrong.failure()["reason"].text == "LOGIN_FAILED")
    let unknown = try await installation.ask("anna", login + ["nobody"], input: "another long secret\n")
    #expect(unknown.status == 5)
    #expect(try unknown.failure().without(["request_id"]) == wrong.failure().without(["request_id"]), "names can't be guessed")
    let good = try await installation.ask("anna", login + ["anna"], input: secret + "\n")
    #expect(good.status == 0, "\(good.errors)")
    #expect(!good.output.contains("seratus_r_"), "the token goes to the profile, not to the screen")
    let me = try await installation.ask("anna", "whoami", "-o", "json").json()
    #expect(me["principal"]["role"].text == "region_viewer")
    #expect(me["principal"]["region"]["kemendagri_code"].text == "32.71")
    let attributes = try FileManager.default.attributesOfItem(atPath: installation.folder.file("profiles/anna.json"))
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    #expect(!installation.daemon.errors.contains(secret), "passwords never reach the log")
  }
}

extension Installation {
  /// Instead of a profile's.
  var address: [String] { ["--host", "127.0.0.1", "--port", "\(port)", "--ca", folder.file("certificates/ca.pem")] }
}

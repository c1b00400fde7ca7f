internal import Foundation
internal import Glibc
internal import Testing

/// `seratus call` and `seratus describe` against a running daemon: what they know of it, it told them itself.
@Suite(.timeLimit(.minutes(10))) struct CallTests {
  private static func ask(
    _ profile: String, _ arguments: String..., input: String = "", language: String = "en"
  ) async throws -> Program.Outcome {
    try await Installation.shared().ask(profile, arguments, language: language, input: input)
  }

  // MARK: call

  @Test func `a unary call answers with the JSON that the command made for it answers with`() async throws {
    let called = try await Self.ask(
      "analyst", "call", "seratus.v1.RegionService/GetRegion", "--json", #"{"region":"35.71","asOf":{"iso":"2022-12-05"}}"#)
    #expect(called.status == 0, "\(called.errors)")
    let region = try called.json()["region"]
    #expect(region["name"].text == "Kota Kediri")
    #expect(region["kemendagriCode"].text == "35.71")
    #expect(region["kind"].text == "REGION_KIND_KOTA")
  }

  @Test func `the request may come as text, from a file and from standard input, by either name of a field`() async throws {
    let folder = try TemporaryFolder()
    let request = #"{"text":"kediri","limit":2}"#
    let path = try folder.write("request.json", request)
    var answers: [String] = []
    for (json, input) in [(request, ""), ("@" + path, ""), ("-", request)] {
      let outcome = try await Self.ask(
        "analyst", "call", "RegionService/SearchRegions", "--json", json, "-o", "ndjson", input: input)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.split(separator: "\n").count == 1)
      answers.append(outcome.output)
    }
    #expect(Set(answers).count == 1)
    for name in ["pageSize", "page_size"] {
      let list = try await Self.ask("analyst", "call", "RegionService.ListRegions", "--json", #"{"\#(name)":3}"#).json()
      #expect(list["regions"].list.count == 3)
    }
  }

  @Test func `a stream of answers is one object a line, and holds as many scores as the export`() async throws {
    let called = try await Self.ask("analyst", "call", "seratus.v1.ExportService/ExportScores", "--json", #"{"fromYear":2022}"#)
    #expect(called.status == 0, "\(called.errors)")
    let lines = try called.output.split(separator: "\n").map { try JSON(parsing: String($0)) }
    let scores = lines.reduce(0) { $0 + $1["scores"].list.count }
    let exported = try await Self.ask("analyst", "export", "scores", "--from", "2022", "-o", "csv").table().count
    #expect(scores == exported)
    #expect(scores > 0)
    #expect(lines.last?["manifest"]["rows"].text == "\(scores)", "64-bit numbers are texts")
  }

  @Test func `a stream of requests is read from standard input, answered in its order`() async throws {
    let questions =
      #"{"listServices":""}{"fileContainingSymbol":"no.Such"}"# + "\n" + #"{"file_by_filename":"seratus/v1/score.proto"}"#
    let called = try await Self.ask("analyst", "call", "ServerReflection/ServerReflectionInfo", input: questions)
    #expect(called.status == 0, "\(called.errors)")
    let lines = try called.output.split(separator: "\n").map { try JSON(parsing: String($0)) }
    #expect(lines.count == 3)
    #expect(lines[0]["listServicesResponse"]["service"].list.contains { $0["name"].text == "seratus.v1.ScoreService" })
    #expect(lines[1]["errorResponse"]["errorCode"].int == 5)
    #expect(lines[2]["fileDescriptorResponse"]["fileDescriptorProto"].list.count > 1, "the imports come along")
  }

  @Test func `wrong JSON in the middle of a stream ends the call with its place`() async throws {
    let called = try await Self.ask(
      "analyst", "call", "ServerReflection/ServerReflectionInfo", "-o", "json", input: #"{"listServices":""}{"listService":""}"#)
    #expect(called.status == 6)
    #expect(try called.failure()["reason"].text == "UNKNOWN_FIELD")
  }

  @Test func `health needs no token and lists every service`() async throws {
    let installation = try await Installation.shared()
    let outcome = try await Program.seratus.run(["call", "grpc.health.v1.Health/List", "--lang", "en"] + installation.address)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let statuses = try outcome.json()["statuses"]
    #expect(statuses[""]["status"].text == "SERVING")
    #expect(statuses["seratus.v1.ScoreService"]["status"].text == "SERVING")
  }

  @Test func `watching an unknown service tells so, and goes on until its time is over`() async throws {
    let outcome = try await Self.ask(
      "analyst", "call", "Health/Watch", "--json", #"{"service":"no.Such"}"#, "--timeout", "2", "-o", "ndjson")
    #expect(outcome.status == 8)
    #expect(outcome.output == "{\"status\":\"SERVICE_UNKNOWN\"}\n")
    #expect(try outcome.failure()["code"].text == "DEADLINE_EXCEEDED")
  }

  @Test func `wrong fields are named with their path, and those that may be meant`() async throws {
    let outcome = try await Self.ask(
      "analyst", "call", "RegionService/ListRegions", "--json", #"{"pageSzie":3}"#, "-o", "json")
    #expect(outcome.status == 6)
    let error = try outcome.failure()
    #expect(error["code"].text == "INVALID_DATA")
    #expect(error["reason"].text == "UNKNOWN_FIELD")
    #expect(error["parameters"]["near"].text?.contains("pageSize") == true)
    let nested = try await Self.ask(
      "analyst", "call", "ScoreService/PutScores", "--json", #"{"rows":[{},{"yaer":2022}]}"#, language: "id")
    #expect(nested.status == 6)
    #expect(nested.errors.contains("rows[1]: "))
    #expect(nested.errors.contains("tidak punya isian"))
  }

  @Test(arguments: [
    ("seratus.v1.RegionService/GetRegon", "GetRegion"), ("RegonService/GetRegion", "RegionService"), ("nothing", ""), ("x/y", ""),
  ])
  func `an unknown method is refused, with those that may be meant`(method: String, near: String) async throws {
    let outcome = try await Self.ask("analyst", "call", method, "-o", "json")
    #expect(outcome.status == 3)
    let error = try outcome.failure()
    #expect(error["reason"].text == "SYMBOL_UNKNOWN")
    #expect(near.isEmpty || error["parameters"]["near"].text?.contains(near) == true, "\(outcome.errors)")
  }

  @Test func `errors of the server come decoded, as of every other command`() async throws {
    let outcome = try await Self.ask("analyst", "call", "ScoreService/PutScores", "-o", "json")
    #expect(outcome.status == 4)
    #expect(try outcome.failure()["reason"].text == "ROLE_NOT_PERMITTED")
    let text = try await Self.ask("kediri", "call", "RegionService/ListRegions", "--json", #"{"pageSize":100000}"#)
    #expect(text.status == 6)
    #expect(text.errors.contains("INVALID_ARGUMENT"))
    #expect(text.errors.contains("page_size"))
    #expect(text.errors.contains("request id"))
  }

  @Test func `metadata goes along, and the server's is shown on request`() async throws {
    let token = try await Installation.shared().token("analyst")
    let installation = try await Installation.shared()
    let outcome = try await Program.seratus.run(
      [
        "call", "SessionService/WhoAmI", "--lang", "en", "--metadata", "authorization=Bearer \(token)", "--metadata",
        "x-bin=AQI=",
        "--show-metadata",
      ] + installation.address)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try outcome.json()["principal"]["role"].text == "ministry_analyst")
    #expect(outcome.errors.contains("initial metadata"))
    #expect(outcome.errors.contains("trailing metadata"))
    for wrong in ["novalue", "UPPER=x", "x-bin=%"] {
      #expect(try await Self.ask("analyst", "call", "SessionService/WhoAmI", "--metadata", wrong).status == 2)
    }
  }

  // MARK: admin

  @Test func `operators see the server and its connections`() async throws {
    let server = try await Self.ask("admin", "call", "Admin/GetServer")
    #expect(server.status == 0, "\(server.errors)")
    #expect(try server.json()["software"].text?.hasPrefix("seratusd/") == true)
    #expect(try server.json()["limits"]["connectionsMax"].int != nil)
    let list = try await Self.ask("admin", "call", "Admin/ListConnections").json()
    // At the least the one that asks.
    let own = try #require(list["connections"].list.first { $0["software"].text == "seratus" && $0["callsNow"].int ?? 0 > 0 })
    #expect(own["peerAddress"].text?.hasPrefix("127.0.0.1:") == true)
  }

  @Test(arguments: ["kediri", "viewer", "bogor", "analyst", "export"], ["GetServer", "ListConnections", "GetConnection"])
  func `nobody but the ministry's administrators sees anything of it`(profile: String, method: String) async throws {
    let outcome = try await Self.ask(profile, "call", "lontar.admin.v1.Admin/\(method)", "-o", "json")
    #expect(outcome.status == 4)
    #expect(outcome.output.isEmpty)
    let error = try outcome.failure()
    #expect(error["code"].text == "PERMISSION_DENIED")
    #expect(error["reason"].text == "ROLE_NOT_PERMITTED")
    #expect(error["message"].text?.contains("ministry_admin") == true)
  }

  @Test func `without a token the admin service is closed`() async throws {
    let installation = try await Installation.shared()
    let outcome = try await Program.seratus.run(["call", "Admin/GetServer", "--lang", "en", "-o", "json"] + installation.address)
    #expect(outcome.status == 5)
    #expect(try outcome.failure()["reason"].text == "TOKEN_MISSING")
  }

  // MARK: describe

  @Test func `describe lists the services, without a token`() async throws {
    let installation = try await Installation.shared()
    let outcome = try await Program.seratus.run(["describe", "--lang", "en", "-o", "csv"] + installation.address)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let services = outcome.table()
    #expect(services.contains { $0["service"] == "seratus.v1.RegionService" && $0["methods"] == "4" })
    #expect(services.contains { $0["service"] == "grpc.health.v1.Health" && $0["methods"] == "3" })
  }

  @Test func `describe tells a service, a method, a message and an enum, with their comments`() async throws {
    let service = try await Self.ask("analyst", "describe", "seratus.v1.SessionService", "-o", "json").json()
    #expect(service["comment"].text?.hasPrefix("Who is calling.") == true)
    #expect(service["methods"].list.map { $0["name"].text } == ["Login", "WhoAmI", "Logout"])
    #expect(service["methods"][0]["comment"].text == "Exchanges a name and a password for a token. Needs no token.")
    let stream = try await Self.ask("analyst", "describe", "ExportService", "-o", "csv").table()
    #expect(stream.map { $0["kind"] } == ["server-streaming"])
    let method = try await Self.ask("analyst", "describe", "SessionService/Login")
    #expect(method.output.contains("seratus.v1.LoginRequest"))
    #expect(method.output.contains("lifetime_minutes"))
    let message = try await Self.ask("analyst", "describe", "seratus.v1.LoginRequest", "-o", "csv").table()
    #expect(message.map { $0["field"] } == ["username", "password", "lifetime_minutes"])
    #expect(message[2]["json_name"] == "lifetimeMinutes")
    #expect(message[2]["type"] == "uint32")
    let values = try await Self.ask("analyst", "describe", "seratus.v1.RegionKind", "-o", "csv").table()
    #expect(values.map { $0["value"] } == ["REGION_KIND_UNSPECIFIED", "REGION_KIND_KABUPATEN", "REGION_KIND_KOTA"])
    #expect(try await Self.ask("analyst", "describe", "no.Such").status == 3)
  }
}

extension Installation {
  func token(_ profile: String) throws -> String {
    try String(contentsOfFile: folder.file("\(profile).token"), encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}

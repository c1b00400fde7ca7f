internal import Foundation
internal import Glibc
internal import RegistryTestKit
internal import Testing

/// What an operator sees of a running daemon: its metrics, its log's traces, its frames.
@Suite(.timeLimit(.minutes(10))) struct ObservationTests {
  /// A daemon of its own, beside the one of all tests and on its database.
  private func observed(
    _ settings: [String: String], _ body: (_ shared: Installation, _ daemon: RunningProgram, _ port: Int) async throws -> Void
  ) async throws {
    let shared = try await Installation.shared()
    let daemon = try await Installation.start(shared.environment.merging(settings) { $1 })
    let port = try #require(Installation.port(of: daemon))
    try await body(shared, daemon, port)
    daemon.signal(SIGTERM)
    #expect(await daemon.ended() == 0)
  }

  /// The port in the log's line about metrics.
  private static func metricsPort(_ daemon: RunningProgram) async throws -> Int {
    // The log is written behind the daemon's back.
    #expect(await daemon.waits { $0.errors.contains("msg=metrics ") })
    let line = try #require(daemon.errors.split(separator: "\n").first { $0.contains("msg=metrics ") })
    let word = try #require(line.split(separator: " ").first { $0.hasPrefix("port=") })
    return try #require(Int(word.dropFirst(5)))
  }

  private func figures(_ port: Int) async throws -> JSON {
    let reader = try await Program.run("\(TestCluster.root)/scripts/check-metrics", ["http://127.0.0.1:\(port)/metrics"])
    #expect(reader.status == 0, "\(reader.errors)")
    return try reader.json()
  }

  @Test func `Prometheus's parser reads what the daemon says, and it is true`() async throws {
    try await observed(["SERATUS_METRICS_LISTEN": "127.0.0.1:0"]) { shared, daemon, port async throws in
      for _ in 0..<3 { #expect(try await shared.ask("analyst", "whoami", "--port", "\(port)").status == 0) }
      #expect(try await shared.ask("analyst", "region", "show", "99.99", "--port", "\(port)").status == 3)
      let figures = try await figures(try await Self.metricsPort(daemon))
      func number(_ name: String) -> Double? { figures[name].text.flatMap { Double($0) } }
      let method = "lontar_method=seratus.v1.SessionService/WhoAmI"
      #expect(number("lontar_server_call_started_total{\(method)}") == 3)
      #expect(number("lontar_server_call_duration_seconds_count{\(method),lontar_status=OK}") == 3)
      #expect(number("lontar_server_call_duration_seconds_bucket{le=+Inf,\(method),lontar_status=OK}") == 3)
      // A66's first bounds and its last.
      #expect(number("lontar_server_call_duration_seconds_bucket{le=0,\(method),lontar_status=OK}") == 0)
      #expect(number("lontar_server_call_duration_seconds_bucket{le=100,\(method),lontar_status=OK}") == 3)
      #expect(number("lontar_server_call_sent_total_compressed_message_size_bytes_count{\(method),lontar_status=OK}") == 3)
      #expect(figures.keys.contains { $0.hasPrefix("lontar_server_call_duration_seconds_count") && $0.contains("NOT_FOUND") })
      #expect(number("lontar_server_connections_accepted_total") == 4)
      #expect(number("lontar_server_connections_refused_total") == 0)
      #expect(number("process_resident_memory_bytes") ?? 0 > 1_000_000)
      #expect(number("process_cpu_seconds_total") ?? 0 > 0)
      #expect(number("process_open_fds") ?? 0 > 3)
      #expect(number("seratus_pool_connections{pool=ministry}") ?? 0 >= 1)
      #expect(number("seratus_pool_round_trips_total{pool=ministry}") ?? 0 >= 4)
      // No label holds anything that a caller chose.
      #expect(!figures.keys.contains { $0.contains("99.99") })
    }
  }

  @Test(arguments: [
    ("0.0.0.0:0", "metrics.allow_remote"), ("192.0.2.1:9464", "metrics.allow_remote"), ("nonsense", "127.0.0.1:9464"),
    ("127.0.0.1:65536", "127.0.0.1:9464"),
  ])
  func `metrics are not shown to other machines by accident`(address: String, remedy: String) async throws {
    let shared = try await Installation.shared()
    let outcome = try await Program.seratusd.run(
      ["serve", "--set", "metrics.listen=\(address)"], environment: shared.environment)
    #expect(outcome.status == 78)
    #expect(outcome.errors.contains(remedy), "\(outcome.errors)")
  }

  @Test func `a call's line in the log has the trace that its caller began`() async throws {
    let trace = "0af7651916cd43dd8448eb211c80319c"
    try await observed([:]) { shared, daemon, port async throws in
      let outcome = try await shared.ask(
        "analyst", ["whoami", "--port", "\(port)"], more: ["TRACEPARENT": "00-\(trace)-b7ad6b7169203331-01"])
      #expect(outcome.status == 0)
      #expect(await daemon.waits { $0.errors.contains("trace=\(trace)") })
      let line = daemon.errors.split(separator: "\n").first { $0.contains("trace=") }
      #expect(line?.contains("method=seratus.v1.SessionService/WhoAmI") == true)
    }
  }

  /// OpenSSL's own programs heed SSLKEYLOGFILE; a server that did would give its traffic away by a forgotten variable.
  @Test func `keys are written down only where the settings say so, and the log warns of it`() async throws {
    let folder = try TemporaryFolder()
    let (unasked, asked) = (folder.file("unasked.keys"), folder.file("asked.keys"))
    try await observed(["SSLKEYLOGFILE": unasked]) { shared, daemon, port async throws in
      #expect(try await shared.ask("analyst", ["whoami", "--port", "\(port)"], more: ["SSLKEYLOGFILE": unasked]).status == 0)
      #expect(!daemon.errors.contains("key_log"))
    }
    #expect(!FileManager.default.fileExists(atPath: unasked))
    try await observed(["SERATUS_TLS_KEY_LOG": asked]) { shared, daemon, port async throws in
      #expect(try await shared.ask("analyst", "whoami", "--port", "\(port)").status == 0)
      #expect(await daemon.waits { $0.errors.contains("level=warning") && $0.errors.contains("tls.key_log is on") })
    }
    #expect(try String(contentsOfFile: asked, encoding: .utf8).contains("CLIENT_TRAFFIC_SECRET_0 "))
    #expect(try FileManager.default.attributesOfItem(atPath: asked)[.posixPermissions] as? Int == 0o600)
  }

  @Test func `daemon and client write frames down, decode shows them, and no token is in the files`() async throws {
    let folder = try TemporaryFolder()
    let (theirs, ours) = (folder.file("daemon.frames"), folder.file("client.frames"))
    try await observed(["SERATUS_FRAME_LOG_PATH": theirs]) { shared, _, port async throws in
      #expect(try await shared.ask("analyst", "whoami", "--port", "\(port)", "--frame-log", ours).status == 0)
    }
    let token = try String(contentsOfFile: try await Installation.shared().folder.file("analyst.token"), encoding: .utf8)
    for path in [theirs, ours] {
      let bytes = try Data(contentsOf: URL(filePath: path))
      #expect(bytes.range(of: Data(token.trimmingCharacters(in: .whitespacesAndNewlines).utf8)) == nil)
      let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
      #expect(mode == 0o600)
      let decoded = try await Program.seratus.run(["frames", "decode", path, "-o", "json"])
      #expect(decoded.status == 0, "\(decoded.errors)")
      let lines = try decoded.json().list
      let isOurs = path == ours
      let open = try #require(lines.first { $0["type"].text == "OPEN" })
      #expect(open["direction"].text == (isOurs ? "sent" : "received"))
      #expect(open["fields"]["method"].text == "seratus.v1.SessionService/WhoAmI")
      #expect(
        open["fields"]["metadata_bytes"]["authorization"].int == "Bearer ".utf8.count
          + token.trimmingCharacters(in: .newlines).utf8.count)
      #expect(lines.first { $0["type"].text == "STATUS" }?["fields"]["code"].text == "OK")
      #expect(lines.filter { $0["type"].text == "HELLO" }.count == 2)
      let connection = try #require(open["connection"].text)
      let filtered = try await Program.seratus.run([
        "frames", "decode", path, "--connection", connection, "--stream", "1", "--lang", "id",
      ])
      let text = filtered.output.split(separator: "\n")
      #expect(text.count == 2 && text.allSatisfy { $0.contains("stream=1") })
      #expect(text[0].contains(isOurs ? "dikirim" : "diterima"))
    }
    let cut = folder.file("cut.frames")
    try Data(contentsOf: URL(filePath: theirs)).dropLast(5).write(to: URL(filePath: cut))
    let outcome = try await Program.seratus.run(["frames", "decode", cut, "-o", "ndjson"])
    #expect(outcome.status == 6)
    #expect(try outcome.failure()["reason"].text == "FRAME_LOG_TRUNCATED")
    #expect(!outcome.output.isEmpty)
  }

  /// The longest length of a file stands for a full disk: a write takes what fits, and the next fails.
  @Test func `a frame log for which there is no room stays readable, and the work goes on`() async throws {
    let shared = try await Installation.shared()
    let folder = try TemporaryFolder()
    let path = folder.file("client.frames")
    let export = ["export", "scores", "-o", "csv", "--profile", "export", "--lang", "en"]
    func run(_ shell: String) async throws -> Program.Outcome {
      try await Program.run(
        "/bin/bash", ["-c", shell, Program.seratus.path] + export + ["--frame-log", path], environment: shared.userEnvironment)
    }
    let whole = try await run(#"exec "$0" "$@""#)
    let wholeBytes = try #require(FileManager.default.contents(atPath: path)).count
    #expect(whole.status == 0)
    try FileManager.default.removeItem(atPath: path)

    // What the command prints goes through a pipe, which has no such end.
    let limit = wholeBytes / 2
    let limited = try await run("set -o pipefail; trap '' XFSZ; prlimit --fsize=\(limit) \"$0\" \"$@\" | cat")
    #expect(limited.status == 0 && limited.output == whole.output)
    let log = try #require(FileManager.default.contents(atPath: path))
    #expect(log.count <= limit)
    let decoded = try await Program.seratus.run(["frames", "decode", folder.file("client.frames"), "-o", "json"])
    #expect(decoded.status == 0, "whole records, and nothing behind them: \(decoded.errors)")
    #expect(try decoded.json().list.contains { $0["type"].text == "HELLO" })
  }

  @Test func `payloads are kept only on demand, and the log says so loudly`() async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("daemon.frames")
    try await observed(["SERATUS_FRAME_LOG_PATH": path, "SERATUS_FRAME_LOG_PAYLOADS": "true"]) {
      shared, daemon, port async throws in
      #expect(await daemon.waits { $0.errors.contains("level=warning") && $0.errors.contains("TOKENS") })
      #expect(try await shared.ask("analyst", "whoami", "--port", "\(port)").status == 0)
    }
    let decoded = try await Program.seratus.run(["frames", "decode", path])
    #expect(decoded.output.contains("authorization=\"Bearer "))
  }

  @Test func `the golden files can be read by the command`() async throws {
    let folder = "\(TestCluster.root)/proto/golden"
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".hex") }
    #expect(names.count >= 30)
    for name in names {
      let decoded = try await Program.seratus.run(["frames", "decode", "--hex", "\(folder)/\(name)", "-o", "json"])
      #expect(decoded.status == 0, "\(name): \(decoded.errors)")
      #expect(try decoded.json().list.count == 1)
      #expect(try decoded.json()[0]["problem"].isNull)
    }
  }
}

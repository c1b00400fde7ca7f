internal import Foundation
internal import Glibc
internal import Testing

/// Exports: whole with a manifest, or no success.
@Suite(.timeLimit(.minutes(10))) struct ExportTests {
  /// Totals that are published and released, by region and year.
  private static let released = ["33.75 2018 3.44", "35.71 2021 3.06", "35.71 2022 3.31"]

  @Test func `an export as CSV holds the released scores, and its manifest says so`() async throws {
    let outcome = try await Installation.shared().ask("export", "export", "scores", "--parts")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let rows = outcome.table()
    #expect(
      rows.map { "\($0["region_code"] ?? "") \($0["year"] ?? "") \($0["published_total"] ?? "")" }.sorted() == Self.released)
    #expect(rows.allSatisfy { $0["released"] == "true" && $0["dataset"] == "official" })
    #expect(rows.last { $0["year"] == "2022" }?["aspect:baseline"] == "3.60")
    let manifest = try JSON(parsing: outcome.errors)
    #expect(manifest["rows"].int == 3)
    #expect(manifest["sha256"].text == (try await Self.sha256(outcome.output)))
    #expect(manifest["dataset"]["kind"].text == "official")
    let header = try #require(CSVText.rows(outcome.output).first)
    #expect(manifest["columns"].list.map { $0["name"].text } == header)
    #expect(manifest["columns"].list.allSatisfy { $0["description"].text?.isEmpty == false })
  }

  private static func sha256(_ text: String) async throws -> String? {
    let program = try await RunningProgram(path: "/usr/bin/sha256sum", [], input: text)
    _ = await program.ended()
    return program.output.split(separator: " ").first.map(String.init)
  }

  @Test func `JSON and NDJSON hold the same rows`() async throws {
    let installation = try await Installation.shared()
    let csv = try await installation.ask("export", "export", "scores").table()
    let lines = try await installation.ask("export", "export", "scores", "-o", "ndjson").output.split(separator: "\n")
      .map { try JSON(parsing: String($0)) }
    let whole = try await installation.ask("export", "export", "scores", "-o", "json")
    #expect(whole.status == 0)
    #expect(lines.map { $0["region_code"].text } == csv.map { $0["region_code"] })
    #expect(lines.map { $0["published_total"].text } == csv.map { $0["published_total"] })
    let scores = try JSON(parsing: whole.output)["scores"].list
    #expect(scores.map { $0["region"]["kemendagri_code"].text } == csv.map { $0["region_code"] })
    #expect(scores.map { $0["published_total"].text } == csv.map { $0["published_total"] })
  }

  @Test func `a file comes with a manifest that checks it`() async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("scores.csv")
    let outcome = try await Installation.shared().ask("export", "export", "scores", "--file", path)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.isEmpty)
    let manifest = try JSON(parsing: String(contentsOfFile: path + ".manifest.json", encoding: .utf8))
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(manifest["sha256"].text == (try await Self.sha256(text)))
    #expect(manifest["rows"].int == CSVText.table(text).count)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["scores.csv", "scores.csv.manifest.json"])
  }

  @Test func `a spreadsheet in Indonesian gets semicolons, decimal commas and a byte order mark`() async throws {
    let outcome = try await Installation.shared().ask("export", "export", "scores", "--for", "excel-id")
    #expect(outcome.output.unicodeScalars.first?.value == 0xFEFF)
    #expect(outcome.output.contains(";3,31;"))
  }

  @Test func `a folder that does not exist is refused before anything is exported`() async throws {
    let outcome = try await Installation.shared().ask(
      "export", "export", "scores", "--file", "/nonexistent/scores.csv", "-o", "json")
    #expect(outcome.status == 10)
    #expect(try outcome.failure()["parameters"]["path"].text?.hasPrefix("/nonexistent") == true)
  }
}

/// Exports that are too large for buffers, from made-up data, with a reader that stops.
@Suite(.timeLimit(.minutes(10))) struct LongExportTests {
  /// An export that has begun and waits for its reader.
  private struct Stalled {
    let program: RunningProgram
    let pipe: Pipe
    /// What was read of it.
    let begun: Data

    /// Reads what is left and waits for the end.
    func finish() async -> (status: Int32, text: String) {
      let reading = pipe.fileHandleForReading
      let data = await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume(returning: reading.readDataToEndOfFile()) }
      }
      return (await program.ended(), String(decoding: begun + data, as: UTF8.self))
    }
  }

  private static func stalledExport(_ installation: Installation) async throws -> Stalled {
    let pipe = Pipe()
    let program = try await installation.begin("export", ["export", "scores", "--parts"], output: pipe)
    try pipe.fileHandleForWriting.close()
    // A byte behind the line of the columns, which is there before the call is made, proves that the export runs; the reader then reads
    // no more.
    let reading = pipe.fileHandleForReading
    let begun = await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        var begun = Data()
        while begun.firstIndex(of: 0x0A).map({ $0 == begun.count - 1 }) ?? true,
          let byte = (try? reading.read(upToCount: 1)) ?? nil, !byte.isEmpty
        {
          begun += byte
        }
        continuation.resume(returning: begun)
      }
    }
    return Stalled(program: program, pipe: pipe, begun: begun)
  }

  private static let exportCall = "ExportService/ExportScores"

  @Test func `a daemon that is told to stop lets a running export end, refuses new calls, and exits with 0`() async throws {
    let installation = try await Installation.make(.synthetic, settings: ["SERATUS_DRAIN_SECONDS": "120"])
    let export = try await Self.stalledExport(installation)
    #expect(!installation.daemon.errors.contains(Self.exportCall), "the export is larger than all buffers")
    installation.daemon.signal(SIGTERM)
    #expect(await installation.daemon.waits { $0.errors.contains("draining") })
    let late = try await installation.ask("analyst", "whoami", "-o", "json", "--timeout", "2")
    #expect(late.status == 8)
    #expect(try late.failure()["retryable"].bool == true)
    #expect(installation.daemon.isRunning, "\(installation.daemon.errors.suffix(3_000))")
    let (status, text) = await export.finish()
    #expect(status == 0, "\(export.program.errors)")
    let manifest = try #require(export.program.errors.split(separator: "\n").last { $0.hasPrefix("{") })
    let rows = try JSON(parsing: String(manifest))["rows"].int
    #expect(text.split(separator: "\n").count == (rows ?? 0) + 1)
    #expect(rows ?? 0 > 2_000)
    #expect(await installation.daemon.ended() == 0)
    #expect(installation.daemon.errors.contains("msg=stopped"))
    try await installation.stop()
  }

  @Test func `an export whose daemon dies is no success and has no manifest`() async throws {
    let installation = try await Installation.make(.synthetic)
    let export = try await Self.stalledExport(installation)
    installation.daemon.signal(SIGKILL)
    #expect(await installation.daemon.ended() == 128 + SIGKILL)
    let (status, _) = await export.finish()
    #expect(status == 8, "\(export.program.errors)")
    #expect(!export.program.errors.contains("sha256"))
    let folder = try TemporaryFolder()
    let file = try await installation.ask("export", "export", "scores", "--file", folder.file("scores.csv"), "--timeout", "2")
    #expect(file.status == 8)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    try await installation.stop()
  }

  @Test func `made-up data say so in every form`() async throws {
    let installation = try await Installation.make(.synthetic)
    for command in CommandTests.commands where command.first != "profile" {
      let table = try await installation.ask("analyst", command)
      #expect(table.output.split(separator: "\n").first?.contains("SYNTHETIC") == true, "\(command): \(table.output.prefix(200))")
      let json = try await installation.ask("analyst", command + ["-o", "json"]).json()
      #expect(json["dataset"]["kind"].text == "synthetic")
      let rows = try await installation.ask("analyst", command + ["-o", "csv"]).table()
      #expect(!rows.isEmpty && rows.allSatisfy { $0["dataset"]?.hasPrefix("synthetic:") == true })
    }
    try await installation.stop()
  }
}

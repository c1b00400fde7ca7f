internal import Foundation
internal import Glibc

/// A program of this package, as a user runs it.
enum Program: String, Sendable {
  case seratus, seratusd

  /// Beside the test bundle, wherever the build put that.
  var path: String {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    return URL(filePath: own).deletingLastPathComponent().appending(path: rawValue).path
  }

  struct Outcome: Sendable {
    let status: Int32
    let output: String
    let errors: String

    /// What came on stdout, as JSON.
    func json() throws -> JSON { try JSON(parsing: output) }
    /// The one object on stderr that `-o json` promises for a failure.
    func failure() throws -> JSON { try JSON(parsing: errors)["error"] }
    /// Rows of CSV, each by the names in the header.
    func table() -> [[String: String]] { CSVText.table(output) }
  }

  /// Runs to the end. Nothing of the tests' own environment reaches the program.
  func run(
    _ arguments: [String], environment: [String: String] = [:], input: String = ""
  ) async throws -> Outcome {
    try await Self.run(path, arguments, environment: environment, input: input)
  }

  /// Any program, by its path.
  static func run(
    _ path: String, _ arguments: [String], environment: [String: String] = [:], input: String = ""
  ) async throws -> Outcome {
    let running = try await RunningProgram(path: path, arguments, environment: environment, input: input)
    let status = await running.ended()
    return Outcome(status: status, output: running.output, errors: running.errors)
  }
}

/// A program that runs beside the test. Its output goes to files, so that it never waits for a reader.
final class RunningProgram: Sendable {
  private let process: Process
  private let folder: TemporaryFolder
  private let end: Task<Int32, Never>

  var processID: Int32 { process.processIdentifier }
  var output: String { text("out") }
  var errors: String { text("err") }
  var isRunning: Bool { process.isRunning }

  /// - Parameter output: takes stdout in place of the file.
  init(
    path: String, _ arguments: [String], environment: [String: String] = [:], input: String = "", output: Pipe? = nil
  ) async throws {
    let folder = try TemporaryFolder()
    try Data(input.utf8).write(to: URL(filePath: folder.file("in")))
    var all = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": folder.path, "LANG": "C.UTF-8"]
    all.merge(environment) { $1 }
    let (environment, ends, pipe) = (all, AsyncStream.makeStream(of: Int32.self), output?.fileHandleForWriting)
    process = try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        // Threads of the pool have signals blocked, and a child would inherit that.
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.environment = environment
        do {
          for name in ["out", "err"] { try Data().write(to: URL(filePath: folder.file(name))) }
          process.standardInput = try FileHandle(forReadingFrom: URL(filePath: folder.file("in")))
          process.standardOutput = try pipe ?? FileHandle(forWritingTo: URL(filePath: folder.file("out")))
          process.standardError = try FileHandle(forWritingTo: URL(filePath: folder.file("err")))
          process.terminationHandler = { ended in
            ends.continuation.yield(ended.terminationReason == .exit ? ended.terminationStatus : 128 + ended.terminationStatus)
            ends.continuation.finish()
          }
          try process.run()
          continuation.resume(returning: process)
        } catch {
          continuation.resume(throwing: error)
        }
      }
    }
    self.folder = folder
    end = Task {
      for await status in ends.stream { return status }
      return -1
    }
  }

  func signal(_ number: Int32) {
    kill(process.processIdentifier, number)
  }

  /// The exit status; 128 and the signal if one ended it.
  func ended() async -> Int32 { await end.value }

  /// Waits until `found` says so of what the program has written, or the program ends.
  func waits(for found: (RunningProgram) -> Bool) async -> Bool {
    while !found(self) {
      guard isRunning else { return found(self) }
      try? await Task.sleep(for: .milliseconds(10))
    }
    return true
  }

  private func text(_ name: String) -> String {
    String(decoding: FileManager.default.contents(atPath: folder.file(name)) ?? Data(), as: UTF8.self)
  }
}

/// A folder that is removed with its owner.
final class TemporaryFolder: Sendable {
  let path: String

  init(in parent: String = FileManager.default.temporaryDirectory.path) throws {
    path = "\(parent)/seratus-system-\(UUID().uuidString.prefix(13))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  @discardableResult
  func write(_ name: String, _ text: String) throws -> String {
    try Data(text.utf8).write(to: URL(filePath: file(name)))
    return file(name)
  }
}

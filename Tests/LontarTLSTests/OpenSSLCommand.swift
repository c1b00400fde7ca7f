internal import Foundation

/// The `openssl` command: another implementation of the other end, and a second opinion on certificates.
enum OpenSSLCommand {
  struct Result {
    let status: Int32
    let output: String
  }

  static func run(_ arguments: [String], input: String = "") async throws -> Result {
    try await launch("openssl", arguments, input: input)
  }

  /// SHA-256 of the first certificate in a file, 64 lower-case digits.
  static func fingerprint(_ path: String) async throws -> String {
    let line = try await run(["x509", "-in", path, "-noout", "-fingerprint", "-sha256"]).output
    return line.split(separator: "=").last!.lowercased().filter(\.isHexDigit)
  }

  /// Standard output and standard error together, after the command has ended. Waits on a thread of its own: the pool of the tests'
  /// tasks has few.
  static func launch(_ command: String, _ arguments: [String], input: String = "") async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(with: Swift.Result { try wait(command, arguments, input: input) })
      }
    }
  }

  private static func wait(_ command: String, _ arguments: [String], input: String) throws -> Result {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [command] + arguments
    let (standardInput, output) = (Pipe(), Pipe())
    process.standardInput = standardInput
    process.standardOutput = output
    process.standardError = output
    try process.run()
    standardInput.fileHandleForWriting.write(Data(input.utf8))
    try standardInput.fileHandleForWriting.close()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Result(status: process.terminationStatus, output: String(decoding: bytes, as: UTF8.self))
  }

  /// The scripts folder of this package.
  static func script(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("scripts/\(name)").path
  }
}

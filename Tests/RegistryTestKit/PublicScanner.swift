internal import Foundation

/// Debian's sslscan, which tells what a TLS server offers to anybody.
package enum PublicScanner {
  package static let path = "/usr/bin/sslscan"
  package static let isInstalled = FileManager.default.isExecutableFile(atPath: path)

  /// Whether tests that need it are to run. A developer's machine may lack it; where all tools have to be there, they run and fail.
  package static let isWanted: Bool = {
    let environment = ProcessInfo.processInfo.environment
    return isInstalled || environment["CI"] != nil || environment["LONTAR_REQUIRE_TOOLS"] != nil
  }()

  /// What it finds at a port of this machine, as XML. Waits on a thread of its own: the pool of the tests' tasks has few.
  package static func report(port: Int) async throws -> String {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(
          with: Result {
            let process = Process()
            process.executableURL = URL(filePath: path)
            process.arguments = ["--no-colour", "--xml=-", "127.0.0.1:\(port)"]
            let output = Pipe()
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = output
            try process.run()
            let bytes = output.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return String(decoding: bytes, as: UTF8.self)
          })
      }
    }
  }

  /// The attributes of each element with this name, in the order of the report.
  package static func elements(_ name: String, _ report: String) -> [[String: String]] {
    report.components(separatedBy: "<\(name) ").dropFirst().map { rest in
      let words = rest.prefix { $0 != ">" }.split(separator: "\"", omittingEmptySubsequences: false)
      let pairs = stride(from: 0, to: words.count - 1, by: 2).map { at in
        (words[at].trimmingCharacters(in: CharacterSet(charactersIn: " =/")), String(words[at + 1]))
      }
      return Dictionary(pairs) { first, _ in first }
    }
  }
}

internal import Foundation
internal import Synchronization

/// Certificates for localhost, made once per process by scripts/certificates in a folder of its own.
package enum TestCertificates {
  private static let made = Mutex<String?>(nil)

  /// The folder with ca.pem, server.pem and server.key.
  package static func folder() throws -> String {
    try made.withLock { made in
      if let made { return made }
      let folder = FileManager.default.temporaryDirectory.appendingPathComponent("seratus-certificates-\(UUID().uuidString)").path
      try run([folder])
      made = folder
      return folder
    }
  }

  /// Makes certificates of a test's own, on a thread of its own: the pool of the tests' tasks has few.
  /// - Parameter arguments: those of scripts/certificates, the folder first.
  package static func make(_ arguments: [String]) async throws {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { continuation.resume(with: Result { try run(arguments) }) }
    }
  }

  private static func run(_ arguments: [String]) throws {
    let process = Process()
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    process.executableURL = root.appendingPathComponent("scripts/certificates")
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure(status: process.terminationStatus) }
  }

  struct Failure: Error {
    let status: Int32
  }
}

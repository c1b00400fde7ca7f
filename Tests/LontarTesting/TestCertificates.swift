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
      let process = Process()
      let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
      process.executableURL = root.appendingPathComponent("scripts/certificates")
      process.arguments = [folder]
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      guard process.terminationStatus == 0 else { throw Failure(status: process.terminationStatus) }
      made = folder
      return folder
    }
  }

  struct Failure: Error {
    let status: Int32
  }
}

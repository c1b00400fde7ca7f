import Foundation
import NIOCore

/// The golden bytes of `proto/golden`: hex with spaces, `#` starts a comment.
enum Golden {
  static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("proto/golden")

  static var names: [String] {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".hex") }
        .map { String($0.dropLast(4)) }.sorted()
    }
  }

  static func bytes(_ name: String) throws -> ByteBuffer {
    let text = try String(contentsOf: folder.appendingPathComponent("\(name).hex"), encoding: .utf8)
    var buffer = ByteBuffer()
    for line in text.split(separator: "\n") {
      for word in line.prefix(while: { $0 != "#" }).split(separator: " ") {
        guard let byte = UInt8(word, radix: 16) else { throw BadHex(file: name, word: String(word)) }
        buffer.writeInteger(byte)
      }
    }
    return buffer
  }

  /// Several files, one behind the other.
  static func session(_ names: [String]) throws -> ByteBuffer {
    try names.reduce(into: ByteBuffer()) { $0.writeImmutableBuffer(try bytes($1)) }
  }

  struct BadHex: Error {
    let file: String
    let word: String
  }

  /// What a client says in one connection, with the frame types it may send.
  static let clientSession = [
    "hello-client", "open-minimal", "open-end", "open-timeout", "open-trace", "open-key", "open-metadata", "open-inline",
    "open-everything", "msg-first", "ping", "msg-continued", "unknown-ignorable", "msg-last", "msg-empty", "msg-whole",
    "credit-stream", "credit-connection", "reset", "half-close", "goaway-final",
  ]

  /// What a server says to a client that has opened streams 1 to 15.
  static let serverSession = [
    "hello-server", "head", "msg-first", "ping", "msg-continued", "max-calls", "unknown-ignorable", "msg-last", "msg-empty",
    "credit-stream", "credit-connection", "status-ok", "status-inline", "goaway-drain", "status-everything", "reset",
    "reset-not-processed", "goaway-final",
  ]
}

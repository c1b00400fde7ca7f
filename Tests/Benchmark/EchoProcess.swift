internal import ArgumentParser
internal import Foundation

/// The echo server in a process of its own, so that its CPU is counted apart from the load's.
struct EchoProcess {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  let port: Int
  let certificates: String

  /// - Parameters:
  ///   - running: port and certificate folder of a server that somebody else started.
  ///   - arguments: with which this program serves.
  ///   - core: the one core that it may use; nil: all.
  init(running: String? = nil, arguments: [String], core: Int? = nil) throws {
    if let running {
      (port, certificates) = try Self.place(running)
      return
    }
    let taskset = core.map { ["taskset", "--cpu-list", "\($0)"] } ?? []
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = taskset + [CommandLine.arguments[0]] + arguments
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    (port, certificates) = try Self.place(Self.line(output))
  }

  private static func place(_ line: String) throws -> (Int, String) {
    let words = line.split(separator: " ")
    guard words.count == 2, let port = Int(words[0]) else { throw ValidationError("the echo server did not start") }
    return (port, String(words[1]))
  }

  /// NaN for a server that somebody else started.
  func cpu() throws -> Double {
    guard process.isRunning else { return .nan }
    try input.fileHandleForWriting.write(contentsOf: Data("cpu\n".utf8))
    return Double(try Self.line(output)) ?? .nan
  }

  func stop() {
    guard process.isRunning else { return }
    process.terminate()
    process.waitUntilExit()
  }

  private static func line(_ pipe: Pipe) throws -> String {
    var bytes: [UInt8] = []
    while let byte = try pipe.fileHandleForReading.read(upToCount: 1)?.first, byte != UInt8(ascii: "\n") { bytes.append(byte) }
    return String(decoding: bytes, as: UTF8.self)
  }
}

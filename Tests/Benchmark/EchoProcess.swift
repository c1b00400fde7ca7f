internal import ArgumentParser
internal import Foundation

/// An echo server in a process of its own, so that its CPU and memory are counted apart from the load's.
struct EchoProcess {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  let port: Int
  let certificates: String

  /// - Parameters:
  ///   - running: port and certificate folder of a server that somebody else started; its CPU and memory are not known.
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

  /// User and system time so far, in seconds.
  func cpu() -> Double {
    guard process.isRunning else { return .nan }
    var clock = clockid_t()
    var time = timespec()
    guard clock_getcpuclockid(process.processIdentifier, &clock) == 0, clock_gettime(clock, &time) == 0 else { return .nan }
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// What it holds in memory, in MB: now, and at most so far.
  func memory() -> (now: Double, peak: Double) {
    let path = "/proc/\(process.processIdentifier)/status"
    guard process.isRunning, let status = try? String(contentsOfFile: path, encoding: .utf8) else { return (.nan, .nan) }
    func megabytes(_ name: String) -> Double {
      let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
      return line.flatMap { Double($0.split(whereSeparator: \.isWhitespace)[1]) }.map { $0 * 1_024 / 1e6 } ?? .nan
    }
    return (megabytes("VmRSS:"), megabytes("VmHWM:"))
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

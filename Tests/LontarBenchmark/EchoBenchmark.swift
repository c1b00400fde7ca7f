internal import ArgumentParser
internal import Foundation
internal import Lontar
internal import LontarTLS
internal import LontarTesting

/// Unary echo over TLS: calls per second, latency and server CPU per call. The server runs as a process of its own (`serve`), so that
/// its CPU is counted apart from the load's.
@main
struct EchoBenchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lontar-benchmark", abstract: "Lontar's echo benchmark", subcommands: [Serve.self, Load.self])

  /// Serves until its standard input ends, then prints the CPU time that it used.
  struct Serve: AsyncParsableCommand {
    @Option var loops = 1

    func run() async throws {
      let echo = try await EchoServer.start(callsMax: 1024, eventLoops: loops)
      print("\(echo.port) \(try TestCertificates.folder())")
      fflush(nil)
      while let line = readLine() {
        if line == "cpu" { print(cpuSeconds()) }
        fflush(nil)
      }
    }
  }

  struct Load: AsyncParsableCommand {
    @Option var connections = 1
    @Option var inFlight = 1
    @Option var seconds = 5.0
    @Option var requestBytes = 64
    @Option var responseBytes = 256

    func run() async throws {
      let server = try ServerProcess()
      let folder = server.certificates
      let clients = try (0..<connections).map { _ in
        try LontarClient(
          ClientConfiguration(
            host: "127.0.0.1", port: server.port,
            tls: TLSClientConfiguration(
              trustRootsPath: folder + "/ca.pem", serverName: "localhost", applicationProtocols: [LontarServer.applicationProtocol])))
      }
      var request = Lontar_Testing_V1_EchoRequest()
      request.payload = Data(repeating: 7, count: requestBytes)
      request.responseBytes = UInt32(responseBytes)
      _ = try await drive(clients, request, seconds: min(1, seconds / 4))
      let before = try server.cpu()
      let (latencies, elapsed) = try await drive(clients, request, seconds: seconds)
      let cpu = try server.cpu() - before
      let sorted = latencies.sorted()
      let p50 = Double(sorted[sorted.count / 2]) / 1_000
      let p99 = Double(sorted[sorted.count * 99 / 100]) / 1_000
      print(
        String(
          format: "%dx%d: %.0f calls/s, p50 %.0f us, p99 %.0f us, server CPU %.2f us a call (%d calls)", connections, inFlight,
          Double(sorted.count) / elapsed, p50, p99, cpu * 1e6 / Double(sorted.count), sorted.count))
      server.stop()
    }

    private func drive(
      _ clients: [LontarClient], _ request: Lontar_Testing_V1_EchoRequest, seconds: Double
    ) async throws -> ([Int64], Double) {
      let clock = ContinuousClock()
      let start = clock.now
      let end = start + .seconds(seconds)
      let latencies = try await withThrowingTaskGroup(of: [Int64].self) { group in
        for client in clients {
          for _ in 0..<inFlight {
            group.addTask(executorPreference: client.executor) {
              let echo = Lontar_Testing_V1_EchoClient(client)
              var latencies: [Int64] = []
              var now = clock.now
              while now < end {
                let answer = try await echo.unary(request, options: CallOptions(timeout: .seconds(10)))
                precondition(answer.payload.count == responseBytes)
                let later = clock.now
                latencies.append((later - now).components.attoseconds / 1_000_000_000)
                now = later
              }
              return latencies
            }
          }
        }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      let elapsed = (clock.now - start).components
      return (latencies, Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18)
    }
  }
}

/// User and system time of this process so far.
private func cpuSeconds() -> Double {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
}

private struct ServerProcess {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  let port: Int
  let certificates: String

  init() throws {
    process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
    process.arguments = ["serve"]
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    let words = try Self.line(output).split(separator: " ")
    guard words.count == 2, let port = Int(words[0]) else { throw ValidationError("the server did not start") }
    self.port = port
    certificates = String(words[1])
  }

  func cpu() throws -> Double {
    try input.fileHandleForWriting.write(contentsOf: Data("cpu\n".utf8))
    return Double(try Self.line(output)) ?? .nan
  }

  func stop() {
    process.terminate()
    process.waitUntilExit()
  }

  private static func line(_ pipe: Pipe) throws -> String {
    var bytes: [UInt8] = []
    while let byte = try pipe.fileHandleForReading.read(upToCount: 1)?.first, byte != UInt8(ascii: "\n") { bytes.append(byte) }
    return String(decoding: bytes, as: UTF8.self)
  }
}

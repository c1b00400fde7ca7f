internal import ArgumentParser
internal import Foundation
internal import Lontar
internal import LontarTLS
internal import LontarTesting

/// Serves the echo until its standard input ends; answers each line "cpu" with the CPU seconds that it has used.
struct EchoServe: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "echo-serve")

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

/// Unary echo over TLS: calls per second, latency and server CPU per call.
struct EchoLoad: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "echo")

  @Option var connections = 1
  @Option var inFlight = 1
  @Option var seconds = 5.0
  @Option var requestBytes = 64
  @Option var responseBytes = 256
  @Option(help: "Port and certificate folder of a running echo-serve, as it printed them: to profile a server by itself.")
  var server: String?
  @Option(help: "Ends after so many calls of each task, for counts that must not depend on time.")
  var calls = Int.max

  func run() async throws {
    let server = try EchoProcess(running: server)
    defer { server.stop() }
    let clients = try (0..<connections).map { _ in
      try LontarClient(
        ClientConfiguration(
          host: "127.0.0.1", port: server.port,
          tls: TLSClientConfiguration(
            trustRootsPath: server.certificates + "/ca.pem", serverName: "localhost",
            applicationProtocols: [LontarServer.applicationProtocol])))
    }
    var prepared = Lontar_Testing_V1_EchoRequest()
    prepared.payload = Data(repeating: 7, count: requestBytes)
    prepared.responseBytes = UInt32(responseBytes)
    let (request, expected) = (prepared, responseBytes)
    let call: @Sendable (Int) async throws -> Void = { client in
      let answer = try await Lontar_Testing_V1_EchoClient(clients[client]).unary(
        request, options: CallOptions(timeout: .seconds(10)))
      precondition(answer.payload.count == expected)
    }
    _ = try await Load(clients: clients, inFlight: inFlight, seconds: seconds / 4, calls: calls, call: call)
    let before = try server.cpu()
    let load = try await Load(clients: clients, inFlight: inFlight, seconds: seconds, calls: calls, call: call)
    let cpu = (try server.cpu() - before) * 1e6 / Double(load.calls)
    print("echo \(connections)x\(inFlight): \(load), server CPU \(String(format: "%.2f", cpu)) us a call")
  }
}

/// The echo server in a process of its own, so that its CPU is counted apart from the load's.
private struct EchoProcess {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  let port: Int
  let certificates: String

  init(running: String?) throws {
    if let running {
      (port, certificates) = try Self.place(running)
      return
    }
    process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
    process.arguments = ["echo-serve"]
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

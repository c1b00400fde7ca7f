internal import ArgumentParser
internal import Foundation
internal import Lontar
internal import LontarTLS
internal import LontarTesting

/// Serves the echo until its standard input ends; answers each line "cpu" with the CPU seconds that it has used.
struct EchoServe: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "echo-serve")

  @Option var loops = 1
  @Option(help: "Folder with ca.pem, server.pem and server.key; left out: a new one.")
  var certificates: String?
  @Option(help: "The longest frame with message bytes that it takes.")
  var framePayload = 16_372

  func run() async throws {
    let (frames, folder) = (framePayload, try certificates ?? TestCertificates.folder())
    let credentials = TLSCredentialFiles(certificateChainPath: folder + "/server.pem", privateKeyPath: folder + "/server.key")
    let echo = try await EchoServer.start(
      callsMax: 1024, eventLoops: loops,
      adjust: {
        $0.tls.credentials = credentials
        $0.limits.framePayloadBytesMax = frames
      })
    print("\(echo.port) \(folder)")
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
  @Option(help: "Certificate folder for the server.")
  var certificates: String?
  @Option(help: "The one core that the server may use; left out: all.")
  var serverCore: Int?
  @Option(help: "Ends after so many calls of each task, for counts that must not depend on time.")
  var calls = Int.max

  func run() async throws {
    let server = try EchoProcess(
      running: server, arguments: ["echo-serve"] + (certificates.map { ["--certificates", $0] } ?? []), core: serverCore)
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
    let executors = clients.map(\.executor)
    _ = try await Load(executors: executors, inFlight: inFlight, seconds: seconds / 4, calls: calls, call: call)
    let before = try server.cpu()
    let load = try await Load(executors: executors, inFlight: inFlight, seconds: seconds, calls: calls, call: call)
    let cpu = (try server.cpu() - before) * 1e6 / Double(load.calls)
    print("echo \(connections)x\(inFlight): \(load), server CPU \(String(format: "%.2f", cpu)) us a call")
  }
}

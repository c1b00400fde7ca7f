internal import ArgumentParser
internal import Foundation
internal import Lontar
internal import LontarTLS
internal import LontarTesting

/// Lontar's echo. Its tasks run on the client's event loop.
struct LontarSide: EchoSide {
  struct Settings: EchoSettings {
    var serverArguments: [String] { ["--as-peers"] }
  }

  private let client: LontarClient

  init(_ server: EchoProcess, _ settings: Settings) throws {
    client = try LontarClient(
      ClientConfiguration(
        host: "127.0.0.1", port: server.port,
        tls: TLSClientConfiguration(
          trustRootsPath: server.certificates + "/ca.pem", serverName: "localhost",
          applicationProtocols: [LontarServer.applicationProtocol])))
  }

  static func request(bytes: Int, responseBytes: Int, responses: Int) -> Lontar_Testing_V1_EchoRequest {
    var request = Lontar_Testing_V1_EchoRequest()
    request.payload = Data(repeating: 7, count: bytes)
    request.responseBytes = UInt32(responseBytes)
    request.responseCount = UInt32(responses)
    return request
  }

  var executor: (any TaskExecutor)? { client.executor }

  func unary(_ request: Lontar_Testing_V1_EchoRequest) async throws -> Int {
    let options = CallOptions(timeout: .seconds(10))
    return try await Lontar_Testing_V1_EchoClient(client).unary(request, options: options).payload.count
  }

  func stream(_ request: Lontar_Testing_V1_EchoRequest, payloadBytes: Int) async throws -> Int {
    let options = CallOptions(timeout: .seconds(120))
    var count = 0
    for try await answer in try await Lontar_Testing_V1_EchoClient(client).serverStream(request, options: options) {
      precondition(answer.payload.count == payloadBytes)
      count += 1
    }
    return count
  }

  func close() async throws {
    await client.shutdown()
  }
}

/// Serves the echo until its standard input ends.
struct EchoServe: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "serve", aliases: ["echo-serve"])

  @Option var loops = 1
  @Option(help: "Folder with ca.pem, server.pem and server.key; left out: a new one.")
  var certificates: String?
  @Option(help: "The longest frame with message bytes that it takes.")
  var framePayload = 16_372
  @Flag(help: "Answers unary calls as the peers' echo does, which knows of no deadline and no codec.")
  var asPeers = false

  func run() async throws {
    let folder = try certificates ?? TestCertificates.folder()
    let credentials = TLSCredentialFiles(certificateChainPath: folder + "/server.pem", privateKeyPath: folder + "/server.key")
    var configuration = ServerConfiguration(
      host: "127.0.0.1", port: 0,
      tls: TLSServerConfiguration(credentials: credentials, applicationProtocols: [LontarServer.applicationProtocol]))
    configuration.eventLoops = loops
    configuration.connectionsMax = 10_000
    configuration.limits.callsPerConnectionMax = 1_024
    configuration.limits.framePayloadBytesMax = framePayload
    var router = Router()
    router.register(BenchmarkEcho(asPeers: asPeers))
    let server = try LontarServer(configuration: configuration, router: router)
    print("\(try await server.start().port) \(folder)")
    fflush(nil)
    while readLine() != nil {}
  }
}

/// The echo of the tests. Streams that only ask for so many messages of so many bytes have their message made once: what is measured is
/// how it is written, each by itself.
private struct BenchmarkEcho: Lontar_Testing_V1_EchoHandler {
  let asPeers: Bool
  private let echo = EchoService()

  init(asPeers: Bool) {
    self.asPeers = asPeers
  }

  func unary(_ request: Lontar_Testing_V1_EchoRequest, context: CallContext) async throws -> Lontar_Testing_V1_EchoResponse {
    guard asPeers else { return try await echo.unary(request, context: context) }
    if request.sleepMilliseconds > 0 { try await Task.sleep(for: .milliseconds(request.sleepMilliseconds)) }
    if request.failWithCode != 0 { throw RPCError(.unknown, request.failMessage) }
    var response = Lontar_Testing_V1_EchoResponse()
    response.payload = request.responseBytes == 0 ? request.payload : Data(count: Int(request.responseBytes))
    return response
  }

  func serverStream(
    _ request: Lontar_Testing_V1_EchoRequest, to writer: ResponseWriter<Lontar_Testing_V1_EchoResponse>, context: CallContext
  ) async throws {
    guard request.responseBytes > 0, request.responseCodec == 0, request.failWithCode == 0, request.sleepMilliseconds == 0 else {
      return try await echo.serverStream(request, to: writer, context: context)
    }
    var response = Lontar_Testing_V1_EchoResponse()
    response.payload = Data(count: Int(request.responseBytes))
    for _ in 0..<request.responseCount { try await writer.write(response) }
  }

  func clientStream(_ requests: RequestStream<Lontar_Testing_V1_EchoRequest>, context: CallContext) async throws
    -> Lontar_Testing_V1_EchoResponse
  {
    try await echo.clientStream(requests, context: context)
  }

  func bidiStream(
    _ requests: RequestStream<Lontar_Testing_V1_EchoRequest>, to writer: ResponseWriter<Lontar_Testing_V1_EchoResponse>,
    context: CallContext
  ) async throws {
    try await echo.bidiStream(requests, to: writer, context: context)
  }
}

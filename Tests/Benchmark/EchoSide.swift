internal import ArgumentParser
internal import Foundation

/// One of the systems that are measured: a connection to its echo server.
protocol EchoSide: Sendable {
  associatedtype Settings: EchoSettings
  associatedtype Request: Sendable

  /// - Parameter server: its port on loopback, and the folder with the `ca.pem` of its certificate for `localhost`.
  init(_ server: EchoProcess, _ settings: Settings) throws
  static func request(bytes: Int, responseBytes: Int, responses: Int) -> Request
  /// Where its tasks run best; nil: on the global executor.
  var executor: (any TaskExecutor)? { get }
  /// Connects if need be. Returns the bytes of the answer's payload.
  func unary(_ request: Request) async throws -> Int
  /// Reads a stream of answers, each with so many bytes of payload. Returns how many there were.
  func stream(_ request: Request, payloadBytes: Int) async throws -> Int
  func close() async throws
}

/// What one side can be told beyond what all have in common.
protocol EchoSettings: ParsableArguments, Sendable {
  /// The same for its server.
  var serverArguments: [String] { get }
}

/// What all loads are told.
struct ServerPlace: ParsableArguments {
  @Option(help: "Port and certificate folder of a running server, as it printed them: to profile a server by itself.")
  var server: String?
  @Option(help: "Folder with ca.pem, server.pem and server.key for the server.")
  var certificates: String?
  @Option(help: "The one core that the server may use; left out: all.")
  var serverCore: Int?

  func start(_ settings: some EchoSettings) throws -> EchoProcess {
    let folder = certificates.map { ["--certificates", $0] } ?? []
    return try EchoProcess(running: server, arguments: ["serve"] + folder + settings.serverArguments, core: serverCore)
  }
}

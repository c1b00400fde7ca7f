internal import ArgumentParser
internal import Foundation
internal import Lontar
internal import LontarTLS
internal import RegistryProtocol

/// Regions that read about themselves: TLS, session, row security and PostgreSQL in each call. One connection for each token.
struct RegistryLoad: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "registry")

  @Option var port: Int
  @Option var ca: String
  @Option(help: "File with lines CODE TOKEN.") var tokens: String
  @Option(help: "region: the region's card (GetRegion); score: its newest score (ListScores).") var read = "region"
  @Option var inFlight = 16
  @Option var seconds = 10.0

  func run() async throws {
    let lines = try String(contentsOfFile: tokens, encoding: .utf8).split(separator: "\n")
    let sessions = lines.map { $0.split(separator: " ").map(String.init) }
    let clients = try sessions.map { _ in
      try LontarClient(
        ClientConfiguration(
          host: "127.0.0.1", port: port,
          tls: TLSClientConfiguration(
            trustRootsPath: ca, serverName: "localhost", applicationProtocols: [LontarServer.applicationProtocol])))
    }
    let score: @Sendable (Int) async throws -> Void = { number in
      var request = Seratus_V1_ListScoresRequest()
      request.region = sessions[number][0]
      request.pageSize = 1
      let answer = try await Seratus_V1_ScoreServiceClient(clients[number]).listScores(
        request, options: Self.options(sessions[number]))
      precondition(answer.scores.count == 1 && answer.scores[0].region.kemendagriCode == sessions[number][0])
    }
    let region: @Sendable (Int) async throws -> Void = { number in
      var request = Seratus_V1_GetRegionRequest()
      request.region = sessions[number][0]
      let answer = try await Seratus_V1_RegionServiceClient(clients[number]).getRegion(
        request, options: Self.options(sessions[number]))
      precondition(answer.region.kemendagriCode == sessions[number][0] && !answer.codes.isEmpty)
    }
    guard ["region", "score"].contains(read) else { throw ValidationError("--read takes region or score, not \(read)") }
    let call = read == "region" ? region : score
    _ = try await Load(executors: clients.map(\.executor), inFlight: inFlight, seconds: seconds / 4, call: call)
    let load = try await Load(executors: clients.map(\.executor), inFlight: inFlight, seconds: seconds, call: call)
    print("seratus \(clients.count)x\(inFlight): \(load)")
  }

  private static func options(_ session: [String]) -> CallOptions {
    CallOptions(timeout: .seconds(10), metadata: ["authorization": "Bearer \(session[1])"])
  }
}

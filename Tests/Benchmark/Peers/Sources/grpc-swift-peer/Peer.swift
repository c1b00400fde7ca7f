internal import ArgumentParser

/// The echo of Tests/LontarTesting over gRPC: server and load, with the options and the output of seratus-benchmark's.
@main
struct Peer: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "grpc-swift-peer", abstract: "grpc-swift-2's echo, to be measured beside Lontar's",
    subcommands: [Serve.self, EchoLoad.self])
}

internal import ArgumentParser

/// The echo of Tests/LontarTesting over gRPC: server and loads, with the options and the output of seratus-benchmark's.
@main
struct Peer: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "grpc-swift-peer", abstract: "grpc-swift-2's echo, to be measured beside Lontar's",
    subcommands: [
      Serve.self, UnaryLoad<GRPCSide>.self, StreamLoad<GRPCSide>.self, SetUpLoad<GRPCSide>.self, IdleLoad<GRPCSide>.self,
    ])
}

/// How grpc-swift-2 is run, server and client.
struct GRPCSettings: EchoSettings {
  @Flag(help: "Server and client flush at once what the default holds back for up to 100 us, to send it with what comes next.")
  var noCoalescing = false
  @Option(help: "A stream's messages are written so many at a time.")
  var batch = 1

  var serverArguments: [String] { (noCoalescing ? ["--no-coalescing"] : []) + ["--batch", "\(batch)"] }
}

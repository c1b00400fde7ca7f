internal import ArgumentParser

/// What scripts/bench runs: the load, and for the echo its server as a process of its own.
@main
struct Benchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "seratus-benchmark", abstract: "Load for the benchmarks of Lontar and Seratus",
    subcommands: [EchoServe.self, EchoLoad.self, InteropServe.self, RegistryLoad.self])
}

internal import ArgumentParser
internal import RegistryServer

/// The daemon of the registry and what its operator does.
@main
struct Seratusd: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "seratusd",
    abstract: "The daemon of Seratus, the registry of the smart city movement.",
    discussion: """
      Settings come from flags (--set KEY=VALUE), then the environment (SERATUS_…), then a JSON file (--config FILE or SERATUS_CONFIG),
      then their defaults. `seratusd config --describe` lists them all.

      Exit status: 0 done; 64 wrong usage; 65 input that can't be accepted; 69 something is away (database, port, server);
      70 an error of the program; 78 configuration or certificates.

      First steps:
        seratusd migrate
        seratusd reference load
        seratusd serve
        seratusd token issue --role ministry_analyst --label trial
      """,
    version: RegistryServer.software,
    subcommands: [
      ServeCommand.self, ConfigCommand.self, CheckCommand.self, MigrateCommand.self, ReferenceCommand.self, DemoCommand.self,
      AccountCommand.self, TokenCommand.self, HealthCommand.self,
    ])
}

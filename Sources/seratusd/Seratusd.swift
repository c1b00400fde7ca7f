internal import ArgumentParser
internal import Foundation
internal import RegistryModel
internal import RegistryProtocol
internal import RegistryServer

/// The daemon of the registry and what its operator does.
@main
struct Seratusd: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "seratusd",
    abstract: words(
      id: "Daemon Seratus, registri gerakan kota cerdas.", en: "The daemon of Seratus, the registry of the smart city movement."),
    discussion: words(
      id: """
        Pengaturan datang dari opsi (--set KUNCI=NILAI), lalu lingkungan (SERATUS_…), lalu berkas JSON (--config BERKAS atau SERATUS_CONFIG),
        lalu bawaannya. `seratusd config --describe` menyebut semuanya.

        Status akhir: 0 selesai; 64 salah pakai; 65 masukan yang tidak dapat diterima; 69 ada yang tidak terjangkau (basis data, port, server);
        70 galat program; 78 pengaturan atau sertifikat.

        Langkah pertama:
          seratusd migrate
          seratusd reference load
          seratusd serve
          seratusd token issue --role ministry_analyst --label percobaan
        """,
      en: """
        Settings come from flags (--set KEY=VALUE), then the environment (SERATUS_…), then a JSON file (--config FILE or SERATUS_CONFIG),
        then their defaults. `seratusd config --describe` lists them all.

        Exit status: 0 done; 64 wrong usage; 65 input that can't be accepted; 69 something is away (database, port, server);
        70 an error of the program; 78 configuration or certificates.

        First steps:
          seratusd migrate
          seratusd reference load
          seratusd serve
          seratusd token issue --role ministry_analyst --label trial
        """),
    version: RegistryServer.software,
    subcommands: [
      ServeCommand.self, ConfigCommand.self, CheckCommand.self, MigrateCommand.self, ReferenceCommand.self, DemoCommand.self,
      AccountCommand.self, TokenCommand.self, HealthCommand.self,
    ])

  /// As ArgumentParser's own, with the parser's words in the language of this run.
  static func main() async {
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch  where Speech.language == .indonesian {
      let text = UsageWords.indonesian(fullMessage(for: error))
      let code = exitCode(for: error)
      let output = code == .success ? FileHandle.standardOutput : .standardError
      if !text.isEmpty { output.write(Data((text + "\n").utf8)) }
      Foundation.exit(code.rawValue)
    } catch {
      exit(withError: error)
    }
  }
}

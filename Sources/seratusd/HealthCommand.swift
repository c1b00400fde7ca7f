internal import ArgumentParser
internal import RegistryServer

struct HealthCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "health", abstract: "Ask a running daemon whether it serves; status 0 if it does, 69 if not.")

  @OptionGroup var options: SettingsOptions

  @Option(help: "Host of the daemon; else listen.host.")
  var host: String?

  @Option(help: "Port of the daemon; else listen.port.")
  var port: Int?

  @Option(help: ArgumentHelp("PEM file of the authority that signed its certificate.", valueName: "file"))
  var ca: String?

  @Option(help: "Name in its certificate, if it is not the host.")
  var serverName: String?

  @Option(help: "Seconds to wait until it serves; 0: ask once.")
  var wait = 0

  func run() async throws {
    try await Failure.told {
      let settings = try options.settings()
      let probe = HealthProbe(
        host: host ?? settings.listening.host, port: port ?? settings.listening.port, authorityPath: ca, serverName: serverName)
      try await probe.ask(waitSeconds: wait)
      print("SERVING")
    }
  }
}

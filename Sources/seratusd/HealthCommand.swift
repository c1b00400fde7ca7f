internal import ArgumentParser
internal import RegistryServer

struct HealthCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "health",
    abstract: words(
      id: "Tanya daemon yang berjalan apakah ia melayani; status 0 bila ya, 69 bila tidak.",
      en: "Ask a running daemon whether it serves; status 0 if it does, 69 if not."))

  @OptionGroup var options: SettingsOptions

  @Option(help: helped(id: "Host daemon; kalau tidak, listen.host.", en: "Host of the daemon; else listen.host."))
  var host: String?

  @Option(help: helped(id: "Port daemon; kalau tidak, listen.port.", en: "Port of the daemon; else listen.port."))
  var port: Int?

  @Option(
    help: helped(
      id: "Berkas PEM otoritas yang menandatangani sertifikatnya.", en: "PEM file of the authority that signed its certificate.",
      value: "file"))
  var ca: String?

  @Option(help: helped(id: "Nama dalam sertifikatnya, bila bukan host.", en: "Name in its certificate, if it is not the host."))
  var serverName: String?

  @Option(
    help: helped(id: "Detik menunggu sampai melayani; 0: tanya sekali.", en: "Seconds to wait until it serves; 0: ask once."))
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

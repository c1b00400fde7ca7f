internal import ArgumentParser
internal import Foundation
internal import Logging
internal import RegistryServer

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: words(
      id: "Layani registri sampai SIGTERM atau SIGINT; SIGHUP membaca ulang sertifikat.",
      en: "Serve the registry until SIGTERM or SIGINT; SIGHUP reads the certificates anew."),
    discussion: words(
      id: """
        Di stdout hanya satu baris dengan alamatnya, setelah panggilan diterima; log di stderr. Selama basis data tidak terjangkau, daemon tetap
        berjalan, menjawab NOT_SERVING kepada pemeriksa kesehatan dan UNAVAILABLE kepada panggilan.
        """,
      en: """
        Prints nothing on stdout but one line with the address once calls are taken; logs on stderr. While the database is away the daemon
        runs on, says NOT_SERVING to health checks and answers calls with UNAVAILABLE.
        """))

  @OptionGroup var options: SettingsOptions

  @Option(
    help: helped(id: "Alamat untuk didengarkan, pengganti listen.host.", en: "Address to listen on, instead of listen.host."))
  var host: String?

  @Option(
    help: helped(
      id: "Port untuk didengarkan, pengganti listen.port; 0: yang mana saja yang bebas.",
      en: "Port to listen on, instead of listen.port; 0: any free one."))
  var port: Int?

  mutating func run() async throws {
    if let host { options.assignments.append("listen.host=\(host)") }
    if let port { options.assignments.append("listen.port=\(port)") }
    let sink = LogSink()
    defer { sink.flush() }
    try await Failure.told { [options] in
      let settings = try options.settings()
      let daemon = try Daemon(settings: settings, logger: Self.logger(settings, sink))
      try await daemon.run { host, port in
        // Written at once, unlike print to a pipe: scripts wait for this line.
        FileHandle.standardOutput.write(Data("listening on \(host) port \(port)\n".utf8))
      }
    }
  }

  private static func logger(_ settings: ServerSettings, _ sink: LogSink) -> Logger {
    let format = LogLineHandler.Format(rawValue: settings.logFormat) ?? .logfmt
    let level = Logger.Level(rawValue: settings.logLevel) ?? .info
    return Logger(label: "seratusd") { _ in LogLineHandler(format: format, level: level, sink: sink) }
  }
}

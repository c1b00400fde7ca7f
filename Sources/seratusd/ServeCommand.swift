internal import ArgumentParser
internal import Foundation
internal import Logging
internal import RegistryServer

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serve the registry until SIGTERM or SIGINT; SIGHUP reads the certificates anew.",
    discussion: """
      Prints nothing on stdout but one line with the address once calls are taken; logs on stderr. While the database is away the daemon
      runs on, says NOT_SERVING to health checks and answers calls with UNAVAILABLE.
      """)

  @OptionGroup var options: SettingsOptions

  @Option(help: "Address to listen on, instead of listen.host.")
  var host: String?

  @Option(help: "Port to listen on, instead of listen.port; 0: any free one.")
  var port: Int?

  mutating func run() async throws {
    if let host { options.assignments.append("listen.host=\(host)") }
    if let port { options.assignments.append("listen.port=\(port)") }
    let sink = LogSink()
    defer { sink.flush() }
    try await Failure.told { [options] in
      let settings = try options.settings()
      let daemon = try Daemon(settings: settings, logger: Self.logger(settings, sink))
      // print would keep the line back from a pipe until the daemon ends.
      try await daemon.run { host, port in
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

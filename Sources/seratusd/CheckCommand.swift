internal import ArgumentParser
internal import Logging
internal import RegistryServer

struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Check configuration, certificates, database and schema without serving.")

  @OptionGroup var options: SettingsOptions

  func run() async throws {
    try await Failure.told {
      let settings = try options.settings()
      print("ok    configuration")
      let server = try RegistryServer(settings: settings, logger: Logger(label: "seratusd") { _ in SwiftLogNoOpLogHandler() })
      print("ok    certificates")
      try await server.examineDatabase()
      print("ok    database and schema (migration \(SchemaRequirement.version))")
    }
  }
}

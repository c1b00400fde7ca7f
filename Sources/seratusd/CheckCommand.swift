internal import ArgumentParser
internal import Logging
internal import RegistryServer

struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: words(
      id: "Periksa pengaturan, sertifikat, basis data dan skema tanpa melayani.",
      en: "Check configuration, certificates, database and schema without serving."))

  @OptionGroup var options: SettingsOptions

  func run() async throws {
    try await Failure.told {
      var settings = try options.settings()
      // A daemon may be writing it.
      settings.observation.frames = nil
      print(words(id: "baik  pengaturan", en: "ok    configuration"))
      let server = try RegistryServer(settings: settings, logger: Logger(label: "seratusd") { _ in SwiftLogNoOpLogHandler() })
      print(words(id: "baik  sertifikat", en: "ok    certificates"))
      try await server.examineDatabase()
      print(
        words(
          id: "baik  basis data dan skema (migrasi \(SchemaRequirement.version))",
          en: "ok    database and schema (migration \(SchemaRequirement.version))"))
    }
  }
}

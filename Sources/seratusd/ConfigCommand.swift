internal import ArgumentParser
internal import RegistryServer

struct ConfigCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Print the effective settings, where each comes from, and no secrets.")

  @OptionGroup var options: SettingsOptions

  @Flag(help: "Say what each setting is for, with its limits, default and names.")
  var describe = false

  func run() async throws {
    try await Failure.told {
      if describe {
        print(SettingsLayers.description())
      } else {
        let layers = try options.layers()
        _ = try ServerSettings(layers)
        print(try layers.effective())
      }
    }
  }
}

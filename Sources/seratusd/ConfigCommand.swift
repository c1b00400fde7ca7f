internal import ArgumentParser
internal import RegistryServer

struct ConfigCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config",
    abstract: words(
      id: "Tampilkan pengaturan yang berlaku dan asalnya, tanpa rahasia.",
      en: "Print the effective settings, where each comes from, and no secrets."))

  @OptionGroup var options: SettingsOptions

  @Flag(
    help: helped(
      id: "Sebut guna tiap pengaturan, batas, bawaan dan namanya.",
      en: "Say what each setting is for, with its limits, default and names."))
  var describe = false

  func run() async throws {
    try await Failure.told {
      if describe {
        print(SettingsLayers.description(Speech.language))
      } else {
        let layers = try options.layers()
        _ = try ServerSettings(layers)
        print(try layers.effective())
      }
    }
  }
}

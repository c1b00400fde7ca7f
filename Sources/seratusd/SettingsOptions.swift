internal import ArgumentParser
internal import Foundation
internal import RegistryModel
internal import RegistryServer

/// Where the settings of a command come from.
struct SettingsOptions: ParsableArguments {
  @Option(
    help: helped(
      id: "Berkas JSON pengaturan; kalau tidak, SERATUS_CONFIG.",
      en: "JSON file of settings; else SERATUS_CONFIG, if that is set.", value: "file"))
  var config: String?

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: helped(
      id: "Satu pengaturan, seperti --set listen.port=7200; boleh berulang.",
      en: "One setting, as in --set listen.port=7200; repeat for more.", value: "key=value"))
  var assignments: [String] = []

  @Option(
    help: helped(
      id: "Bahasa: id atau en. Bawaan: SERATUS_LANG, lalu LANG.", en: "Language: id or en. Default: SERATUS_LANG, then LANG."))
  var lang: Language?

  func layers() throws -> SettingsLayers {
    let environment = ProcessInfo.processInfo.environment
    var flags: [String: String] = [:]
    for assignment in assignments {
      let parts = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty else {
        throw ValidationError(
          words(
            id: "--set memerlukan KUNCI=NILAI, seperti --set listen.port=7200; bukan \"\(parts[0])\"",
            en: "--set takes KEY=VALUE, as in --set listen.port=7200; not \"\(parts[0])\""))
      }
      flags[String(parts[0])] = String(parts[1])
    }
    return try SettingsLayers(flags: flags, environment: environment, filePath: config ?? environment["SERATUS_CONFIG"])
  }

  func settings() throws -> ServerSettings { try ServerSettings(layers()) }
}

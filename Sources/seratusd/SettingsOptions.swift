internal import ArgumentParser
internal import Foundation
internal import RegistryServer

/// Where the settings of a command come from.
struct SettingsOptions: ParsableArguments {
  @Option(help: ArgumentHelp("JSON file of settings; else SERATUS_CONFIG, if that is set.", valueName: "file"))
  var config: String?

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp("One setting, as in --set listen.port=7200; repeat for more.", valueName: "key=value"))
  var assignments: [String] = []

  func layers() throws -> SettingsLayers {
    let environment = ProcessInfo.processInfo.environment
    var flags: [String: String] = [:]
    for assignment in assignments {
      let parts = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty else {
        throw ValidationError("--set takes KEY=VALUE, as in --set listen.port=7200; not \"\(parts[0])\"")
      }
      flags[String(parts[0])] = String(parts[1])
    }
    return try SettingsLayers(flags: flags, environment: environment, filePath: config ?? environment["SERATUS_CONFIG"])
  }

  func settings() throws -> ServerSettings { try ServerSettings(layers()) }
}

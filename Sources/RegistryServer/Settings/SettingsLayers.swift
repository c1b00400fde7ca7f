internal import Configuration
internal import Foundation
package import RegistryModel

/// Where settings come from, the strongest first: flags, environment, file, defaults.
package struct SettingsLayers: Sendable {
  package enum Source: String, Sendable, CaseIterable {
    case flag, environment, file
    case standard = "default"
  }

  private let flags: [String: String]
  private let environment: [String: String]
  private let file: [String: String]
  private let reader: ConfigReader

  /// - Parameters:
  ///   - flags: by key, as in `--set listen.port=7200`.
  ///   - environment: of the process. Variables that begin with `SERATUS_` must be settings, or belong to the command line `seratus`.
  ///   - filePath: a JSON file; nil: none.
  /// - Throws: `SettingsError` for unknown keys, naming the nearest known one, and for a file that can't be read.
  package init(flags: [String: String] = [:], environment: [String: String] = [:], filePath: String? = nil) throws(SettingsError)
  {
    let keys = Set(Setting.all.map(\.key))
    if let unknown = flags.keys.filter({ !keys.contains($0) }).min() {
      throw .unknown(unknown, in: Localized(fixedID: "baris perintah", en: "the command line"), known: keys.sorted())
    }
    let names = Dictionary(uniqueKeysWithValues: Setting.all.map { ($0.environmentName, $0.key) })
    var relevant: [String: String] = [:]
    for (name, value) in environment where name.hasPrefix(Setting.environmentPrefix) {
      if names[name] != nil {
        relevant[name] = value
      } else if !Self.namesOfOthers.contains(name) {
        throw .unknown(name, in: Localized(fixedID: "lingkungan proses", en: "the environment"), known: names.keys.sorted())
      }
    }
    let file = try filePath.map { path throws(SettingsError) in try SettingsFile.read(path) } ?? [:]
    if let unknown = file.keys.filter({ !keys.contains($0) }).min() {
      throw .unknown(unknown, in: Localized(builtID: filePath ?? "", en: filePath ?? ""), known: keys.sorted())
    }
    self.flags = flags
    self.environment = Dictionary(uniqueKeysWithValues: relevant.compactMap { name, value in names[name].map { ($0, value) } })
    self.file = file
    reader = ConfigReader(providers: [
      Self.provider("flags", flags),
      EnvironmentVariablesProvider(environmentVariables: relevant).prefixKeys(with: "seratus"),
      Self.provider("file", file),
    ])
  }

  /// Read by the command line `seratus`, by the scripts around it and by its tests.
  private static let namesOfOthers: Set<String> = [
    "SERATUS_PROFILE", "SERATUS_PROFILES", "SERATUS_LANG", "SERATUS_CONFIG", "SERATUS_STATE", "SERATUS_PASSWORD",
    "SERATUS_FRAME_LOG",
    "SERATUS_TEST_POSTGRES",
  ]

  private static func provider(_ name: String, _ values: [String: String]) -> InMemoryProvider {
    let pairs = values.map { key, value in
      (
        AbsoluteConfigKey(key.split(separator: ".").map(String.init), context: [:]),
        ConfigValue(.string(value), isSecret: Setting.all.first { $0.key == key }?.isSecret ?? true)
      )
    }
    return InMemoryProvider(name: name, values: Dictionary(uniqueKeysWithValues: pairs))
  }

  /// - Throws: `SettingsError` if the value is outside the setting's limits, naming where it stands.
  func value(_ setting: Setting) throws(SettingsError) -> String {
    let value = reader.string(forKey: ConfigKey(setting.key), isSecret: setting.isSecret, default: setting.standard)
    if let objection = setting.objection(to: value) {
      let shown = setting.isSecret ? "" : " \"\(value.prefix(80))\""
      let place = "\(setting.key) (\(source(setting).rawValue))"
      throw SettingsError(
        .badValue, "\(place) can't be\(shown): \(objection.en)", id: "\(place) tidak boleh\(shown): \(objection.id)")
    }
    return value
  }

  func source(_ setting: Setting) -> Source {
    if flags[setting.key] != nil { return .flag }
    if environment[setting.key] != nil { return .environment }
    if file[setting.key] != nil { return .file }
    return .standard
  }

  /// Every setting with its value and where it comes from; secrets are masked, and told apart only as set or not.
  package func effective() throws(SettingsError) -> String {
    var lines: [String] = []
    let width = Setting.all.map(\.key.count).max() ?? 0
    for setting in Setting.all {
      let value = try value(setting)
      let shown = setting.isSecret ? (value.isEmpty ? "(not set)" : "********") : value.isEmpty ? "(empty)" : value
      lines.append("\(padded(setting.key, width))  \(padded(source(setting).rawValue, 11))  \(shown)")
    }
    return lines.joined(separator: "\n")
  }

  /// What each setting is for, with its limits, its default and its names.
  package static func description(_ language: Language) -> String {
    let (empty, standardWord) = language == .indonesian ? ("(kosong)", "bawaan") : ("(empty)", "default")
    return Setting.all.map { setting in
      let standard = setting.standard.isEmpty ? empty : setting.standard
      return """
        \(setting.key)
            \(setting.about[language])
            \(setting.limits[language]); \(standardWord) \(standard); \(setting.environmentName)
        """
    }.joined(separator: "\n")
  }

  private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}

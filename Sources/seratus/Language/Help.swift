internal import ArgumentParser
internal import Foundation
internal import RegistryModel

/// A text of `--help`. The parser builds its help before it has read any option, so the language is looked up in the raw arguments and
/// the environment.
struct Help: Sendable {
  let id: String
  let en: String

  var text: String { Self.language == .indonesian ? id : en }
  var option: ArgumentHelp { ArgumentHelp(text) }

  static let language = language(arguments: CommandLine.arguments, environment: ProcessInfo.processInfo.environment)

  static func language(arguments: [String], environment: [String: String]) -> Language {
    Language.chosen(option: RawArguments(arguments).language, environment: environment)
  }

  /// A discussion with examples. Each example is a command line that can be typed as it stands; tests hold them to it.
  static func examples(_ lines: [String], id: String = "", en: String = "") -> String {
    let heading = Help(id: "CONTOH:", en: "EXAMPLES:").text
    let before = Help(id: id, en: en).text
    return (before.isEmpty ? "" : before + "\n\n") + heading + "\n" + lines.map { "  " + $0 }.joined(separator: "\n")
  }
}

/// What can be seen of the options before they are parsed, or when parsing has failed.
struct RawArguments: Sendable {
  private let arguments: [String]

  init(_ arguments: [String]) {
    self.arguments = arguments
  }

  var language: Language? { value(["--lang"]).flatMap(Language.init(rawValue:)) }
  var format: OutputFormat { value(["-o", "--output"]).flatMap(OutputFormat.init(rawValue:)) ?? .table }

  private func value(_ names: [String]) -> String? {
    for (position, argument) in arguments.enumerated() {
      if argument == "--" { return nil }
      if names.contains(argument) { return position + 1 < arguments.count ? arguments[position + 1] : nil }
      for name in names where argument.hasPrefix("\(name)=") { return String(argument.dropFirst(name.count + 1)) }
    }
    return nil
  }
}

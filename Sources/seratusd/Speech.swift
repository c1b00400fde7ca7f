internal import ArgumentParser
internal import Foundation
internal import RegistryModel

extension Language: ExpressibleByArgument {}

/// The language of this run: the parser builds its help before it has read any option, so it is looked up in the raw arguments first,
/// then in SERATUS_LANG and the locale.
enum Speech {
  static let language = Language.chosen(
    option: option(CommandLine.arguments), environment: ProcessInfo.processInfo.environment)

  private static func option(_ arguments: [String]) -> Language? {
    for (position, argument) in arguments.enumerated() {
      if argument == "--" { return nil }
      if argument == "--lang" { return position + 1 < arguments.count ? Language(rawValue: arguments[position + 1]) : nil }
      if argument.hasPrefix("--lang=") { return Language(rawValue: String(argument.dropFirst("--lang=".count))) }
    }
    return nil
  }
}

/// One text in the language of this run.
func words(id: String, en: String) -> String { Speech.language == .indonesian ? id : en }

/// The help of an option in the language of this run.
func helped(id: String, en: String, value: String? = nil) -> ArgumentHelp {
  ArgumentHelp(stringLiteral: words(id: id, en: en), value)
}

extension ArgumentHelp {
  fileprivate init(stringLiteral text: String, _ value: String?) { self.init(text, valueName: value) }
}

internal import RegistryModel
internal import RegistryProtocol

/// A sentence in both languages, made from values. For fixed words see `Localized`.
struct Phrase: Sendable, Equatable {
  let id: String
  let en: String

  subscript(language: Language) -> String { language == .indonesian ? id : en }

  /// The same in both languages: names, codes, paths.
  static func same(_ text: String) -> Phrase { Phrase(id: text, en: text) }
}

extension Language {
  subscript(words: Localized) -> String { words[self] }

  subscript(phrase: Phrase) -> String { phrase[self] }

  /// A text of the server. One that lacks this language is shown in the other: a fact in the wrong language beats none.
  subscript(text: Seratus_V1_LocalizedText) -> String {
    let (wanted, other) = self == .indonesian ? (text.id, text.en) : (text.en, text.id)
    return wanted.isEmpty ? other : wanted
  }
}

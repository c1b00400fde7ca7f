extension Language {
  /// `--lang` wins over SERATUS_LANG, that over the profile's language, that over the locale; English if none says otherwise.
  package static func chosen(option: Language?, environment: [String: String], profile: String? = nil) -> Language {
    if let option { return option }
    if let language = environment["SERATUS_LANG"].flatMap(Language.init(rawValue:)) { return language }
    if let language = profile.flatMap(Language.init(rawValue:)) { return language }
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
    return locale == "id" || locale.hasPrefix("id_") || locale.hasPrefix("id.") ? .indonesian : .english
  }
}

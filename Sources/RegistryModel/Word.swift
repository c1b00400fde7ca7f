/// An enum whose cases are written as words in files, commands and the database.
package protocol Word: RawRepresentable, CaseIterable, Sendable, Hashable where RawValue == String {
  /// What the words are for, as errors call it.
  static var wordField: String { get }
}

extension Word {
  /// - Throws: `UNKNOWN_WORD`, naming the words that exist.
  package init(word: String, field: String? = nil) throws(ModelError) {
    guard let value = Self(rawValue: word) else {
      throw .unknownWord(word, field: field ?? Self.wordField, among: Self.allCases.map(\.rawValue))
    }
    self = value
  }
}

extension ModelError {
  static func unknownWord(_ word: String, field: String, among words: [String]) -> ModelError {
    let list = words.joined(separator: ", ")
    return ModelError(
      .unknownWord, field: field, message: "\"\(word.prefix(40))\" is not a \(field)", remedy: "use one of \(list)",
      parameters: ["value": String(word.prefix(40)), "among": list])
  }
}

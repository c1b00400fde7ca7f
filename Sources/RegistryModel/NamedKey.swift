/// A key that people write, with what it is called.
package struct NamedKey: Sendable, Hashable {
  package let key: String
  package let name: Localized

  package init(key: String, name: Localized) {
    self.key = key
    self.name = name
  }
}

extension [NamedKey] {
  /// Suggestions for one wrong key; more of them say nothing.
  private static var nearMax: Int { 3 }

  /// The keys that a wrong one may have meant, the nearest first: a slip of the pen away from it (`goverance`), a beginning of it
  /// (`env`), or close to a word that only its name has, in either language (`ekonomi` for economy).
  package func near(_ typed: String) -> [String] {
    let typed = typed.lowercased()
    guard typed.utf8.count <= 80 else { return [] }
    let bound = EditDistance.tolerance(length: typed.count)
    let words = map(\.words)
    var found: [(distance: Int, key: String)] = []
    for (index, candidate) in enumerated() {
      let forms = [candidate.key] + words[index].filter { word in words.count { $0.contains(word) } == 1 }
      let distances = forms.compactMap { form in
        typed.count >= 3 && form.hasPrefix(typed) ? 0 : EditDistance.between(typed, form, bound: bound)
      }
      if let distance = distances.min() { found.append((distance, candidate.key)) }
    }
    // Equally near ones stay in their order.
    return (0...bound).flatMap { distance in found.filter { $0.distance == distance }.map { $0.key } }.prefix(Self.nearMax).map {
      $0
    }
  }
}

extension NamedKey {
  fileprivate var words: Set<String> {
    Set([name.id, name.en].flatMap { name in name.lowercased().split { !$0.isLetter }.map(String.init) })
  }
}

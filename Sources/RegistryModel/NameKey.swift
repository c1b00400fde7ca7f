/// A name as it is compared: lower case, without kind, blanks, hyphens and dots, so that `Kab. Gunung Kidul` meets `Gunungkidul` and
/// `Kota Bau-Bau` meets `Baubau`.
package struct NameKey: Sendable, Hashable {
  /// What is left without the leading kind: `probolinggo`.
  package let base: String
  /// Everything that was written, kind included: `kotabaru` for `Kota Baru`, which may mean Kabupaten Kotabaru.
  package let whole: String
  /// The kind that was written, if any.
  package let kind: RegionKind?

  package init(_ name: String) {
    let words = Self.words(name)
    var rest = words[...]
    var kind: RegionKind?
    if rest.count > 1, let first = rest.first, let named = Self.kindWords[first] {
      kind = named
      rest = rest.dropFirst()
      if rest.count > 1, let second = rest.first, Self.administrativeWords.contains(second) { rest = rest.dropFirst() }
    }
    self.kind = kind
    base = rest.joined()
    whole = words.joined()
  }

  private static let kindWords: [String: RegionKind] = [
    "kabupaten": .kabupaten, "kab": .kabupaten, "regency": .kabupaten, "kota": .kota, "kotamadya": .kota,
  ]
  private static let administrativeWords: Set<String> = ["administrasi", "adm"]
  private static let longForms = ["kep": "kepulauan"]

  private static func words(_ name: String) -> [String] {
    var words: [String] = []
    var word = ""
    for character in name.lowercased() {
      if character.isLetter || character.isNumber {
        word.append(character)
      } else if character != "'", character != "’" {
        if !word.isEmpty { words.append(longForms[word] ?? word) }
        word = ""
      }
    }
    if !word.isEmpty { words.append(longForms[word] ?? word) }
    return words
  }
}

/// How many slips of the pen lie between two words.
package enum EditDistance {
  /// Damerau–Levenshtein, optimal string alignment: insert, delete, replace, or swap two neighbours.
  /// - Returns: nil as soon as it is certain that more than `bound` slips are needed.
  package static func between(_ left: some StringProtocol, _ right: some StringProtocol, bound: Int) -> Int? {
    let left = Array(left)
    let right = Array(right)
    guard bound >= 0, abs(left.count - right.count) <= bound else { return nil }
    guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
    var older: [Int] = []
    var previous = Array(0...right.count)
    for row in 1...left.count {
      var current = [row]
      current.reserveCapacity(right.count + 1)
      for column in 1...right.count {
        let replace = previous[column - 1] + (left[row - 1] == right[column - 1] ? 0 : 1)
        var best = min(replace, previous[column] + 1, current[column - 1] + 1)
        if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
          best = min(best, older[column - 2] + 1)
        }
        current.append(best)
      }
      // A swap looks two rows back, so only two rows beyond the bound settle it.
      if let low = current.min(), let before = previous.min(), low > bound, before > bound { return nil }
      older = previous
      previous = current
    }
    return previous[right.count] <= bound ? previous[right.count] : nil
  }

  /// One slip in a short word, up to three in a long one; none below four letters, where every word is near every other.
  package static func tolerance(length: Int) -> Int { length < 4 ? 0 : min(3, max(1, length / 4)) }
}

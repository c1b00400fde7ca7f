/// Names that somebody may have meant.
package enum NearNames {
  /// At most three, the nearest first: two or fewer letters differ, apart from case and underscores, or one name begins with the other.
  package static func of(_ name: String, among names: some Sequence<String>) -> [String] {
    let wanted = plain(name)
    guard !wanted.isEmpty else { return [] }
    let found = names.compactMap { candidate -> (String, Int)? in
      let other = plain(candidate)
      let distance = distance(wanted, other)
      if distance <= min(2, wanted.count / 2) { return (candidate, distance) }
      return wanted.count >= 3 && (other.starts(with: wanted) || wanted.starts(with: other)) ? (candidate, 3) : nil
    }
    return found.sorted { ($0.1, $0.0) < ($1.1, $1.0) }.prefix(3).map(\.0)
  }

  private static func plain(_ name: String) -> [UInt8] {
    Array(name.lowercased().utf8.filter { $0 != UInt8(ascii: "_") }.prefix(64))
  }

  /// Levenshtein's.
  private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var row = Array(0...right.count)
    for (i, a) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, b) in right.enumerated() {
        let cost = a == b ? diagonal : 1 + min(diagonal, row[j], row[j + 1])
        diagonal = row[j + 1]
        row[j + 1] = cost
      }
    }
    return row[right.count]
  }
}

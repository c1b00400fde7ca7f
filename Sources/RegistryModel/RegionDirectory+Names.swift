/// One region that a search found, and why.
package struct RegionHit: Sendable, Hashable {
  /// From best to worst.
  package enum Match: Int, Sendable, Comparable, CaseIterable {
    case fullName, baseName, alias, prefix, substring, near

    package static func < (left: Match, right: Match) -> Bool { left.rawValue < right.rawValue }
  }

  package let entry: RegionEntry
  package let match: Match
  /// Slips of the pen, for `near`; otherwise letters that the name has more than the query.
  package let distance: Int
}

extension RegionDirectory {
  package static let hitsMax = 50

  /// Regions ranked by how well they fit: the exact name with its kind, the exact base name, an alias, a beginning, a part, a slip.
  /// Both Kabupaten and Kota are found when the query doesn't say which. Equal hits keep the order of names, then of ids.
  package func search(_ query: String, limit: Int = 10) -> [RegionHit] {
    let key = NameKey(query)
    guard !key.base.isEmpty, limit > 0 else { return [] }
    let hits = keyed.compactMap { hit($0, key) }
    let sorted = hits.sorted {
      ($0.match, $0.distance, $0.entry.baseName, $0.entry.id) < ($1.match, $1.distance, $1.entry.baseName, $1.entry.id)
    }
    return Array(sorted.prefix(min(limit, Self.hitsMax)))
  }

  /// The one region that a name means, for writes: exact names and aliases only.
  /// - Throws: `AMBIGUOUS_NAME` naming the candidates with codes, `UNKNOWN_NAME` naming what is near.
  package func resolve(name: String) throws(ModelError) -> RegionEntry {
    let key = NameKey(name)
    let exact = keyed.compactMap { hit($0, key) }.filter { $0.match <= .alias }
    let fitting = exact.filter { key.kind == nil || $0.match == .fullName || names($0.entry, key) }
    let best = fitting.map(\.match).min()
    // A full name settles it; without one, base names and aliases count alike, so that nothing is guessed.
    let candidates = best == .fullName ? fitting.filter { $0.match == .fullName } : fitting
    guard candidates.count <= 1 else { throw ambiguous(candidates.map(\.entry), typed: name) }
    guard let only = candidates.first else { throw unknownName(name) }
    return only.entry
  }

  /// Names that a person may have meant, with their codes.
  package func suggestions(for name: String, limit: Int = 5) -> [String] {
    search(name, limit: limit).map(\.entry.labelled)
  }

  private func hit(_ region: Keyed, _ query: NameKey) -> RegionHit? {
    let base = region.name.base
    if query.base == base {
      return RegionHit(entry: region.entry, match: query.kind == region.name.kind ? .fullName : .baseName, distance: 0)
    }
    if query.whole == base { return RegionHit(entry: region.entry, match: .baseName, distance: 0) }
    if region.aliases.contains(where: { $0.base == query.base || $0.whole == query.whole }) {
      return RegionHit(entry: region.entry, match: .alias, distance: 0)
    }
    return part(region, query) ?? near(region, query)
  }

  /// The query begins or stands in a name or alias; a part counts from three letters on, because two stand in almost every name.
  private func part(_ region: Keyed, _ query: NameKey) -> RegionHit? {
    let words = [region.name.base] + region.aliases.map(\.base)
    let longer = { (word: String) in word.count - query.base.count }
    if let distance = words.filter({ $0.hasPrefix(query.base) }).map(longer).min() {
      return RegionHit(entry: region.entry, match: .prefix, distance: distance)
    }
    guard query.base.count > 2, let distance = words.filter({ $0.contains(query.base) }).map(longer).min() else { return nil }
    return RegionHit(entry: region.entry, match: .substring, distance: distance)
  }

  private func near(_ region: Keyed, _ query: NameKey) -> RegionHit? {
    let bound = EditDistance.tolerance(length: query.base.count)
    guard bound > 0 else { return nil }
    let words = [region.name.base] + region.aliases.map(\.base)
    let slips = words.compactMap { EditDistance.between(query.base, $0, bound: bound) }.min()
    return slips.map { RegionHit(entry: region.entry, match: .near, distance: $0) }
  }

  /// Whether the kind that was typed is the region's, or was no kind at all (`Kota Baru` for Kabupaten Kotabaru).
  private func names(_ entry: RegionEntry, _ query: NameKey) -> Bool {
    entry.code.kind == query.kind || NameKey(entry.name).base == query.whole
  }

  private func ambiguous(_ entries: [RegionEntry], typed: String) -> ModelError {
    let list = entries.map(\.labelled).joined(separator: ", ")
    return ModelError(
      .ambiguousName, field: "region", message: "\"\(typed)\" names more than one region: \(list)",
      remedy: "write Kabupaten or Kota before it, or the code", parameters: ["value": typed, "candidates": list])
  }

  private func unknownName(_ typed: String) -> ModelError {
    let near = suggestions(for: typed).joined(separator: ", ")
    return ModelError(
      .unknownName, field: "region", message: "no region is called \"\(typed)\"",
      remedy: near.isEmpty ? "search it by a part of its name" : "perhaps \(near)", parameters: ["value": typed, "near": near])
  }
}

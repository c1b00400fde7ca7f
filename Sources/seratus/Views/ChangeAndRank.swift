internal import RegistryModel
internal import RegistryProtocol

extension Seratus_V1_ScoreChange {
  /// "+0,25 (3,06 → 3,31)", or why there is none.
  func text(to value: FixedDecimal?, _ language: Language) -> String {
    guard hasDifference else {
      let why = language[reason]
      return language[Phrase(id: "tidak dapat diberikan", en: "not given")] + (why.isEmpty ? "" : ": \(why)")
    }
    guard hasFromValue, let value else { return language.change(difference) }
    return "\(language.change(difference)) (\(language.number(fromValue)) → \(language.format(value)))"
  }

  func label(_ language: Language) -> String {
    guard fromYear > 0 else { return language[Words.change] }
    return language[Phrase(id: "Perubahan atas \(fromYear)", en: "Change on \(fromYear)")]
  }

  var output: OutputValue {
    .object([
      "difference": hasDifference ? difference.output : .null, "from_year": fromYear > 0 ? .integer(Int(fromYear)) : .null,
      "from_value": hasFromValue ? fromValue.output : .null, "reason": reason.output, "caveats": .list(caveats.map(\.output)),
    ])
  }
}

extension Seratus_V1_Rank {
  /// "1, among 3 regions with a visible score, of 38; 1 other has the same score"; or why there is none. n always stands with it.
  func text(_ language: Language) -> String {
    let among = Phrase(
      id:
        "dari \(language.format(Int(self.among))) daerah dengan nilai yang terlihat (\(language.format(Int(of))) daerah seluruhnya)",
      en: "among \(language.format(Int(self.among))) with a visible score (of \(language.format(Int(of))) regions)")
    let why = language[reason]
    guard hasRank else {
      let refusal = language[
        Phrase(
          id: "tidak dapat diberikan (\(language.format(Int(self.among))) dari \(language.format(Int(of))) daerah bernilai)",
          en: "not given (\(language.format(Int(self.among))) of \(language.format(Int(of))) regions with a visible score)")]
      return refusal + (why.isEmpty ? "" : ": \(why)")
    }
    var text = "\(rank), \(language[among])"
    if tied > 0 {
      text +=
        language[
          Phrase(
            id: "; \(tied) daerah lain bernilai sama", en: "; \(tied) \(tied == 1 ? "other has" : "others have") the same score")]
    }
    return text + (why.isEmpty ? "" : "; \(why)")
  }

  var output: OutputValue {
    .object([
      "rank": hasRank ? .integer(Int(rank)) : .null, "among": .integer(Int(among)), "of": .integer(Int(of)),
      "tied": .integer(Int(tied)), "reason": reason.output,
    ])
  }
}

extension Seratus_V1_PublishedClaim {
  func label(_ language: Language) -> String {
    switch claim {
    case "rank_national": language[Words.rankNational]
    case "rank_province": language[Words.rankInProvince]
    default: claim.replacing("_", with: " ")
    }
  }

  func text(_ language: Language) -> String {
    let among =
      hasAmong
      ? language[Phrase(id: " dari \(self.among)", en: " of \(self.among)")]
      : language[Phrase(id: ", jumlah daerah tidak disebut", en: ", number of regions not stated")]
    return "\(value)\(among) (\(language[provenance.certainty.label]))"
  }

  var output: OutputValue {
    .object([
      "claim": .text(claim), "value": .integer(Int(value)), "among": hasAmong ? .integer(Int(among)) : .null,
      "provenance": provenance.output,
    ])
  }
}

/// A bar of blocks for a value on a scale from 0; the number stands beside it, so it loses nothing to those who can't see it.
enum TextBar {
  static let cells = 20

  static func text(_ value: FixedDecimal, of maximum: FixedDecimal) -> String {
    guard maximum > .zero, value > .zero else { return String(repeating: "·", count: cells) }
    let share = min(1, value.approximate / maximum.approximate)
    let filled = Int((share * Double(cells)).rounded())
    return String(repeating: "█", count: filled) + String(repeating: "·", count: cells - filled)
  }
}

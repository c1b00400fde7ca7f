internal import RegistryModel
internal import RegistryProtocol
internal import RegistryStore

extension Seratus_V1_ScoreChange {
  /// From the earlier score to the later one, with its caveats, or why there is no change to be told.
  init(from earlier: ScoreRecord?, to later: ScoreRecord) {
    self.init()
    guard let earlier, let before = earlier.total else {
      reason = Seratus_V1_LocalizedText(
        id: "tidak ada nilai tahun sebelumnya yang boleh dilihat", en: "there is no earlier score to be seen")
      return
    }
    fromYear = Int32(earlier.key.year)
    fromValue = Seratus_V1_Decimal(before)
    do {
      guard let first = try earlier.reading(), let second = try later.reading() else {
        reason = Seratus_V1_LocalizedText(id: "nilai ini tidak punya jumlah", en: "this score has no total")
        return
      }
      switch try ScoreChange(from: first, to: second) {
      case .comparable(let change, let found):
        difference = Seratus_V1_Decimal(change)
        caveats = found.map { Self.text($0, first, second) }
      case .notComparable(let obstacle): reason = Seratus_V1_LocalizedText(obstacle.label)
      }
    } catch {
      reason = Seratus_V1_LocalizedText(id: "tidak dapat dihitung", en: "it can't be computed: \(error.message)")
    }
  }

  private static func text(
    _ caveat: ScoreChange.Caveat, _ earlier: ScoreReading, _ later: ScoreReading
  ) -> Seratus_V1_LocalizedText {
    guard caveat == .instrumentInferred else { return Seratus_V1_LocalizedText(caveat.label) }
    let years = [earlier, later].filter { $0.instrumentCertainty < .verified }.map { "\($0.year)" }.joined(separator: ", ")
    return Seratus_V1_LocalizedText(
      id: "instrumen tahun \(years) disimpulkan, tidak disebut oleh sumbernya",
      en: "the instrument of \(years) is inferred, its source does not state it")
  }
}

extension ScoreRecord {
  /// nil without a total.
  fileprivate func reading() throws(ModelError) -> ScoreReading? {
    guard let total else { return nil }
    return try ScoreReading(
      region: region.id, year: key.year, stage: key.stage, kind: key.kind, total: total, instrument: instrumentID,
      instrumentCertainty: instrumentCertainty ?? .uncertain)
  }
}

internal import RegistryModel
internal import RegistryProtocol
internal import RegistryStore

/// What is provisional, inferred or thin about an answer, in plain words.
enum Notes {
  static func about(_ dataset: DatasetRecord) -> [Seratus_V1_LocalizedText] {
    guard case .synthetic = dataset.dataset else { return [] }
    return [Seratus_V1_LocalizedText(dataset.dataset.label)]
  }

  static func about(_ score: ScoreRecord) -> [Seratus_V1_LocalizedText] {
    [instrument(score), disagreement(score), parts(score), certainty(score), release(score)].compactMap { $0 }
  }

  private static func instrument(_ score: ScoreRecord) -> Seratus_V1_LocalizedText? {
    let year = score.key.year
    guard let id = score.instrumentID else {
      guard score.total != nil else { return nil }
      return Seratus_V1_LocalizedText(
        id: "sumber nilai \(year) tidak menyebut instrumennya; skalanya tidak diketahui",
        en: "the source of the \(year) score names no instrument; its scale is not known")
    }
    guard let certainty = score.instrumentCertainty, certainty < .verified else { return nil }
    return Seratus_V1_LocalizedText(
      id: "instrumen \(id) untuk nilai \(year) disimpulkan, tidak disebut oleh sumbernya",
      en: "the instrument \(id) of the \(year) score is inferred, its source does not state it")
  }

  private static func disagreement(_ score: ScoreRecord) -> Seratus_V1_LocalizedText? {
    guard let published = score.published, let computed = score.computed, published != computed else { return nil }
    let (id, en) = (Language.indonesian, Language.english)
    return Seratus_V1_LocalizedText(
      id: "yang diumumkan \(id.format(published)), yang dihitung dari bagiannya \(id.format(computed)); yang diumumkan disimpan "
        + "apa adanya",
      en:
        "published \(en.format(published)), computed from its parts \(en.format(computed)); the published figure is kept as it is"
    )
  }

  private static func parts(_ score: ScoreRecord) -> Seratus_V1_LocalizedText? {
    guard score.total != nil, !score.parts.contains(where: { $0.part == .aspect }) else { return nil }
    return Seratus_V1_LocalizedText(
      id: "hanya jumlah yang diumumkan; bagiannya tidak ada, jadi tidak dapat dihitung ulang",
      en: "only the total was published; without its parts it can't be computed anew")
  }

  private static func certainty(_ score: ScoreRecord) -> Seratus_V1_LocalizedText? {
    switch score.provenance.certainty {
    case .verified: nil
    case .probable:
      Seratus_V1_LocalizedText(id: "sumber nilai ini mungkin benar, belum dipastikan", en: "this score is probable, not verified")
    case .uncertain: Seratus_V1_LocalizedText(id: "sumber nilai ini tidak pasti", en: "this score is uncertain")
    }
  }

  private static func release(_ score: ScoreRecord) -> Seratus_V1_LocalizedText? {
    if score.released { return nil }
    return Seratus_V1_LocalizedText(
      id: "nilai ini belum dirilis: hanya daerahnya dan kementerian yang melihatnya",
      en: "this score is not released: its region and the ministry alone see it")
  }
}

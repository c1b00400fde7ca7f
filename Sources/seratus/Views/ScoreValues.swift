internal import RegistryModel
internal import RegistryProtocol

extension Seratus_V1_Score {
  /// What counts as the index: the figure as printed, else the one computed from the parts.
  var total: FixedDecimal? {
    if hasPublishedTotal { return publishedTotal.exact }
    return hasComputedTotal ? computedTotal.exact : nil
  }

  func parts(_ part: String) -> [Seratus_V1_ScorePart] { parts.filter { $0.part == part } }

  /// "3,31", or why there is none.
  func totalText(_ language: Language) -> String {
    total.map { language.format($0) } ?? language[missing.label]
  }

  /// "B-1003/DJAI/AI.01.04/12/2022, 2022-12-05"; empty if no letter is known.
  var letter: String { [letterNumber, letterDate.iso].filter { !$0.isEmpty }.joined(separator: ", ") }

  var output: OutputValue {
    .object([
      "region": region.output, "year": .integer(Int(year)), "stage": .text(stage.term), "kind": .text(kind.term),
      "instrument_id": .words(instrumentID), "instrument_certainty": .text(instrumentCertainty.term),
      "published_total": hasPublishedTotal ? publishedTotal.output : .null,
      "computed_total": hasComputedTotal ? computedTotal.output : .null,
      "missing": total == nil ? .text(missing.term) : .null, "parts": .list(parts.map(\.output)),
      "letter_number": .words(letterNumber), "letter_date": letterDate.output, "released": .bool(released),
      "version": .integer(Int(version)), "provenance": provenance.output,
    ])
  }
}

extension Seratus_V1_ScorePart {
  var output: OutputValue {
    .object(["part": .text(part), "key": .text(key), "name": name.output, "value": value.output])
  }

  /// The server's name, else the instrument's, else the ministry's usual one, else the key.
  func label(_ language: Language, instrument: Seratus_V1_Instrument? = nil) -> String {
    let aspect = part == "aspect" ? instrument?.aspects.first { $0.key == key } : nil
    let given = [language[name], aspect.map { language[$0.name] } ?? ""].first { !$0.isEmpty }
    return given ?? Words.parts["\(part):\(key)"].map { language[$0] } ?? key
  }
}

/// One row for each score, the same for `score list` and `export scores`. `parts` adds one column for each known aspect and
/// dimension, so that every row of a stream has the same shape.
struct ScoreRow {
  static let aspects = ["baseline", "output", "outcome", "impact", "quick_win"]
  static let dimensions = ["governance", "branding", "economy", "living", "society", "environment"]

  static func columns(parts: Bool) -> [String] {
    let partColumns = parts ? aspects.map { "aspect:\($0)" } + dimensions.map { "dimension:\($0)" } + ["other_parts"] : []
    return Seratus_V1_RegionSummary.columns + [
      "year", "stage", "score_kind", "instrument_id", "instrument_certainty", "published_total", "computed_total", "missing",
    ] + partColumns + ["letter_number", "letter_date", "released", "version", "source", "certainty", "note", "dataset"]
  }

  static func cells(_ score: Seratus_V1_Score, parts: Bool, dataset: Seratus_V1_Dataset) -> [OutputValue] {
    let head: [OutputValue] =
      score.region.cells + [
        .integer(Int(score.year)), .text(score.stage.term), .text(score.kind.term), .words(score.instrumentID),
        score.instrumentID.isEmpty ? .null : .text(score.instrumentCertainty.term),
        score.hasPublishedTotal ? score.publishedTotal.output : .null,
        score.hasComputedTotal ? score.computedTotal.output : .null,
        score.total == nil ? .text(score.missing.term) : .null,
      ]
    let tail: [OutputValue] = [
      .words(score.letterNumber), score.letterDate.output, .bool(score.released), .integer(Int(score.version)),
      .words(score.provenance.source), .text(score.provenance.certainty.term), .words(score.provenance.note), .text(dataset.term),
    ]
    return head + (parts ? partCells(score) : []) + tail
  }

  /// Parts of another dimension set have no column of their own and stand together in the last: "dimension:people=3.10".
  private static func partCells(_ score: Seratus_V1_Score) -> [OutputValue] {
    let keys = aspects.map { ("aspect", $0) } + dimensions.map { ("dimension", $0) }
    let known = keys.map { part, key in
      score.parts.first { $0.part == part && $0.key == key }.map(\.value.output) ?? .null
    }
    let others = score.parts.filter { part in !keys.contains { $0.0 == part.part && $0.1 == part.key } }
    let rest = others.map { "\($0.part):\($0.key)=\($0.value.exact.map { $0.text() } ?? "?")" }
    return known + [rest.isEmpty ? .null : .list(rest.map { .text($0) })]
  }
}

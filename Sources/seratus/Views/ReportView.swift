internal import RegistryModel
internal import RegistryProtocol

/// `region report`: the five numbers of one region and year.
struct ReportView {
  let response: Seratus_V1_ReportRegionResponse
  /// The instrument of the score, where the server could tell: gives the weights and the end of the scale.
  var instrument: Seratus_V1_Instrument?
  /// Bars of blocks beside the numbers; a page has pictures instead.
  var hasBars = true

  func document(_ language: Language) -> Document {
    let title = Phrase.same("\(response.region.line): \(response.year), \(language[response.stage.label])")
    var document = Document(title, dataset: response.dataset, language)
    document.blocks.append(.facts(fiveNumbers(language)))
    document.blocks += split("aspect", Words.byAspect, Words.aspect, language)
    document.blocks += split("dimension", Words.byDimension, Words.dimension, language)
    document.blocks += realisations(language)
    document.blocks += claims(language)
    let notes = (response.change.caveats + response.notes).map { language[$0] }.filter { !$0.isEmpty }
    if !notes.isEmpty { document.blocks += [.heading(language[Words.notes]), .notes(notes)] }
    document.columns = Self.columns
    document.records = [record]
    document.object = object
    document.talk += notes
    return document
  }

  private func fiveNumbers(_ language: Language) -> Facts {
    var lines = [
      Facts.Line(label: language[Words.index], value: index(language)),
      Facts.Line(label: response.change.label(language), value: response.change.text(to: response.score.total, language)),
      Facts.Line(label: language[Words.rankInProvince], value: response.rankInProvince.text(language)),
      Facts.Line(label: language[Words.rankNational], value: response.rankNational.text(language)),
    ]
    guard response.hasScore else { return Facts(lines) }
    let score = response.score
    let instrument =
      score.instrumentID.isEmpty
      ? language[Words.unknown] : "\(score.instrumentID) (\(language[score.instrumentCertainty.label]))"
    lines.append(Facts.Line(label: language[Words.instrument], value: instrument))
    if !score.letter.isEmpty { lines.append(Facts.Line(label: language[Words.letter], value: score.letter)) }
    lines.append(
      Facts.Line(
        label: language[Words.source], value: "\(score.provenance.source) (\(language[score.provenance.certainty.label]))"))
    return Facts(lines)
  }

  private func index(_ language: Language) -> String {
    guard response.hasScore else { return language[response.missing.label] }
    let score = response.score
    let state =
      score.hasPublishedTotal
      ? language[Words.published] : score.hasComputedTotal ? language[Words.computed] : language[Words.missing]
    return "\(score.totalText(language)) (\(state.lowercased()))"
  }

  private func split(_ part: String, _ heading: Localized, _ column: Localized, _ language: Language) -> [Document.Block] {
    let parts = response.score.parts(part)
    guard !parts.isEmpty else { return [.facts(Facts([language[heading]: language[Words.notPublished]]))] }
    let weights = Dictionary(
      (instrument?.aspects ?? []).map { ($0.key, language.number($0.weightPercent) + " %") },
      uniquingKeysWith: { first, _ in first })
    let showsWeights = part == "aspect" && !weights.isEmpty
    var columns: [Table.Column] = [.text(language[column]), .number(language[Words.value])]
    if showsWeights { columns.append(.number(language[Words.weight])) }
    if hasBars, let scale { columns.append(.word("0–\(language.format(scale))")) }
    let rows = parts.map { part in
      var row = [part.label(language, instrument: instrument), language.number(part.value)]
      if showsWeights { row.append(weights[part.key] ?? language[Words.unknown]) }
      if hasBars, let scale { row.append(part.value.exact.map { TextBar.text($0, of: scale) } ?? "?") }
      return row
    }
    return [.heading(language[heading]), .table(Table(columns, rows: rows))]
  }

  private var scale: FixedDecimal? { instrument?.scaleMax.exact.flatMap { $0 > .zero ? $0.normalized : nil } }

  private func realisations(_ language: Language) -> [Document.Block] {
    guard !response.realisations.isEmpty else { return [] }
    let rows = response.realisations.map {
      [language[$0.name].isEmpty ? $0.dimension : language[$0.name], "\($0.done)", "\($0.planned)"]
    }
    let table = Table(
      [.text(language[Words.dimension]), .number(language[Words.done]), .number(language[Words.planned])], rows: rows)
    return [.heading(language[Words.realisations]), .table(table)]
  }

  private func claims(_ language: Language) -> [Document.Block] {
    guard !response.claims.isEmpty else { return [] }
    let lines = response.claims.map { Facts.Line(label: $0.label(language), value: $0.text(language)) }
    return [.heading(language[Words.claims]), .facts(Facts(lines))]
  }
}

extension ReportView {
  static let columns =
    Seratus_V1_RegionSummary.columns + [
      "year", "stage", "index", "missing", "change", "change_from_year", "rank_in_province", "rank_in_province_among",
      "rank_in_province_of", "rank_national", "rank_national_among", "rank_national_of", "published_rank_in_province",
      "published_rank_national",
    ] + ScoreRow.aspects.map { "aspect:\($0)" } + ScoreRow.dimensions.map { "dimension:\($0)" } + ["instrument_id", "dataset"]

  private var record: [OutputValue] {
    let score = response.score
    let change = response.change
    let parts = (ScoreRow.aspects.map { ("aspect", $0) } + ScoreRow.dimensions.map { ("dimension", $0) }).map { part, key in
      score.parts.first { $0.part == part && $0.key == key }.map(\.value.output) ?? OutputValue.null
    }
    let missing = response.hasScore ? score.missing : response.missing
    let figures: [OutputValue] = [
      .integer(Int(response.year)), .text(response.stage.term), .optional(score.total),
      score.total == nil ? .text(missing.term) : .null, change.hasDifference ? change.difference.output : .null,
      change.hasDifference ? .integer(Int(change.fromYear)) : .null,
    ]
    let ranks = [response.rankInProvince, response.rankNational].flatMap { rank -> [OutputValue] in
      [rank.hasRank ? .integer(Int(rank.rank)) : .null, .integer(Int(rank.among)), .integer(Int(rank.of))]
    }
    let claims = ["rank_province", "rank_national"].map { name in
      OutputValue.optional(response.claims.first { $0.claim == name }.map { Int($0.value) })
    }
    return response.region.cells + figures + ranks + claims + parts + [.words(score.instrumentID), .text(response.dataset.term)]
  }

  private var object: OutputValue {
    .object([
      "dataset": response.dataset.output, "region": response.region.output, "year": .integer(Int(response.year)),
      "stage": .text(response.stage.term), "score": response.hasScore ? response.score.output : .null,
      "missing": response.hasScore ? .null : .text(response.missing.term), "change": response.change.output,
      "rank_in_province": response.rankInProvince.output, "rank_national": response.rankNational.output,
      "claims": .list(response.claims.map(\.output)),
      "realisations": .list(
        response.realisations.map {
          .object([
            "dimension_set": .text($0.dimensionSet), "dimension": .text($0.dimension), "name": $0.name.output,
            "done": .integer(Int($0.done)), "planned": .integer(Int($0.planned)), "provenance": $0.provenance.output,
          ])
        }),
      "notes": .list(response.notes.map(\.output)),
    ])
  }
}

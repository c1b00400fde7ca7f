internal import RegistryModel
internal import RegistryProtocol

/// `score explain`: every step from the parts to the result.
struct ExplanationView {
  let response: Seratus_V1_ExplainScoreResponse

  private var score: Seratus_V1_Score { response.score }
  private var explanation: Seratus_V1_Explanation { response.explanation }

  func document(_ language: Language) -> Document {
    let title = "\(score.region.line): \(score.year), \(language[score.stage.label]), \(language[score.kind.label])"
    var document = Document(.same(title), dataset: response.dataset, language)
    document.blocks.append(.facts(instrument(language)))
    document.blocks.append(.table(terms(language)))
    document.blocks.append(.facts(steps(language)))
    if !language[explanation.summary].isEmpty { document.blocks.append(.paragraph(language[explanation.summary])) }
    document.blocks += alternatives(language)
    let notes = (response.change.caveats + response.notes).map { language[$0] }.filter { !$0.isEmpty }
    if !notes.isEmpty { document.blocks += [.heading(language[Words.notes]), .notes(notes)] }
    document.columns = Self.columns
    document.records = explanation.terms.map(record) + [totalRecord]
    document.object = object
    document.talk += notes
    return document
  }

  private func instrument(_ language: Language) -> Facts {
    let instrument = response.instrument
    let name = language[instrument.name]
    return Facts([
      language[Words.instrument]: instrument.instrumentID + (name.isEmpty ? "" : " (\(name))"),
      language[Words.scale]: "\(language.number(instrument.scaleMin))–\(language.number(instrument.scaleMax))",
    ])
  }

  private func terms(_ language: Language) -> Table {
    let rows = explanation.terms.map { term in
      [
        language[term.name].isEmpty ? term.key : language[term.name], language.number(term.value),
        "× " + language.number(term.weightPercent) + " %", "= " + language.number(term.product),
      ]
    }
    // As many decimals as the products have, so that the column can be added up by eye.
    let decimals = explanation.terms.map { Int($0.product.scale) }.max() ?? 0
    let total = explanation.exactSum.exact.map { language.format($0, minimumDecimals: decimals) } ?? "?"
    let sum = [language[Words.exactSum], "", "", total]
    return Table(
      [
        .text(language[Words.aspect]), .number(language[Words.value]), .number(language[Words.weight]),
        .number(language[Words.product]),
      ], rows: rows + [sum], totals: 1)
  }

  private func steps(_ language: Language) -> Facts {
    let decimals = explanation.decimals
    let step =
      explanation.rounding == "cut"
      ? Phrase(id: "Dipotong ke \(decimals) desimal", en: "Cut to \(decimals) decimals")
      : explanation.rounding == "half_up"
        ? Phrase(id: "Dibulatkan ke \(decimals) desimal", en: "Rounded half up to \(decimals) decimals")
        : Phrase.same("\(explanation.rounding) (\(decimals))")
    return Facts([
      Facts.Line(label: language[step], value: language.number(explanation.rounded)),
      Facts.Line(label: language[Words.published], value: published(language)),
      Facts.Line(label: response.change.label(language), value: response.change.text(to: score.total, language)),
    ])
  }

  private func published(_ language: Language) -> String {
    guard explanation.hasPublished else { return language[Words.notPublished] }
    let verdict =
      explanation.agrees
      ? Phrase(id: "sama dengan hitungan", en: "agrees with the calculation")
      : Phrase(id: "BERBEDA dari hitungan", en: "DIFFERS from the calculation")
    return "\(language.number(explanation.published)), \(language[verdict])"
  }

  private func alternatives(_ language: Language) -> [Document.Block] {
    guard !response.alternatives.isEmpty else { return [] }
    let table = Table(
      [.text(language[Words.instrument]), .number(language[Words.exactSum]), .number(language[Words.rounded])],
      rows: response.alternatives.map { [$0.instrumentID, language.number($0.exactSum), language.number($0.rounded)] })
    return [.heading(language[Words.alternatives]), .table(table)]
  }
}

extension ExplanationView {
  /// One row for each term, and a last one whose `key` is `total`.
  static let columns = [
    "region_code", "region_name", "year", "stage", "instrument_id", "key", "value", "weight_percent", "product", "rounding",
    "rounded", "published", "agrees", "dataset",
  ]

  private var head: [OutputValue] {
    [
      .code(score.region.kemendagriCode), .text(score.region.name), .integer(Int(score.year)), .text(score.stage.term),
      .words(response.instrument.instrumentID),
    ]
  }

  private func record(_ term: Seratus_V1_ExplanationTerm) -> [OutputValue] {
    head + [
      .text(term.key), term.value.output, term.weightPercent.output, term.product.output, .null, .null, .null, .null,
      .text(response.dataset.term),
    ]
  }

  private var totalRecord: [OutputValue] {
    head + [
      .text("total"), .null, .null, explanation.exactSum.output, .text(explanation.rounding), explanation.rounded.output,
      explanation.hasPublished ? explanation.published.output : .null,
      explanation.hasPublished ? .bool(explanation.agrees) : .null, .text(response.dataset.term),
    ]
  }

  private var object: OutputValue {
    let terms = explanation.terms.map { term -> OutputValue in
      .object([
        "key": .text(term.key), "name": term.name.output, "value": term.value.output,
        "weight_percent": term.weightPercent.output, "product": term.product.output, "provenance": term.provenance.output,
      ])
    }
    return .object([
      "dataset": response.dataset.output, "score": score.output, "instrument": response.instrument.output,
      "explanation": .object([
        "terms": .list(terms), "exact_sum": explanation.exactSum.output, "rounding": .text(explanation.rounding),
        "decimals": .integer(Int(explanation.decimals)), "rounded": explanation.rounded.output,
        "published": explanation.hasPublished ? explanation.published.output : .null,
        "agrees": explanation.hasPublished ? .bool(explanation.agrees) : .null, "summary": explanation.summary.output,
      ]),
      "change": response.change.output,
      "alternatives": .list(
        response.alternatives.map {
          .object(["instrument_id": .text($0.instrumentID), "exact_sum": $0.exactSum.output, "rounded": $0.rounded.output])
        }),
      "notes": .list(response.notes.map(\.output)),
    ])
  }
}

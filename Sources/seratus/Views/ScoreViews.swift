internal import RegistryModel
internal import RegistryProtocol

/// `score list`.
struct ScoreListView {
  let scores: [Seratus_V1_Score]
  let total: Int
  let scope: Seratus_V1_LocalizedText
  let dataset: Seratus_V1_Dataset

  func document(_ language: Language) -> Document {
    let count = scores.count == total ? "\(total)" : "\(scores.count)/\(total)"
    var document = Document(
      Phrase(id: "\(count) nilai", en: "\(count) \(total == 1 ? "score" : "scores")"), dataset: dataset, language)
    document.blocks.append(.table(table(language)))
    if !language[scope].isEmpty {
      document.blocks.append(.notes([language[scope]]))
      document.talk.append(language[scope])
    }
    document.columns = ScoreRow.columns(parts: true)
    document.records = scores.map { ScoreRow.cells($0, parts: true, dataset: dataset) }
    document.object = .object([
      "dataset": dataset.output, "total": .integer(total), "scope": scope.output, "scores": .list(scores.map(\.output)),
    ])
    return document
  }

  private func table(_ language: Language) -> Table {
    Table(
      [
        .word(language[Words.code]), .text(language[Words.region]), .number(language[Words.year]), .text(language[Words.kind]),
        .number(language[Words.score]), .text(language[Words.instrument]), .word(language[Words.released]),
        .number(language[Words.version]),
      ],
      rows: scores.map { score in
        let kind = [language[score.kind.label]] + (score.stage == .annual ? [] : [language[score.stage.label]])
        return [
          score.region.kemendagriCode, score.region.name, "\(score.year)", kind.joined(separator: ", "),
          score.totalText(language), score.instrumentID.isEmpty ? language[Words.unknown] : score.instrumentID,
          language[score.released ? Words.yes : Words.no], "\(score.version)",
        ]
      })
  }
}

/// `score put`.
struct PutView {
  let response: Seratus_V1_PutScoresResponse
  let isDryRun: Bool

  func document(_ language: Language) -> Document {
    var document = Document(title, dataset: response.dataset, language)
    document.blocks.append(.table(table(language)))
    if response.replayed {
      document.blocks.append(.paragraph(language[Self.replayed]))
      document.talk.append(language[Self.replayed])
    }
    document.columns = ["region_code", "region_name", "year", "outcome", "version", "computed_total", "dataset"]
    document.records = response.results.map { result in
      [
        .code(result.region.kemendagriCode), .text(result.region.name), .integer(Int(result.year)), .text(result.outcome),
        .integer(Int(result.version)), result.hasComputedTotal ? result.computedTotal.output : .null,
        .text(response.dataset.term),
      ]
    }
    document.object = .object([
      "dataset": response.dataset.output, "written": .bool(!isDryRun && !response.replayed && unchanged < response.results.count),
      "replayed": .bool(response.replayed),
      "results": .list(document.records.map { document.named($0) }),
    ])
    return document
  }

  private var unchanged: Int { response.results.count { $0.outcome == "unchanged" } }

  private var title: Phrase {
    let count = response.results.count
    if isDryRun {
      return Phrase(
        id: "\(count) baris sah; tidak ada yang ditulis",
        en: "\(count) \(count == 1 ? "row is" : "rows are") valid; nothing was written")
    }
    let written = count - unchanged
    let same = unchanged > 0 ? Phrase(id: ", \(unchanged) tidak berubah", en: ", \(unchanged) unchanged") : .same("")
    return Phrase(id: "\(written) baris ditulis\(same.id)", en: "\(written) \(written == 1 ? "row" : "rows") written\(same.en)")
  }

  private static let replayed = Phrase(
    id: "jawaban tersimpan (replayed): permintaan ini sudah dijalankan dengan kunci yang sama; kini tidak ada yang ditulis",
    en: "stored answer (replayed): this request was carried out before under the same key; nothing was written now")

  private func table(_ language: Language) -> Table {
    Table(
      [
        .word(language[Words.code]), .text(language[Words.region]), .number(language[Words.year]),
        .word(language[Words.outcome]), .number(language[Words.version]), .number(language[Words.computed]),
      ],
      rows: response.results.map { result in
        [
          result.region.kemendagriCode, result.region.name, "\(result.year)", ServerWord.translated(result.outcome, language),
          "\(result.version)", result.hasComputedTotal ? language.number(result.computedTotal) : language[Words.noValue],
        ]
      })
  }
}

extension Seratus_V1_Instrument {
  var output: OutputValue {
    .object([
      "instrument_id": .text(instrumentID), "name": name.output, "scale_min": scaleMin.output, "scale_max": scaleMax.output,
      "decimals": .integer(Int(decimals)), "rounding": .text(rounding),
      "aspects": .list(
        aspects.map {
          .object(["key": .text($0.key), "name": $0.name.output, "weight_percent": $0.weightPercent.output])
        }),
      "provenance": provenance.output,
    ])
  }
}

/// `score instruments`.
struct InstrumentListView {
  let response: Seratus_V1_ListInstrumentsResponse

  func document(_ language: Language) -> Document {
    let count = response.instruments.count
    var document = Document(
      Phrase(id: "\(count) instrumen", en: "\(count) \(count == 1 ? "instrument" : "instruments")"), dataset: response.dataset,
      language)
    document.blocks.append(.table(table(language)))
    document.columns = [
      "instrument_id", "name", "scale_min", "scale_max", "decimals", "rounding", "weights", "source", "certainty", "dataset",
    ]
    document.records = response.instruments.map { instrument in
      [
        .text(instrument.instrumentID), .text(language[instrument.name]), instrument.scaleMin.output, instrument.scaleMax.output,
        .integer(Int(instrument.decimals)), .text(instrument.rounding),
        .list(instrument.aspects.map { .text("\($0.key)=\($0.weightPercent.exact.map { $0.text() } ?? "?")") }),
        .words(instrument.provenance.source), .text(instrument.provenance.certainty.term), .text(response.dataset.term),
      ]
    }
    document.object = .object([
      "dataset": response.dataset.output, "instruments": .list(response.instruments.map(\.output)),
    ])
    return document
  }

  private func table(_ language: Language) -> Table {
    Table(
      [
        .text(language[Words.instrument]), .text(language[Words.weight]), .number(language[Words.scale]),
        .word(language[Words.rounding]), .word(language[Words.certainty]),
      ],
      rows: response.instruments.map { instrument in
        [
          instrument.instrumentID,
          instrument.aspects.map { "\($0.key) \(language.number($0.weightPercent))" }.joined(separator: ", "),
          "\(language.number(instrument.scaleMin))–\(language.number(instrument.scaleMax))",
          ServerWord.translated(instrument.rounding, language), language[instrument.provenance.certainty.label],
        ]
      })
  }
}

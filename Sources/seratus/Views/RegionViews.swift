internal import RegistryModel
internal import RegistryProtocol

/// `region list`.
struct RegionListView {
  let regions: [Seratus_V1_RegionSummary]
  let total: Int
  let totals: Seratus_V1_RegionTotals
  let asOf: Seratus_V1_Date
  let dataset: Seratus_V1_Dataset

  func document(_ language: Language) -> Document {
    var document = Document(title, dataset: dataset, language)
    document.blocks += [.table(table(language)), .paragraph(language[sums])]
    document.talk.append(language[sums])
    document.columns = Seratus_V1_RegionSummary.columns + ["region_id", "as_of", "dataset"]
    document.records = regions.map { $0.cells + [.integer(Int($0.regionID)), asOf.output, .text(dataset.term)] }
    document.object = .object([
      "dataset": dataset.output, "as_of": asOf.output, "total": .integer(total), "totals": totals.output,
      "regions": .list(regions.map(\.output)),
    ])
    return document
  }

  /// "514 = 416 kabupaten + 98 kota; penduduk 284.973.643"
  private var sums: Phrase {
    func phrase(_ language: Language, population: String, without: String) -> String {
      let unknown = totals.populationUnknown > 0 ? " (\(totals.populationUnknown) \(without))" : ""
      return "\(total) = \(totals.kabupaten) kabupaten + \(totals.kota) kota; \(population) "
        + language.format(Int(totals.population)) + unknown
    }
    return Phrase(
      id: phrase(.indonesian, population: "penduduk", without: "tanpa angka"),
      en: phrase(.english, population: "population", without: "without a figure"))
  }

  private var title: Phrase {
    let borders = asOf.iso.isEmpty ? Phrase.same("") : Phrase(id: ", batas wilayah \(asOf.iso)", en: ", borders of \(asOf.iso)")
    let count = regions.count == total ? "\(total)" : "\(regions.count)/\(total)"
    return Phrase(id: "\(count) daerah\(borders.id)", en: "\(count) \(total == 1 ? "region" : "regions")\(borders.en)")
  }

  private func table(_ language: Language) -> Table {
    Table(
      [
        .word(language[Words.code]), .text(language[Words.name]), .text(language[Words.province]), .word(language[Words.bps]),
      ],
      rows: regions.map {
        [$0.kemendagriCode, $0.name, $0.provinceName, $0.bpsCode.isEmpty ? language[Words.unknown] : $0.bpsCode]
      })
  }
}

extension Seratus_V1_RegionTotals {
  var output: OutputValue {
    .object([
      "kabupaten": .integer(Int(kabupaten)), "kota": .integer(Int(kota)), "population": .integer(Int(population)),
      "population_unknown": .integer(Int(populationUnknown)),
    ])
  }
}

/// `region search`.
struct SearchView {
  let text: String
  let response: Seratus_V1_SearchRegionsResponse

  func document(_ language: Language) -> Document {
    let hits = response.hits
    let title = Phrase(
      id: "\"\(text)\": \(hits.count) daerah", en: "\"\(text)\": \(hits.count) \(hits.count == 1 ? "region" : "regions")")
    var document = Document(title, dataset: response.dataset, language)
    document.blocks.append(.table(table(language)))
    document.columns = Seratus_V1_RegionSummary.columns + ["matched", "how", "dataset"]
    document.records = hits.map { $0.region.cells + [.text($0.matched), .text($0.how), .text(response.dataset.term)] }
    document.object = .object([
      "dataset": response.dataset.output, "text": .text(text),
      "hits": .list(
        hits.map { .object(["region": $0.region.output, "matched": .text($0.matched), "how": .text($0.how)]) }),
    ])
    return document
  }

  private func table(_ language: Language) -> Table {
    Table(
      [
        .word(language[Words.code]), .text(language[Words.name]), .text(language[Words.province]), .text(language[Words.matched]),
        .word(language[Words.how]),
      ],
      rows: response.hits.map {
        [
          $0.region.kemendagriCode, $0.region.name, $0.region.provinceName, $0.matched, ServerWord.translated($0.how, language),
        ]
      })
  }
}

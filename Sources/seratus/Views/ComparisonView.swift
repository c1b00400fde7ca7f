internal import RegistryModel
internal import RegistryProtocol

/// `compare cohorts`.
struct ComparisonView {
  let response: Seratus_V1_CompareCohortsResponse

  func document(_ language: Language) -> Document {
    var document = Document(title(language), dataset: response.dataset, language)
    document.blocks.append(.table(statistics(language)))
    let remarks = everyone.map { (name($0, language), language[$0.remark]) }.filter { !$1.isEmpty }
    if !remarks.isEmpty {
      document.blocks += [.heading(language[Words.remarks]), .facts(Facts(remarks.map { Facts.Line(label: $0, value: $1) }))]
    }
    if !response.values.isEmpty { document.blocks.append(.table(values(language))) }
    let verdict = response.verdict.map { language[$0] }.filter { !$0.isEmpty }
    if !verdict.isEmpty { document.blocks += [.heading(language[Words.verdict]), .notes(verdict)] }
    let footers = footers(language)
    if !footers.isEmpty { document.blocks += [.heading(language[Words.conventions]), .notes(footers)] }
    if response.values.isEmpty {
      (document.columns, document.records) = (Self.columns, everyone.map(record))
    } else {
      (document.columns, document.records) = (Self.valueColumns, response.values.map(record))
    }
    document.object = object
    document.talk += verdict + footers
    return document
  }

  private func title(_ language: Language) -> Phrase {
    let stage = language[response.stage.label]
    let measure = ComparisonMeasure.label(response.measure)
    return Phrase(
      id: "Perbandingan angkatan: \(measure.id), tahun \(response.year), \(stage)",
      en: "Comparison of cohorts: \(measure.en), year \(response.year), \(stage)")
  }

  private var everyone: [Seratus_V1_CohortDescription] { response.cohorts + (response.hasAll ? [response.all] : []) }

  private func name(_ cohort: Seratus_V1_CohortDescription, _ language: Language) -> String {
    cohort.cohortYear == 0 ? language[Words.all] : "\(cohort.cohortYear)"
  }

  private func statistics(_ language: Language) -> Table {
    let rows = everyone.map { cohort in
      [
        name(cohort, language), members(cohort), "\(cohort.n)", missing(cohort, language),
        figure(cohort.hasLowerQuartile ? cohort.lowerQuartile : nil, cohort, language),
        figure(cohort.hasMedian ? cohort.median : nil, cohort, language),
        figure(cohort.hasUpperQuartile ? cohort.upperQuartile : nil, cohort, language),
        figure(cohort.hasMean ? cohort.mean : nil, cohort, language),
        figure(cohort.hasStandardDeviation ? cohort.standardDeviation : nil, cohort, language), rank(cohort),
      ]
    }
    return Table(
      [
        .word(language[Words.cohort]), .number(language[Words.members]), .number("n"), .text(language[Words.missing]),
        .number(language[Words.lowerQuartile]), .number(language[Words.median]), .number(language[Words.upperQuartile]),
        .number(language[Words.mean]), .number(language[Words.deviation]), .number(language[Words.rank]),
      ], rows: rows, totals: response.hasAll ? 1 : 0)
  }

  /// "26/25": in the list known here, and coached by the ministry's count.
  private func members(_ cohort: Seratus_V1_CohortDescription) -> String {
    cohort.membersPublished > 0 ? "\(cohort.members)/\(cohort.membersPublished)" : "\(cohort.members)"
  }

  private func missing(_ cohort: Seratus_V1_CohortDescription, _ language: Language) -> String {
    let kinds = cohort.missing.filter { $0.count > 0 }.map { "\($0.count) \(language[$0.kind.label])" }
    let excluded = cohort.excluded.filter { $0.count > 0 }.map { "\($0.count) \(language[$0.reason])" }
    let all = kinds + excluded
    return all.isEmpty ? language[Words.nothingMissing] : all.joined(separator: ", ")
  }

  /// A figure that can't be given is a word, never a zero or a blank.
  private func figure(_ value: Seratus_V1_Decimal?, _ cohort: Seratus_V1_CohortDescription, _ language: Language) -> String {
    if let value { return language.number(value) }
    return language[cohort.n == 0 ? Words.noValue : Words.tooFew]
  }

  /// A cohort without a median isn't ranked, and its other columns say why.
  private func rank(_ cohort: Seratus_V1_CohortDescription) -> String {
    guard cohort.hasRank else { return "–" }
    return cohort.tied > 0 ? "\(cohort.rank)=" : "\(cohort.rank)"
  }

  private func values(_ language: Language) -> Table {
    let rows = response.values.map { value in
      [
        "\(value.cohortYear)", value.region.kemendagriCode, value.region.name,
        value.hasValue ? language.number(value.value) : language[value.missing.label],
        value.hasRankInCohort ? "\(value.rankInCohort)" : language[Words.noValue],
        value.hasRankOverall ? "\(value.rankOverall)" : language[Words.noValue],
      ]
    }
    return Table(
      [
        .number(language[Words.cohort]), .word(language[Words.code]), .text(language[Words.region]),
        .number(language[Words.value]), .number(language[Words.rankInCohort]), .number(language[Words.rankOverall]),
      ], rows: rows)
  }

  /// The server's conventions and scope, and what the signs of this table mean.
  private func footers(_ language: Language) -> [String] {
    let signs = Phrase(
      id:
        "Anggota: menurut daftar yang diketahui / menurut hitungan kementerian. n: anggota dengan nilai. kurang: terlalu sedikit nilai. \"=\": urutan sama.",
      en:
        "Members: in the list known here / by the ministry's count. n: members with a value. few: too few values. \"=\": tied rank."
    )
    let scope = language[response.scope]
    return [language[signs]] + [scale(language)].compactMap { $0 } + response.conventions.map { language[$0] }
      + (scope.isEmpty ? [] : ["\(language[Words.scope]): \(scope)"])
  }

  /// "Skala: 0,00–4,00 (evaluasi-…)"; nil where no value has one.
  private func scale(_ language: Language) -> String? {
    guard !response.scales.isEmpty else { return nil }
    let scales = response.scales.map { scale in
      "\(language.number(scale.scaleMin))–\(language.number(scale.scaleMax)) (\(scale.instrumentID))"
    }
    return "\(language[Words.scale]): \(scales.joined(separator: ", "))"
  }
}

/// `total`, `aspect:KEY` or `dimension:KEY`.
enum ComparisonMeasure {
  static func label(_ measure: String) -> Phrase {
    let parts = measure.split(separator: ":", maxSplits: 1)
    switch (parts.first, parts.dropFirst().first) {
    case ("aspect", let key?): return Phrase(id: "aspek \(key)", en: "aspect \(key)")
    case ("dimension", let key?): return Phrase(id: "dimensi \(key)", en: "dimension \(key)")
    default: return Phrase(id: "indeks", en: "index")
    }
  }
}

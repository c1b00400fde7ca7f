internal import CohortAnalysis
package import Lontar
internal import RegistryModel
package import RegistryProtocol
internal import RegistryStore

/// Comparing cohorts: figures with their n, what is missing by kind, and plain words where the data are too thin.
package struct ComparisonService: Seratus_V1_ComparisonServiceHandler {
  let core: ServiceCore

  package init(_ core: ServiceCore) {
    self.core = core
  }

  package func compareCohorts(
    _ request: Seratus_V1_CompareCohortsRequest, context: CallContext
  ) async throws -> Seratus_V1_CompareCohortsResponse {
    try await core.answer(context) { tenant in
      let query = try ComparisonQuery(request)
      let answer = core.note(try await core.database.comparison.material(tenant, query: query), context)
      let material = ComparisonInput(answer.value)
      let comparison = try CohortAnalysis.compareCohorts(material.rows)
      var response = Seratus_V1_CompareCohortsResponse()
      response.year = Int32(answer.value.year ?? 0)
      response.stage = Seratus_V1_Stage(query.stage)
      response.measure = query.measure.text
      response.cohorts = material.cohorts.map { Seratus_V1_CohortDescription($0, comparison, material) }
      response.all = Seratus_V1_CohortDescription(all: comparison, material)
      response.verdict = verdict(comparison, answer, material)
      response.conventions = comparison.conventions.lines.map { Seratus_V1_LocalizedText($0) }
      response.scope = answer.caller.role.pool == .ministry ? .scope(answer.caller.role) : .releasedScope
      if request.includeValues { response.values = CohortValues(material).messages }
      response.dataset = Seratus_V1_Dataset(answer.dataset)
      response.scales = material.instruments.sorted().compactMap { answer.catalogue[$0] }.map(Seratus_V1_ComparisonScale.init)
      response.conclusive = comparison.verdict.allowsComparison
      return response
    }
  }

  private func verdict(
    _ comparison: CohortComparison, _ answer: Answer<ComparisonMaterial>, _ material: ComparisonInput
  ) -> [Seratus_V1_LocalizedText] {
    var lines = Notes.about(answer.dataset)
    if answer.value.year == nil {
      lines.append(
        Seratus_V1_LocalizedText(
          id: "Tidak ada satu pun nilai yang boleh Anda lihat, untuk tahun mana pun.",
          en: "There is not a single score that you may see, in any year."))
    }
    lines.append(Seratus_V1_LocalizedText(comparison.verdict.text))
    if material.instruments.count > 1 {
      let list = material.instruments.sorted().joined(separator: ", ")
      lines.append(
        Seratus_V1_LocalizedText(
          id:
            "Nilai-nilai ini dibuat dengan \(material.instruments.count) versi instrumen (\(list)); bandingkan dengan hati-hati.",
          en: "These scores were made with \(material.instruments.count) versions of the instrument (\(list)); compare with care."
        ))
    }
    return lines
  }
}

extension ComparisonQuery {
  init(_ request: Seratus_V1_CompareCohortsRequest) throws {
    var checks = RequestChecks()
    if request.cohortYears.count > RequestLimits.cohortYearsMax {
      checks.add(
        "cohort_years", .tooManyRows, ["rows": "\(request.cohortYears.count)", "max": "\(RequestLimits.cohortYearsMax)"])
    }
    let years = request.cohortYears.prefix(RequestLimits.cohortYearsMax).enumerated().compactMap { index, year in
      checks.year(year, "cohort_years[\(index)]")
    }
    let year = checks.optionalYear(request.year, "year")
    let stage = checks.take { () throws(FieldFault) in try request.stage.word(path: "stage") } ?? nil
    let text = checks.text(request.measure, "measure")
    let measure = checks.take { () throws(FieldFault) in try Measure(text ?? "total") }
    try checks.finish()
    self.init(cohortYears: Array(Set(years)).sorted(), year: year, stage: stage ?? .annual, measure: measure ?? .total)
  }
}

extension ComparisonQuery.Measure {
  /// `total`, `aspect:KEY`, `dimension:KEY`.
  init(_ text: String) throws(FieldFault) {
    if text == "total" {
      self = .total
      return
    }
    let parts = text.split(separator: ":", maxSplits: 1)
    guard parts.count == 2, let kind = ScorePartKind(rawValue: String(parts[0])) else {
      throw FieldFault("measure", .measureUnknown, ["value": text])
    }
    self = .part(kind, key: String(parts[1]))
  }

  var text: String {
    switch self {
    case .total: "total"
    case .part(let kind, let key): "\(kind.rawValue):\(key)"
    }
  }
}

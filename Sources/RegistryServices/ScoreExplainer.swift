internal import RegistryModel
internal import RegistryProtocol
internal import RegistryStore

/// What a caller wants explained, and under which weights.
struct ExplainQuestion {
  let region: RegionReference
  let key: ScoreKey
  let underInstrument: String?
  /// In percent; empty: those of the instrument.
  let weights: [(key: String, percent: FixedDecimal)]

  init(_ request: Seratus_V1_ExplainScoreRequest) throws {
    var checks = RequestChecks()
    let region = checks.region(request.region, "region")
    let year = checks.year(request.year, "year")
    let stage = checks.take { () throws(FieldFault) in try request.stage.word(path: "stage") } ?? nil
    let kind = checks.take { () throws(FieldFault) in try request.kind.word(path: "kind") } ?? nil
    underInstrument = checks.text(request.underInstrument, "under_instrument")
    weights = Self.weights(request, &checks)
    if underInstrument != nil, !request.weights.isEmpty { checks.add("weights", .weightsAndInstrument) }
    try checks.finish()
    guard let region, let year else { throw FieldFault("region", .valueMissing) }
    self.region = region
    key = ScoreKey(year: year, stage: stage ?? .annual, kind: kind ?? .implementation)
  }

  private static func weights(
    _ request: Seratus_V1_ExplainScoreRequest, _ checks: inout RequestChecks
  ) -> [(key: String, percent: FixedDecimal)] {
    guard request.weights.count <= RequestLimits.weightsMax else {
      checks.add("weights", .tooManyRows, ["rows": "\(request.weights.count)", "max": "\(RequestLimits.weightsMax)"])
      return []
    }
    return request.weights.enumerated().compactMap { index, weight in
      let key = checks.requiredText(weight.key, "weights[\(index)].key")
      let percent = checks.take { () throws(FieldFault) in
        try FixedDecimal(weight.percent, path: "weights[\(index)].percent")
      }
      guard let key, let percent else { return nil }
      return (key, percent)
    }
  }
}

/// Recomputes one score from its parts, under its own instrument or another, and beside it under every version that fits.
struct ScoreExplainer {
  let dossier: ScoreDossier
  let catalogue: InstrumentCatalogue
  let question: ExplainQuestion

  func response(_ dataset: DatasetRecord) throws -> Seratus_V1_ExplainScoreResponse {
    let score = dossier.score
    var response = Seratus_V1_ExplainScoreResponse()
    response.score = Seratus_V1_Score(score, catalogue)
    response.change = Seratus_V1_ScoreChange(from: dossier.previous, to: score)
    response.notes = Notes.about(dataset) + Notes.about(score)
    response.dataset = Seratus_V1_Dataset(dataset)
    response.alternatives = dossier.instruments.filter { $0.id != usedID }.compactMap { other in
      (try? calculation(other)).map { Seratus_V1_Alternative($0) }
    }
    guard let instrument = try instrument() else { return response }
    response.instrument = Seratus_V1_Instrument(instrument)
    if values.isEmpty {
      if isHypothetical { throw FieldFault("", .partsAbsent, ["instrument": instrument.id]) }
      return response
    }
    response.explanation = Seratus_V1_Explanation(
      try calculation(instrument), provenance: Seratus_V1_Provenance(score.provenance))
    if isHypothetical { response.notes.append(hypotheticalNote(instrument)) }
    return response
  }

  private var isHypothetical: Bool { question.underInstrument != nil || !question.weights.isEmpty }

  /// Under own weights every known version is an alternative, the score's own included.
  private var usedID: String? {
    question.weights.isEmpty ? question.underInstrument ?? dossier.score.instrumentID : nil
  }

  private var values: [String: FixedDecimal] {
    var values: [String: FixedDecimal] = [:]
    for part in dossier.score.parts where part.part == .aspect { values[part.key] = part.value }
    return values
  }

  /// nil if the score names none and the question neither.
  private func instrument() throws -> Instrument? {
    if let wanted = question.underInstrument {
      return try known(wanted, field: "under_instrument")
    }
    guard let own = dossier.score.instrumentID else {
      if question.weights.isEmpty { return nil }
      throw FieldFault("under_instrument", .instrumentNeeded)
    }
    let base = try known(own, field: "region")
    return question.weights.isEmpty ? base : try base.reweighted(question.weights)
  }

  private func known(_ id: String, field: String) throws(FieldFault) -> Instrument {
    if let found = dossier.instruments.first(where: { $0.id == id }) { return found }
    throw FieldFault(
      field, .instrumentUnknown, ["value": id, "among": dossier.instruments.map(\.id).joined(separator: ", ")])
  }

  private func calculation(_ instrument: Instrument) throws -> ScoreCalculation {
    try ScoreCalculation(ScoreParts(instrument: instrument, values: values), published: dossier.score.published)
  }

  private func hypotheticalNote(_ instrument: Instrument) -> Seratus_V1_LocalizedText {
    Seratus_V1_LocalizedText(
      id: "hitungan pengandaian dengan \(instrument.id), bukan nilai yang diumumkan",
      en: "a hypothetical computation under \(instrument.id), not the published score")
  }
}

extension Instrument {
  /// The same instrument with other weights: every aspect once, 100 % together.
  fileprivate func reweighted(_ weights: [(key: String, percent: FixedDecimal)]) throws -> Instrument {
    let named = aspects.map { NamedKey(key: $0.key, name: $0.name) }
    let keys = aspects.map(\.key)
    for (index, weight) in weights.enumerated() {
      if weights[..<index].contains(where: { $0.key == weight.key }) {
        throw FieldFault(
          "weights[\(index)].key", reason: ModelError.Reason.duplicateKey.rawValue, parameters: ["key": weight.key])
      }
      if !keys.contains(weight.key) {
        throw FieldFault(
          "weights[\(index)].key", reason: ModelError.Reason.unknownKey.rawValue,
          parameters: [
            "key": weight.key, "near": named.near(weight.key).joined(separator: ", "), "among": keys.joined(separator: ", "),
          ])
      }
    }
    do {
      let reweighted = try aspects.map { aspect throws(ModelError) in
        let percent = weights.first { $0.key == aspect.key }?.percent ?? .zero
        return try InstrumentAspect(key: aspect.key, name: aspect.name, weightPercent: percent)
      }
      return try Instrument(
        id: "own-weights", name: try Localized(id: "bobot sendiri (\(name.id))", en: "own weights (\(name.en))"),
        scaleMin: scaleMin, scaleMax: scaleMax, decimals: decimals, rounding: rounding, dimensionSet: dimensionSet,
        aspects: reweighted, source: source, certainty: .uncertain)
    } catch {
      throw FieldFault(error, path: "weights")
    }
  }
}

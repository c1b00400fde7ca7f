package import RegistryModel

extension Seratus_V1_Provenance {
  /// Empty texts for what a source doesn't say.
  package init(source: String?, certainty: Certainty?, note: String? = nil) {
    self.init()
    self.source = source ?? ""
    self.certainty = Seratus_V1_Certainty(certainty)
    self.note = note ?? ""
  }
}

extension Seratus_V1_Dataset {
  package init(_ dataset: Dataset, label: String) {
    self.init()
    switch dataset {
    case .official: kind = .official
    case .synthetic(let seed):
      kind = .synthetic
      self.seed = UInt64(bitPattern: seed)
    }
    self.label = label
  }
}

extension Seratus_V1_Instrument {
  package init(_ instrument: Instrument) {
    self.init()
    instrumentID = instrument.id
    name = Seratus_V1_LocalizedText(instrument.name)
    scaleMin = Seratus_V1_Decimal(instrument.scaleMin)
    scaleMax = Seratus_V1_Decimal(instrument.scaleMax)
    decimals = Int32(instrument.decimals)
    rounding = instrument.rounding.rawValue
    aspects = instrument.aspects.map { aspect in
      var message = Seratus_V1_Aspect()
      message.key = aspect.key
      message.name = Seratus_V1_LocalizedText(aspect.name)
      message.weightPercent = Seratus_V1_Decimal(aspect.weightPercent)
      return message
    }
    provenance = Seratus_V1_Provenance(
      source: instrument.source.text, certainty: instrument.certainty, note: instrument.note)
  }
}

extension Seratus_V1_Explanation {
  /// Every step of a calculation. The terms' provenance is the score's: its parts were printed together.
  package init(_ calculation: ScoreCalculation, provenance: Seratus_V1_Provenance) {
    self.init()
    let instrument = calculation.instrument
    terms = calculation.terms.map { term in
      var message = Seratus_V1_ExplanationTerm()
      message.key = term.aspect.key
      message.name = Seratus_V1_LocalizedText(term.aspect.name)
      message.value = Seratus_V1_Decimal(term.value)
      message.weightPercent = Seratus_V1_Decimal(term.aspect.weightPercent)
      message.product = Seratus_V1_Decimal(term.product)
      message.provenance = provenance
      return message
    }
    exactSum = Seratus_V1_Decimal(calculation.exactSum)
    rounded = Seratus_V1_Decimal(calculation.result)
    rounding = instrument.rounding.rawValue
    decimals = Int32(instrument.decimals)
    if let figure = calculation.published { published = Seratus_V1_Decimal(figure) }
    agrees = calculation.agreesWithPublished ?? false
    summary = calculation.summary
  }
}

extension Seratus_V1_Alternative {
  package init(_ calculation: ScoreCalculation) {
    self.init()
    instrumentID = calculation.instrument.id
    exactSum = Seratus_V1_Decimal(calculation.exactSum)
    rounded = Seratus_V1_Decimal(calculation.result)
  }
}

extension ScoreCalculation {
  /// The way to the result in one sentence: `3.315 → 3.31 (cut after 2 decimals)`.
  fileprivate var summary: Seratus_V1_LocalizedText {
    let rule = instrument.rounding.label(decimals: instrument.decimals)
    var id = "\(Language.indonesian.format(exactSum)) → \(Language.indonesian.format(result)) (\(rule.id))"
    var en = "\(Language.english.format(exactSum)) → \(Language.english.format(result)) (\(rule.en))"
    if let published, let agrees = agreesWithPublished {
      id += agrees ? "; sama dengan yang diumumkan" : "; yang diumumkan \(Language.indonesian.format(published))"
      en += agrees ? "; as published" : "; published was \(Language.english.format(published))"
    }
    return Seratus_V1_LocalizedText(id: id, en: en)
  }
}

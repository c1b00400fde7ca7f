/// The values of all aspects of one score, each checked against the scale of its instrument.
package struct ScoreParts: Sendable, Hashable {
  package let instrument: Instrument
  /// In the order of the instrument's aspects.
  package let values: [FixedDecimal]

  /// - Throws: `UNKNOWN_KEY`, `MISSING_KEY` (a missing part is never zero), `OUT_OF_SCALE`.
  package init(instrument: Instrument, values: [String: FixedDecimal]) throws(ModelError) {
    let keys = instrument.aspects.map(\.key)
    if let stranger = values.keys.filter({ !keys.contains($0) }).min() {
      throw .unknownKey(stranger, field: "parts", among: keys)
    }
    var ordered: [FixedDecimal] = []
    for key in keys {
      guard let value = values[key] else {
        throw ModelError(
          .missingKey, field: "parts.\(key)", message: "the value of \(key) is missing",
          remedy: "give all aspects of \(instrument.id)",
          parameters: ["key": key, "instrument": instrument.id])
      }
      try instrument.check(value, field: "parts.\(key)")
      ordered.append(value)
    }
    self.instrument = instrument
    self.values = ordered
  }

  package subscript(key: String) -> FixedDecimal? {
    instrument.aspects.firstIndex { $0.key == key }.map { values[$0] }
  }
}

/// A total made from its parts: exact weighted sum first, then rounded once by the instrument's rule.
package struct ScoreCalculation: Sendable, Hashable {
  package struct Term: Sendable, Hashable {
    package let aspect: InstrumentAspect
    package let value: FixedDecimal
    /// `value · weight / 100`, exact.
    package let product: FixedDecimal
  }

  package let instrument: Instrument
  package let terms: [Term]
  package let exactSum: FixedDecimal
  /// `exactSum`, rounded once.
  package let result: FixedDecimal
  /// What was printed, if anything was.
  package let published: FixedDecimal?

  /// nil if nothing was published.
  package var agreesWithPublished: Bool? { published.map { $0 == result } }

  /// - Throws: `TOO_MANY_DIGITS` if a product needs more than 6 decimals: give parts and weights with fewer.
  package init(_ parts: ScoreParts, published: FixedDecimal? = nil) throws(ModelError) {
    let instrument = parts.instrument
    var terms: [Term] = []
    var sum = FixedDecimal.zero
    for (aspect, value) in zip(instrument.aspects, parts.values) {
      let product = try value.percentage(aspect.weightPercent)
      terms.append(Term(aspect: aspect, value: value, product: product))
      sum = try sum.adding(product)
    }
    self.instrument = instrument
    self.terms = terms
    self.published = published
    exactSum = sum.normalized
    result = try sum.rounded(toDecimals: instrument.decimals, rule: instrument.rounding)
  }
}

/// One line of an explanation, with the lines that it rests on. Data, not print: the upper layer indents, translates and draws.
package struct ExplanationNode: Sendable, Hashable {
  /// What kind of line it is; stable, for translation and for programs.
  package enum Key: String, Sendable, CaseIterable {
    case result = "score.result"
    case rounding = "score.rounding"
    case exactSum = "score.exact_sum"
    case term = "score.term"
    case value = "score.value"
    case weight = "score.weight"
    case agrees = "score.published_agrees"
    case differs = "score.published_differs"
  }

  package let key: Key
  package let label: Localized
  /// With dots and plain signs, as it would be typed into a calculator: `3.60 × 10 % = 0.36`.
  package let formula: String
  package let value: FixedDecimal?
  package let children: [ExplanationNode]
}

extension ScoreCalculation {
  /// The tree from the result down to values and weights; beside it, if there is one, the published figure.
  package func explain() -> [ExplanationNode] {
    let sum = ExplanationNode(
      key: .exactSum, label: Localized(fixedID: "jumlah tertimbang, tepat", en: "weighted sum, exact"),
      formula: terms.map { "\($0.product)" }.joined(separator: " + ") + " = \(exactSum)", value: exactSum,
      children: terms.map(explain))
    let rounding = ExplanationNode(
      key: .rounding, label: instrument.rounding.label(decimals: instrument.decimals), formula: "\(exactSum) → \(result)",
      value: result,
      children: [sum])
    let root = ExplanationNode(
      key: .result, label: instrument.name, formula: "\(result)", value: result, children: [rounding])
    return [root] + comparison
  }

  private func explain(_ term: Term) -> ExplanationNode {
    ExplanationNode(
      key: .term, label: term.aspect.name, formula: "\(term.value) × \(term.aspect.weightPercent) % = \(term.product)",
      value: term.product,
      children: [
        ExplanationNode(
          key: .value, label: Localized(fixedID: "nilai", en: "value"), formula: "\(term.value)", value: term.value, children: []),
        ExplanationNode(
          key: .weight, label: Localized(fixedID: "bobot", en: "weight"), formula: "\(term.aspect.weightPercent) %",
          value: term.aspect.weightPercent, children: []),
      ])
  }

  private var comparison: [ExplanationNode] {
    guard let published, let agrees = agreesWithPublished else { return [] }
    let label =
      agrees
      ? Localized(fixedID: "sama dengan yang diumumkan", en: "agrees with the published figure")
      : Localized(fixedID: "berbeda dari yang diumumkan", en: "differs from the published figure")
    return [
      ExplanationNode(
        key: agrees ? .agrees : .differs, label: label, formula: "\(result) \(agrees ? "=" : "≠") \(published)", value: published,
        children: [])
    ]
  }
}

extension RoundingRule {
  package func label(decimals: Int) -> Localized {
    switch self {
    case .cut: Localized(builtID: "dipotong pada \(decimals) desimal", en: "cut after \(decimals) decimals")
    case .halfUp:
      Localized(builtID: "dibulatkan ke \(decimals) desimal, setengah ke atas", en: "rounded to \(decimals) decimals, half up")
    }
  }
}

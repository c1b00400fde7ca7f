package import RegistryModel

/// Whether the figures carry a comparison, in plain words. Where almost nothing is published, this is the result.
package enum Verdict: Sendable, Hashable {
  /// Fewer than two cohorts have enough values.
  case tooLittle(enough: [Int], short: [Short], needed: Int)
  /// At least two cohorts have enough, others don't and are not ranked.
  case partial(enough: [Int], short: [Short], needed: Int)
  case comparable(enough: [Int])

  /// A cohort with too few values.
  package struct Short: Sendable, Hashable {
    package let year: Int
    package let n: Int
  }

  init(_ cohorts: [CohortFigures], _ options: ComparisonOptions) {
    let enough = cohorts.filter { $0.description.n >= options.valuesMin }.map(\.year)
    let short = cohorts.filter { $0.description.n < options.valuesMin }.map { Short(year: $0.year, n: $0.description.n) }
    if enough.count < 2 {
      self = .tooLittle(enough: enough, short: short, needed: options.valuesMin)
    } else if short.isEmpty {
      self = .comparable(enough: enough)
    } else {
      self = .partial(enough: enough, short: short, needed: options.valuesMin)
    }
  }

  package var allowsComparison: Bool {
    switch self {
    case .tooLittle: false
    case .partial, .comparable: true
    }
  }

  /// Stable, for programs.
  package var code: String {
    switch self {
    case .tooLittle: "TOO_LITTLE"
    case .partial: "PARTIAL"
    case .comparable: "COMPARABLE"
    }
  }

  package var text: Localized {
    switch self {
    case .tooLittle(let enough, let short, let needed): Self.tooLittle(enough, short, needed)
    case .partial(let enough, let short, let needed):
      Localized(
        builtID:
          "Angkatan \(list(enough)) dapat dibandingkan. Belum cukup nilai (kurang dari \(needed)) dan tidak diperingkat: \(counts(short)).",
        en: "Cohorts \(list(enough)) can be compared. Too few values (less than \(needed)), not ranked: \(counts(short)).")
    case .comparable(let enough):
      Localized(
        builtID: "Semua angkatan (\(list(enough))) punya cukup nilai. Selisih median adalah gambaran, bukan bukti sebab.",
        en: "All cohorts (\(list(enough))) have enough values. Differences of medians describe; they don't prove a cause.")
    }
  }

  private static func tooLittle(_ enough: [Int], _ short: [Short], _ needed: Int) -> Localized {
    let total = enough.count + short.count
    guard total > 0 else {
      return Localized(
        fixedID: "Tidak ada satu pun keanggotaan dalam pilihan ini; tidak ada yang dapat dibandingkan.",
        en: "There is not a single membership in this selection; nothing can be compared.")
    }
    let idTail = short.isEmpty ? "" : " (\(counts(short)))"
    return Localized(
      builtID:
        "Hampir tidak ada nilai yang dapat dibandingkan: \(enough.count) dari \(total) angkatan punya sedikitnya \(needed) "
        + "nilai\(idTail). Dari data ini tidak dapat disimpulkan angkatan mana yang lebih baik.",
      en: "There are hardly any values to compare: \(enough.count) of \(total) cohorts have at least \(needed) values\(idTail). "
        + "These data don't show which cohort does better.")
  }
}

private func list(_ years: [Int]) -> String { years.map { "\($0)" }.joined(separator: ", ") }

private func counts(_ short: [Verdict.Short]) -> String { short.map { "\($0.year): n = \($0.n)" }.joined(separator: ", ") }

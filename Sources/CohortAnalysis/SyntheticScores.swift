package import RegistryModel

/// One made-up evaluation of a region in a year.
package struct SyntheticEvaluation: Sendable, Hashable {
  package enum Outcome: Sendable, Hashable {
    /// All aspects have values; a single dimension may not apply.
    case scored(aspects: [String: FixedDecimal], dimensions: [String: Observation])
    case missing(MissingKind)
  }

  package let region: RegionID
  package let year: Int
  package let outcome: Outcome
}

/// Makes plausible scores from 0.00 to 4.00 out of a seed, to try the registry at full size without inventing facts.
///
/// Each value depends on seed, region, year and key alone: more regions or years change nothing of what was there. A region has a level
/// of its own, rises slowly, and scatters by year and key. Of all evaluations about 8 % are not reported, 2 % withheld, 1 % not
/// applicable; of the last year's another 5 % are not yet due; of single dimensions 1 % don't apply.
package struct SyntheticScores: Sendable {
  package let seed: Int64
  /// The first year of the movement, from which regions rise.
  package static let firstYear = 2017

  package init(seed: Int64) {
    self.seed = seed
  }

  package var dataset: Dataset { .synthetic(seed: seed) }

  /// - Parameter lastYear: evaluations of this year may not be due yet.
  package func evaluation(
    region: RegionID, year: Int, lastYear: Int, aspects: [String], dimensions: [String]
  ) throws(ModelError) -> SyntheticEvaluation {
    var fate = stream(.fate, region, year)
    if let kind = missing(&fate, isLastYear: year == lastYear) {
      return SyntheticEvaluation(region: region, year: year, outcome: .missing(kind))
    }
    var scores: [String: FixedDecimal] = [:]
    for key in aspects { scores[key] = try value(.aspect, region, year, key) }
    var parts: [String: Observation] = [:]
    for key in dimensions {
      var draw = stream(.applies, region, year, key)
      parts[key] = draw.next(below: 100) == 0 ? .missing(.notApplicable) : .value(try value(.dimension, region, year, key))
    }
    return SyntheticEvaluation(region: region, year: year, outcome: .scored(aspects: scores, dimensions: parts))
  }

  /// Every region in every year, regions first.
  package func evaluations(
    regions: [RegionID], years: [Int], aspects: [String], dimensions: [String]
  ) throws(ModelError) -> [SyntheticEvaluation] {
    guard let lastYear = years.max() else { return [] }
    var all: [SyntheticEvaluation] = []
    for region in regions {
      for year in years {
        all.append(
          try evaluation(region: region, year: year, lastYear: lastYear, aspects: aspects, dimensions: dimensions))
      }
    }
    return all
  }

  private func missing(_ fate: inout SplitMix64, isLastYear: Bool) -> MissingKind? {
    switch fate.next(below: 100) {
    case 0..<8: .notReported
    case 8..<10: .withheld
    case 10..<11: .notApplicable
    case 11..<16: isLastYear ? .notYetDue : nil
    default: nil
    }
  }

  /// In hundredths: 265 ± 80 for the region, 6 a year, ± 15 for the year, ± 40 for the key; then kept within 0 … 400.
  private func value(_ purpose: Purpose, _ region: RegionID, _ year: Int, _ key: String) throws(ModelError) -> FixedDecimal {
    var level = stream(.level, region, 0)
    var season = stream(.season, region, year)
    var detail = stream(purpose, region, year, key)
    let rise = 6 * max(0, year - Self.firstYear)
    let hundredths =
      265 + rise + level.nextAroundZero(reach: 80) + season.nextAroundZero(reach: 15) + detail.nextAroundZero(reach: 40)
    return try FixedDecimal(units: Int64(min(400, max(0, hundredths))), scale: 2)
  }
}

extension SyntheticScores {
  /// Keeps the draws for different ends apart.
  private enum Purpose: UInt64 {
    case fate = 1
    case applies, level, season, aspect, dimension
  }

  /// Seed, purpose, region, year and key, stirred in one after the other.
  private func stream(_ purpose: Purpose, _ region: RegionID, _ year: Int, _ key: String = "") -> SplitMix64 {
    var state = UInt64(bitPattern: seed)
    for part in [purpose.rawValue, UInt64(region.value), UInt64(bitPattern: Int64(year)), Self.fingerprint(key)] {
      var stirred = SplitMix64(seed: state ^ part)
      state = stirred.next()
    }
    return SplitMix64(seed: state)
  }

  /// FNV-1a, 64 bits, of the UTF-8.
  private static func fingerprint(_ key: String) -> UInt64 {
    key.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
  }
}

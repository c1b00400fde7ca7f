/// What the aspect "baseline" means in a score: the state before joining (first evaluation) or in the year evaluated (later ones).
package enum BaselineMeaning: String, Word {
  package static let wordField = "baseline"

  case beforeJoining = "before_joining"
  case stateInYear = "state_in_year"
}

/// Which evaluation of a year: I (June), II (November) or one for the whole year.
package enum ScoreStage: String, Word {
  package static let wordField = "stage"

  case first = "I"
  case second = "II"
  case annual
}

/// What was evaluated: the plan on paper or what became of it.
package enum ScoreKind: String, Word {
  package static let wordField = "kind"

  case implementation, masterplan
}

/// One end of a comparison in time.
package struct ScoreReading: Sendable, Hashable {
  package let region: RegionID
  package let year: Int
  package let stage: ScoreStage
  package let kind: ScoreKind
  package let total: FixedDecimal
  /// nil if nobody knows which instrument made it.
  package let instrument: String?
  /// How sure it is that this instrument made it.
  package let instrumentCertainty: Certainty
  /// nil if the source doesn't say.
  package let baseline: BaselineMeaning?

  package init(
    region: RegionID, year: Int, stage: ScoreStage, kind: ScoreKind, total: FixedDecimal, instrument: String?,
    instrumentCertainty: Certainty, baseline: BaselineMeaning? = nil
  ) throws(ModelError) {
    try Cohort.check(year: year)
    self.region = region
    self.year = year
    self.stage = stage
    self.kind = kind
    self.total = total
    self.instrument = instrument
    self.instrumentCertainty = instrumentCertainty
    self.baseline = baseline
  }
}

/// The step from one score to a later one, or why there is none to be told.
package enum ScoreChange: Sendable, Hashable {
  /// Later less earlier, with what to bear in mind.
  case comparable(difference: FixedDecimal, caveats: [Caveat])
  case notComparable(NotComparable)

  package enum Caveat: String, Sendable, CaseIterable {
    /// The instrument of one end is inferred, not stated by its source.
    case instrumentInferred = "instrument_inferred"
    /// A source doesn't say what its baseline means.
    case baselineNotStated = "baseline_not_stated"
    /// June of one year beside November of another.
    case stageDiffers = "stage_differs"

    package var label: Localized {
      switch self {
      case .instrumentInferred:
        Localized(fixedID: "instrumen disimpulkan, tidak disebut sumber", en: "an instrument is inferred, not stated")
      case .baselineNotStated:
        Localized(fixedID: "arti baseline tidak disebut sumber", en: "the meaning of baseline is not stated")
      case .stageDiffers: Localized(fixedID: "tahap evaluasi berbeda", en: "the stages of evaluation differ")
      }
    }
  }

  package enum NotComparable: String, Sendable, CaseIterable {
    case regionDiffers = "region_differs"
    case kindDiffers = "kind_differs"
    case instrumentUnknown = "instrument_unknown"
    case instrumentDiffers = "instrument_differs"
    case baselineDiffers = "baseline_differs"
    case notLater = "not_later"

    package var label: Localized {
      switch self {
      case .regionDiffers: Localized(fixedID: "daerah berbeda", en: "the regions differ")
      case .kindDiffers:
        Localized(fixedID: "rencana induk dan pelaksanaan tidak sebanding", en: "masterplan and implementation don't compare")
      case .instrumentUnknown: Localized(fixedID: "instrumen tidak diketahui", en: "an instrument is not known")
      case .instrumentDiffers: Localized(fixedID: "instrumen berbeda", en: "the instruments differ")
      case .baselineDiffers: Localized(fixedID: "arti baseline berbeda", en: "the meanings of baseline differ")
      case .notLater: Localized(fixedID: "nilai kedua tidak lebih baru", en: "the second score is not later")
      }
    }
  }

  /// Comparable only with the same instrument version and the same meaning of baseline.
  /// - Throws: `NUMBER_OVERFLOW`.
  package init(from earlier: ScoreReading, to later: ScoreReading) throws(ModelError) {
    if let obstacle = Self.obstacle(earlier, later) {
      self = .notComparable(obstacle)
    } else {
      self = .comparable(difference: try later.total.subtracting(earlier.total), caveats: Self.caveats(earlier, later))
    }
  }

  private static func obstacle(_ earlier: ScoreReading, _ later: ScoreReading) -> NotComparable? {
    if earlier.region != later.region { return .regionDiffers }
    if earlier.kind != later.kind { return .kindDiffers }
    if !isLater(later, than: earlier) { return .notLater }
    guard let first = earlier.instrument, let second = later.instrument else { return .instrumentUnknown }
    if first != second { return .instrumentDiffers }
    if let first = earlier.baseline, let second = later.baseline, first != second { return .baselineDiffers }
    return nil
  }

  private static func isLater(_ later: ScoreReading, than earlier: ScoreReading) -> Bool {
    later.year > earlier.year || (later.year == earlier.year && earlier.stage == .first && later.stage == .second)
  }

  private static func caveats(_ earlier: ScoreReading, _ later: ScoreReading) -> [Caveat] {
    var caveats: [Caveat] = []
    if min(earlier.instrumentCertainty, later.instrumentCertainty) < .verified { caveats.append(.instrumentInferred) }
    if earlier.baseline == nil || later.baseline == nil { caveats.append(.baselineNotStated) }
    if earlier.stage != later.stage { caveats.append(.stageDiffers) }
    return caveats
  }
}

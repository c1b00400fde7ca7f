package import RegistryModel

/// What makes a score one of its kind.
package struct ScoreKey: Sendable, Hashable {
  package let year: Int
  package let stage: ScoreStage
  package let kind: ScoreKind

  package init(year: Int, stage: ScoreStage, kind: ScoreKind) {
    self.year = year
    self.stage = stage
    self.kind = kind
  }
}

/// A stored score. Values have at least two decimals, more only if they are not zero.
package struct ScoreRecord: Sendable, Hashable {
  package let region: RegionSummary
  package let key: ScoreKey
  /// nil: the source names none, and none could be inferred.
  package let instrumentID: String?
  package let instrumentCertainty: Certainty?
  /// As printed.
  package let published: FixedDecimal?
  /// From the parts, under the instrument.
  package let computed: FixedDecimal?
  /// Why there is no total.
  package let missing: MissingKind?
  /// In the order of the instrument and the dimension set.
  package let parts: [ScorePartRecord]
  package let letterNumber: String?
  package let letterDate: CalendarDate?
  package let released: Bool
  package let version: Int
  package let provenance: ProvenanceRecord

  /// The total that counts: the published one, else the computed one.
  package var total: FixedDecimal? { published ?? computed }
}

package enum ScorePartKind: String, Word {
  package static let wordField = "part"

  case aspect, dimension
}

/// One part of a score.
package struct ScorePartRecord: Sendable, Hashable {
  package let part: ScorePartKind
  package let key: String
  package let value: FixedDecimal?
  package let missing: MissingKind?

  package init(part: ScorePartKind, key: String, value: FixedDecimal?, missing: MissingKind?) {
    self.part = part
    self.key = key
    self.value = value
    self.missing = missing
  }
}

/// A score to be written. The caller has checked it against its instrument and computed its total.
///
/// A score is never left in halves: without `published` a stored published total stays; without `parts` the stored ones stay, with their
/// total and their instrument; `missing` takes total, parts and instrument away. Letter, source, certainty and note are always those given.
package struct ScorePut: Sendable, Hashable {
  package var region: RegionReference
  package var key: ScoreKey
  package var instrumentID: String?
  package var instrumentCertainty: Certainty?
  package var published: FixedDecimal?
  package var computed: FixedDecimal?
  package var missing: MissingKind?
  package var letterNumber: String?
  package var letterDate: CalendarDate?
  package var source: String?
  package var certainty: Certainty
  package var note: String?
  /// true releases; false leaves it as it is. The ministry's right.
  package var release: Bool
  /// 0: must not exist yet.
  package var expectedVersion: Int
  /// Replace the stored ones; nil leaves them, unless the score is missing.
  package var parts: [ScorePartRecord]?

  package init(
    region: RegionReference, key: ScoreKey, instrumentID: String? = nil, instrumentCertainty: Certainty? = nil,
    published: FixedDecimal? = nil, computed: FixedDecimal? = nil, missing: MissingKind? = nil, letterNumber: String? = nil,
    letterDate: CalendarDate? = nil, source: String? = nil, certainty: Certainty, note: String? = nil, release: Bool = false,
    expectedVersion: Int, parts: [ScorePartRecord]? = nil
  ) {
    self.region = region
    self.key = key
    self.instrumentID = instrumentID
    self.instrumentCertainty = instrumentCertainty
    self.published = published
    self.computed = computed
    self.missing = missing
    self.letterNumber = letterNumber
    self.letterDate = letterDate
    self.source = source
    self.certainty = certainty
    self.note = note
    self.release = release
    self.expectedVersion = expectedVersion
    self.parts = parts
  }
}

/// What became of one row, in the order of the request.
package struct PutOutcome: Sendable, Hashable {
  package let region: RegionSummary
  package let key: ScoreKey
  package let version: Int
  package let created: Bool
  /// It said what is stored already: nothing was written, and the version stands.
  package let unchanged: Bool
  /// The answer to an earlier request with the same idempotency key; nothing was written now.
  package let replayed: Bool
}

/// Which scores to list.
package struct ScoreFilter: Sendable, Hashable {
  /// nil: the caller's own region, or every region for the ministry and for exports.
  package var region: RegionReference?
  package var fromYear: Int?
  package var toYear: Int?

  package init(region: RegionReference? = nil, fromYear: Int? = nil, toYear: Int? = nil) {
    self.region = region
    self.fromYear = fromYear
    self.toYear = toYear
  }
}

/// One score with what it takes to explain it.
package struct ScoreDossier: Sendable {
  package let score: ScoreRecord
  /// The latest earlier score of the region of the same kind.
  package let previous: ScoreRecord?
  /// All versions on record, for the explanation and its alternatives.
  package let instruments: [Instrument]
}

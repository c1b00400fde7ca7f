/// What a session acts as. A person may hold several; a session has one.
package enum Role: String, Word {
  package static let wordField = "role"

  case ministryAdmin = "ministry_admin"
  case ministryAnalyst = "ministry_analyst"
  case regionAdmin = "region_admin"
  case regionViewer = "region_viewer"
  case export

  /// The database login through which a role works; row security hangs on it.
  package enum Pool: String, Sendable, CaseIterable {
    case region, ministry, export
  }

  package var pool: Pool {
    switch self {
    case .ministryAdmin, .ministryAnalyst: .ministry
    case .regionAdmin, .regionViewer: .region
    case .export: .export
    }
  }

  /// Whether sessions of this role belong to one region.
  package var needsRegion: Bool { pool == .region }

  /// Whether the role may change anything at all; what exactly is decided beside each operation.
  package var mayWrite: Bool { self == .ministryAdmin || self == .regionAdmin }

  package var label: Localized {
    switch self {
    case .ministryAdmin: Localized(fixedID: "admin kementerian", en: "ministry administrator")
    case .ministryAnalyst: Localized(fixedID: "analis kementerian", en: "ministry analyst")
    case .regionAdmin: Localized(fixedID: "admin daerah", en: "region administrator")
    case .regionViewer: Localized(fixedID: "pembaca daerah", en: "region viewer")
    case .export: Localized(fixedID: "ekspor", en: "export")
    }
  }
}

/// Whether the scores at hand are facts or made up. One database holds one kind, never both.
package enum Dataset: Sendable, Hashable {
  case official
  /// Made by a generator from this seed.
  case synthetic(seed: Int64)

  package var word: String {
    switch self {
    case .official: "official"
    case .synthetic: "synthetic"
    }
  }

  package var seed: Int64? {
    switch self {
    case .official: nil
    case .synthetic(let seed): seed
    }
  }

  /// - Throws: `UNKNOWN_WORD`; `MISSING_KEY` for synthetic data without a seed; `UNKNOWN_KEY` for official data with one.
  package init(word: String, seed: Int64?) throws(ModelError) {
    switch (word, seed) {
    case ("official", nil): self = .official
    case ("synthetic", let seed?): self = .synthetic(seed: seed)
    case ("official", _):
      throw ModelError(.unknownKey, field: "seed", message: "official data have no seed", remedy: "leave it empty")
    case ("synthetic", _):
      throw ModelError(.missingKey, field: "seed", message: "synthetic data need their seed", remedy: "give the seed")
    default: throw .unknownWord(word, field: "dataset", among: ["official", "synthetic"])
    }
  }

  /// Must stand beside every figure made from such data.
  package var label: Localized {
    switch self {
    case .official: Localized(fixedID: "data resmi", en: "official data")
    case .synthetic(let seed):
      Localized(builtID: "data buatan, bukan fakta (benih \(seed))", en: "synthetic data, not facts (seed \(seed))")
    }
  }
}

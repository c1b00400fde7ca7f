internal import RegistryModel
internal import RegistryProtocol

/// The enums of the protocol: as words for people (both languages) and as words for scripts (`snake_case`, the same in every language).
protocol Vocabulary {
  var term: String { get }
  var label: Localized { get }
}

private func pair(_ id: StaticString, _ en: StaticString) -> Localized { Localized(fixedID: id, en: en) }

extension Seratus_V1_MissingKind: Vocabulary {
  var term: String {
    switch self {
    case .notReported: "not_reported"
    case .notApplicable: "not_applicable"
    case .withheld: "withheld"
    case .notYetDue: "not_yet_due"
    case .notVisible: "not_visible"
    case .unspecified, .UNRECOGNIZED: "unknown"
    }
  }

  var label: Localized {
    switch self {
    case .notReported: pair("tidak dilaporkan", "not reported")
    case .notApplicable: pair("tidak berlaku", "not applicable")
    case .withheld: pair("ditahan", "withheld")
    case .notYetDue: pair("belum waktunya", "not yet due")
    case .notVisible: pair("tidak terlihat", "not visible")
    case .unspecified, .UNRECOGNIZED: pair("sebab tidak diketahui", "reason unknown")
    }
  }
}

extension Seratus_V1_Certainty: Vocabulary {
  var term: String {
    switch self {
    case .verified: "verified"
    case .probable: "probable"
    case .uncertain: "uncertain"
    case .unspecified, .UNRECOGNIZED: "unspecified"
    }
  }

  var label: Localized {
    switch self {
    case .verified: pair("terbukti", "verified")
    case .probable: pair("mungkin benar", "probable")
    case .uncertain: pair("tidak pasti", "uncertain")
    case .unspecified, .UNRECOGNIZED: pair("tidak disebut", "not stated")
    }
  }
}

extension Seratus_V1_RegionKind: Vocabulary {
  var term: String {
    switch self {
    case .kabupaten: "kabupaten"
    case .kota: "kota"
    case .unspecified, .UNRECOGNIZED: "unspecified"
    }
  }

  var label: Localized {
    switch self {
    case .kabupaten: pair("kabupaten", "kabupaten")
    case .kota: pair("kota", "kota")
    case .unspecified, .UNRECOGNIZED: pair("tidak disebut", "not stated")
    }
  }
}

extension Seratus_V1_Stage: Vocabulary {
  var term: String {
    switch self {
    case .annual, .unspecified, .UNRECOGNIZED: "annual"
    case .first: "I"
    case .second: "II"
    }
  }

  var label: Localized {
    switch self {
    case .annual, .unspecified, .UNRECOGNIZED: pair("tahunan", "annual")
    case .first: pair("tahap I", "stage I")
    case .second: pair("tahap II", "stage II")
    }
  }
}

extension Seratus_V1_ScoreKind: Vocabulary {
  var term: String {
    switch self {
    case .implementation, .unspecified, .UNRECOGNIZED: "implementation"
    case .masterplan: "masterplan"
    }
  }

  var label: Localized {
    switch self {
    case .implementation, .unspecified, .UNRECOGNIZED: pair("pelaksanaan", "implementation")
    case .masterplan: pair("masterplan", "masterplan")
    }
  }
}

/// Words that the protocol carries as text. An unknown one is shown as it came.
enum ServerWord {
  static func status(_ word: String, _ language: Language) -> String { translated(word, language) }
  static func membershipAnswer(_ word: String, _ language: Language) -> String { translated(word, language) }

  static func translated(_ word: String, _ language: Language) -> String {
    if language == .english { return word.replacing("_", with: " ") }
    return indonesian[word] ?? word.replacing("_", with: " ")
  }

  private static let indonesian = [
    "announced": "diumumkan", "signed": "menandatangani", "coached": "dibina", "finished": "selesai", "withdrawn": "mundur",
    "replaced": "diganti", "repeat": "ulangan", "yes": "ya", "no": "tidak", "unknown": "tidak diketahui", "exact": "persis",
    "alias": "nama lain", "former": "nama lama", "prefix": "awalan", "substring": "bagian kata", "near": "mirip",
    "code": "kode", "created": "dibuat", "updated": "diperbarui", "unchanged": "tidak berubah", "valid": "sah", "cut": "dipotong",
    "half_up": "dibulatkan ke atas mulai 5", "ministry": "kementerian",
  ]
}

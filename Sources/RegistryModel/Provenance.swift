/// How sure a fact is. Published sources contradict each other, so every fact from a document says so.
package enum Certainty: String, Word, Comparable {
  package static let wordField = "certainty"

  case uncertain, probable, verified

  private var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }

  package static func < (left: Certainty, right: Certainty) -> Bool { left.order < right.order }
}

/// Where a fact comes from, in words or as addresses; never empty.
package struct Source: Sendable, Hashable {
  package let text: String

  package init(_ text: String) throws(ModelError) {
    self.text = try text.checkedText(field: "source")
  }
}

/// Why a value is not there. None of them is zero.
package enum MissingKind: String, Word {
  package static let wordField = "missing"

  case notReported = "not_reported"
  case notApplicable = "not_applicable"
  case withheld
  case notYetDue = "not_yet_due"
  /// There is no score that this caller may see; whether one exists is not said.
  case notVisible = "not_visible"

  package var label: Localized {
    switch self {
    case .notReported: Localized(fixedID: "tidak dilaporkan", en: "not reported")
    case .notApplicable: Localized(fixedID: "tidak berlaku", en: "not applicable")
    case .withheld: Localized(fixedID: "ditahan", en: "withheld")
    case .notYetDue: Localized(fixedID: "belum waktunya", en: "not yet due")
    case .notVisible: Localized(fixedID: "tidak ada nilai yang boleh Anda lihat", en: "no score that you may see")
    }
  }
}

/// What a document says: yes, no, or nothing.
package enum TriState: String, Word {
  package static let wordField = "answer"

  case yes, no, unknown
}

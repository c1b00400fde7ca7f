package import RegistryModel

/// An enum of the protocol beside one of the model. The protocol's 0 is "unspecified"; numbers that this version doesn't know are refused
/// in requests.
package protocol WordMessage: RawRepresentable where RawValue == Int {
  associatedtype Model: Word
  /// The model's word; nil for 0 and for numbers of a newer version.
  var model: Model? { get }
}

extension WordMessage {
  /// The word, or nil if the field was left out.
  /// - Throws: `NOT_A_WORD` at `path` for a number that has no meaning here.
  package func word(path: String) throws(FieldFault) -> Model? {
    if rawValue == 0 { return nil }
    guard let model else { throw FieldFault(path, .notAWord, ["value": "\(rawValue)"]) }
    return model
  }

  /// - Throws: `VALUE_MISSING` or `NOT_A_WORD` at `path`.
  package func requiredWord(path: String) throws(FieldFault) -> Model {
    guard let word = try word(path: path) else { throw FieldFault(path, .valueMissing) }
    return word
  }
}

extension Seratus_V1_Certainty: WordMessage {
  package init(_ certainty: Certainty?) {
    switch certainty {
    case .verified: self = .verified
    case .probable: self = .probable
    case .uncertain: self = .uncertain
    case nil: self = .unspecified
    }
  }

  package var model: Certainty? {
    switch self {
    case .verified: .verified
    case .probable: .probable
    case .uncertain: .uncertain
    case .unspecified, .UNRECOGNIZED: nil
    }
  }
}

extension Seratus_V1_MissingKind: WordMessage {
  package init(_ kind: MissingKind?) {
    switch kind {
    case .notReported: self = .notReported
    case .notApplicable: self = .notApplicable
    case .withheld: self = .withheld
    case .notYetDue: self = .notYetDue
    case .notVisible: self = .notVisible
    case nil: self = .unspecified
    }
  }

  package var model: MissingKind? {
    switch self {
    case .notReported: .notReported
    case .notApplicable: .notApplicable
    case .withheld: .withheld
    case .notYetDue: .notYetDue
    case .notVisible: .notVisible
    case .unspecified, .UNRECOGNIZED: nil
    }
  }
}

extension Seratus_V1_RegionKind: WordMessage {
  package init(_ kind: RegionKind?) {
    switch kind {
    case .kabupaten: self = .kabupaten
    case .kota: self = .kota
    case nil: self = .unspecified
    }
  }

  package var model: RegionKind? {
    switch self {
    case .kabupaten: .kabupaten
    case .kota: .kota
    case .unspecified, .UNRECOGNIZED: nil
    }
  }
}

extension Seratus_V1_Stage: WordMessage {
  package init(_ stage: ScoreStage) {
    switch stage {
    case .annual: self = .annual
    case .first: self = .first
    case .second: self = .second
    }
  }

  package var model: ScoreStage? {
    switch self {
    case .annual: .annual
    case .first: .first
    case .second: .second
    case .unspecified, .UNRECOGNIZED: nil
    }
  }
}

extension Seratus_V1_ScoreKind: WordMessage {
  package init(_ kind: ScoreKind) {
    switch kind {
    case .implementation: self = .implementation
    case .masterplan: self = .masterplan
    }
  }

  package var model: ScoreKind? {
    switch self {
    case .implementation: .implementation
    case .masterplan: .masterplan
    case .unspecified, .UNRECOGNIZED: nil
    }
  }
}

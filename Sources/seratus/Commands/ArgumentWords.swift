internal import ArgumentParser
internal import RegistryClient
internal import RegistryProtocol

/// `annual`, `I` or `II`; also 1 and 2.
enum StageArgument: String, CaseIterable, ExpressibleByArgument {
  case annual
  case first = "I"
  case second = "II"

  init?(argument: String) {
    switch argument {
    case "annual": self = .annual
    case "I", "1": self = .first
    case "II", "2": self = .second
    default: return nil
    }
  }

  var message: Seratus_V1_Stage {
    switch self {
    case .annual: .annual
    case .first: .first
    case .second: .second
    }
  }
}

enum RegionKindArgument: String, CaseIterable, ExpressibleByArgument {
  case kabupaten, kota

  var message: Seratus_V1_RegionKind { self == .kabupaten ? .kabupaten : .kota }
}

enum ScoreKindArgument: String, CaseIterable, ExpressibleByArgument {
  case implementation, masterplan

  var message: Seratus_V1_ScoreKind { self == .implementation ? .implementation : .masterplan }
}

enum CertaintyArgument: String, CaseIterable, ExpressibleByArgument {
  case verified, probable, uncertain

  var message: Seratus_V1_Certainty {
    switch self {
    case .verified: .verified
    case .probable: .probable
    case .uncertain: .uncertain
    }
  }
}

enum MissingArgument: String, CaseIterable, ExpressibleByArgument {
  case notReported = "not_reported"
  case notApplicable = "not_applicable"
  case withheld
  case notYetDue = "not_yet_due"

  var message: Seratus_V1_MissingKind {
    switch self {
    case .notReported: .notReported
    case .notApplicable: .notApplicable
    case .withheld: .withheld
    case .notYetDue: .notYetDue
    }
  }
}

/// 32 hexadecimal digits or a UUID.
struct KeyArgument: ExpressibleByArgument, Equatable {
  let key: IdempotencyKey

  init?(argument: String) {
    guard let key = IdempotencyKey(argument) else { return nil }
    self.key = key
  }
}

/// `2017,2018,2019`: years of 4 digits, each once.
struct YearList: ExpressibleByArgument, Equatable {
  let years: [Int32]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    let years = parts.compactMap { $0.utf8.count == 4 ? Int32($0) : nil }
    guard years.count == parts.count, Set(years).count == years.count, years.allSatisfy({ $0 >= 1000 }) else { return nil }
    self.years = years
  }
}

/// `total`, `aspect:KEY` or `dimension:KEY`.
struct MeasureArgument: ExpressibleByArgument, Equatable {
  let text: String

  init?(argument: String) {
    let parts = argument.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard argument == "total" || (parts.count == 2 && ["aspect", "dimension"].contains(parts[0]) && !parts[1].isEmpty) else {
      return nil
    }
    text = argument
  }
}

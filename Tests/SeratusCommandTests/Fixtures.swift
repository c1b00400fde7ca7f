import RegistryModel
import RegistryProtocol
import SwiftProtobuf

@testable import seratus

/// Hand-made messages: Kota Kediri 2022 as its sources print it, and small cohorts.
enum Fixtures {
  static func decimal(_ text: String) -> Seratus_V1_Decimal {
    guard let number = try? FixedDecimal(parsing: text) else { preconditionFailure("\(text) is no number") }
    return number.message
  }

  static func text(_ id: String, _ en: String) -> Seratus_V1_LocalizedText {
    .with {
      $0.id = id
      $0.en = en
    }
  }

  static let official = Seratus_V1_Dataset.with { $0.kind = .official }
  static let synthetic = Seratus_V1_Dataset.with {
    $0.kind = .synthetic
    $0.seed = 42
  }

  static let kediri = Seratus_V1_RegionSummary.with {
    $0.regionID = 265
    $0.name = "Kota Kediri"
    $0.kind = .kota
    $0.kemendagriCode = "35.71"
    $0.bpsCode = "3571"
    $0.provinceName = "Jawa Timur"
    $0.provinceCode = "35"
  }

  static let aspects = [
    ("baseline", "Kondisi awal", "Baseline", "3.60", "10", "0.3600"), ("output", "Luaran", "Output", "3.21", "20", "0.6420"),
    ("outcome", "Hasil", "Outcome", "3.23", "30", "0.9690"), ("impact", "Dampak", "Impact", "3.07", "20", "0.6140"),
    ("quick_win", "Hasil cepat", "Quick win", "3.65", "20", "0.7300"),
  ]

  static let score = Seratus_V1_Score.with {
    $0.region = kediri
    $0.year = 2022
    $0.stage = .annual
    $0.kind = .implementation
    $0.instrumentID = "evaluasi-10-20-30-20-20-cut"
    $0.instrumentCertainty = .verified
    $0.publishedTotal = decimal("3.31")
    $0.computedTotal = decimal("3.31")
    $0.parts = aspects.map { key, id, en, value, _, _ in
      .with {
        $0.part = "aspect"
        $0.key = key
        $0.name = text(id, en)
        $0.value = decimal(value)
      }
    }
    $0.letterNumber = "B-1003/DJAI/AI.01.04/12/2022"
    $0.letterDate.iso = "2022-12-05"
    $0.released = true
    $0.version = 1
    $0.provenance.source = "bangsaonline.com 113379"
    $0.provenance.certainty = .verified
  }

  static let instrument = Seratus_V1_Instrument.with {
    $0.instrumentID = "evaluasi-10-20-30-20-20-cut"
    $0.name = text("bobot 10/20/30/20/20, dipotong", "weights 10/20/30/20/20, cut")
    $0.scaleMin = decimal("0.00")
    $0.scaleMax = decimal("4.00")
    $0.decimals = 2
    $0.rounding = "cut"
    $0.aspects = aspects.map { key, id, en, _, weight, _ in
      .with {
        $0.key = key
        $0.name = text(id, en)
        $0.weightPercent = decimal(weight)
      }
    }
  }

  static let change = Seratus_V1_ScoreChange.with {
    $0.difference = decimal("0.25")
    $0.fromYear = 2021
    $0.fromValue = decimal("3.06")
  }

  static let explanation = Seratus_V1_ExplainScoreResponse.with {
    $0.score = score
    $0.instrument = instrument
    $0.explanation.terms = aspects.map { key, id, en, value, weight, product in
      .with {
        $0.key = key
        $0.name = text(id, en)
        $0.value = decimal(value)
        $0.weightPercent = decimal(weight)
        $0.product = decimal(product)
      }
    }
    $0.explanation.exactSum = decimal("3.3150")
    $0.explanation.rounded = decimal("3.31")
    $0.explanation.rounding = "cut"
    $0.explanation.decimals = 2
    $0.explanation.published = decimal("3.31")
    $0.explanation.agrees = true
    $0.change = change
    $0.alternatives = [
      .with {
        $0.instrumentID = "evaluasi-10-20-30-30-10-cut"
        $0.exactSum = decimal("3.2570")
        $0.rounded = decimal("3.25")
      }
    ]
    $0.dataset = official
  }

  static let report = Seratus_V1_ReportRegionResponse.with {
    $0.region = kediri
    $0.year = 2022
    $0.stage = .annual
    $0.score = score
    $0.change = change
    $0.rankInProvince.rank = 1
    $0.rankInProvince.among = 1
    $0.rankInProvince.of = 38
    $0.rankNational.among = 1
    $0.rankNational.of = 514
    $0.rankNational.reason = text("terlalu sedikit nilai", "too few scores")
    $0.claims = [
      .with {
        $0.claim = "rank_national"
        $0.value = 22
        $0.provenance.certainty = .verified
      },
      .with {
        $0.claim = "rank_province"
        $0.value = 4
        $0.provenance.certainty = .verified
      },
    ]
    $0.notes = [text("dimensi tidak diterbitkan", "dimensions were not published")]
    $0.dataset = official
  }

  /// 2017: 26 known, 24 finished and counted as missing, one value. 2018: four values with quartiles and a tie.
  static let comparison = Seratus_V1_CompareCohortsResponse.with {
    $0.year = 2022
    $0.stage = .annual
    $0.measure = "total"
    $0.cohorts = [
      .with {
        $0.cohortYear = 2017
        $0.members = 26
        $0.membersPublished = 25
        $0.n = 1
        $0.missing = [missing(.notReported, 25)]
        $0.minimum = decimal("3.31")
        $0.maximum = decimal("3.31")
        $0.listComplete = true
        $0.remark = text("satu nilai saja", "one value only")
      },
      .with {
        $0.cohortYear = 2018
        $0.members = 53
        $0.membersPublished = 50
        $0.n = 0
        $0.missing = [missing(.notReported, 50), missing(.withheld, 3)]
        $0.listComplete = true
      },
      .with {
        $0.cohortYear = 2021
        $0.members = 38
        $0.membersPublished = 48
        $0.n = 36
        $0.missing = [missing(.notReported, 2)]
        $0.minimum = decimal("1.20")
        $0.lowerQuartile = decimal("2.5000")
        $0.median = decimal("2.9000")
        $0.mean = decimal("2.8750")
        $0.upperQuartile = decimal("3.2000")
        $0.maximum = decimal("3.90")
        $0.standardDeviation = decimal("0.5100")
        $0.rank = 1
        $0.tied = 1
      },
    ]
    $0.all.members = 117
    $0.all.n = 37
    $0.all.missing = [missing(.notReported, 77), missing(.withheld, 3)]
    $0.all.median = decimal("2.9000")
    $0.verdict = [text("Terlalu sedikit untuk menyimpulkan.", "Too little to conclude from.")]
    $0.conventions = [text("Kuantil tipe 7.", "Quantiles of type 7.")]
    $0.scope = text("semua nilai", "all scores")
    $0.scales = [
      .with {
        $0.instrumentID = "i1"
        $0.scaleMin = decimal("0.00")
        $0.scaleMax = decimal("4.00")
      }
    ]
    $0.dataset = official
    $0.values = values
  }

  private static let values: [Seratus_V1_CohortValue] =
    [value(2017, "Kota Kediri", "35.71", "3.31")]
    + (0..<36).map { value(2021, "Daerah \($0)", "99.\(10 + $0)", "\(2 + $0 / 18).\(10 + $0)") } + [
      .with {
        $0.cohortYear = 2018
        $0.region = kediri
        $0.missing = .notReported
      }
    ]

  private static func value(_ cohort: Int32, _ name: String, _ code: String, _ number: String) -> Seratus_V1_CohortValue {
    .with {
      $0.cohortYear = cohort
      $0.region = kediri
      $0.region.name = name
      $0.region.kemendagriCode = code
      $0.value = decimal(number)
      $0.certainty = .verified
    }
  }

  static func missing(_ kind: Seratus_V1_MissingKind, _ count: Int32) -> Seratus_V1_MissingCount {
    .with {
      $0.kind = kind
      $0.count = count
    }
  }

  static let cohorts = Seratus_V1_ListCohortsResponse.with {
    $0.cohorts = [
      .with {
        $0.year = 2017
        $0.name = text("angkatan pertama", "first cohort")
        $0.coachedPublished = 25
        $0.membershipsKnown = 26
        $0.regionsKnown = 26
        $0.listComplete = true
        $0.cumulative = [cumulative("ministry", 25, published: 25), cumulative("finished", 24, published: nil)]
      },
      .with {
        $0.year = 2021
        $0.name = text("angkatan keempat", "fourth cohort")
        $0.coachedPublished = 48
        $0.membershipsKnown = 38
        $0.regionsKnown = 38
        $0.cumulative = [cumulative("ministry", 132, published: 141), cumulative("finished", 131, published: nil)]
      },
    ]
    $0.rules = [
      .with {
        $0.rule = "ministry"
        $0.definition = text("hitungan kementerian", "the ministry's count")
      }
    ]
    $0.dataset = official
  }

  private static func cumulative(_ rule: String, _ known: Int32, published: Int32?) -> Seratus_V1_CumulativeCount {
    .with {
      $0.rule = rule
      $0.known = known
      if let published { $0.published = published }
      $0.incomplete = known > 100
    }
  }
}

func lines(_ document: Document, width: Int = 80) -> [String] {
  document.text(.table, width: width).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
}

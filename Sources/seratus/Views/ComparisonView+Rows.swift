internal import RegistryModel
internal import RegistryProtocol

extension ComparisonView {
  private static let missingKinds: [Seratus_V1_MissingKind] = [
    .notReported, .notApplicable, .withheld, .notYetDue, .notVisible,
  ]

  /// One row for each cohort; the last, with an empty `cohort_year`, is all of them together.
  static let columns =
    ["year", "stage", "measure", "cohort_year", "members", "members_published", "list_complete", "repeats", "n"]
    + missingKinds.map { "missing_\($0.term)" } + [
      "excluded", "minimum", "lower_quartile", "median", "mean", "upper_quartile", "maximum", "standard_deviation", "rank",
      "tied", "scale_min", "scale_max", "conclusive", "dataset",
    ]

  func record(_ cohort: Seratus_V1_CohortDescription) -> [OutputValue] {
    let missing = Self.missingKinds.map { kind in
      OutputValue.integer(cohort.missing.filter { $0.kind == kind }.reduce(0) { $0 + Int($1.count) })
    }
    let head: [OutputValue] = [
      .integer(Int(response.year)), .text(response.stage.term), .text(response.measure),
      cohort.cohortYear == 0 ? .null : .integer(Int(cohort.cohortYear)), .integer(Int(cohort.members)),
      cohort.membersPublished == 0 ? .null : .integer(Int(cohort.membersPublished)), .bool(cohort.listComplete),
      .integer(Int(cohort.repeats)), .integer(Int(cohort.n)),
    ]
    let excluded = OutputValue.integer(cohort.excluded.reduce(0) { $0 + Int($1.count) })
    let rank: [OutputValue] = [
      cohort.hasRank ? .integer(Int(cohort.rank)) : .null, cohort.hasRank ? .integer(Int(cohort.tied)) : .null,
      commonScale.min, commonScale.max, .bool(response.conclusive), .text(response.dataset.term),
    ]
    return head + missing + [excluded] + figures(cohort).map(\.value) + rank
  }

  /// Empty where the values have none, or several.
  private var commonScale: (min: OutputValue, max: OutputValue) {
    let bounds = Set(response.scales.map { [$0.scaleMin.exact, $0.scaleMax.exact] })
    guard bounds.count == 1, let scale = response.scales.first else { return (.null, .null) }
    return (scale.scaleMin.output, scale.scaleMax.output)
  }

  private func figures(_ cohort: Seratus_V1_CohortDescription) -> [OutputField] {
    [
      OutputField(name: "minimum", value: cohort.hasMinimum ? cohort.minimum.output : .null),
      OutputField(name: "lower_quartile", value: cohort.hasLowerQuartile ? cohort.lowerQuartile.output : .null),
      OutputField(name: "median", value: cohort.hasMedian ? cohort.median.output : .null),
      OutputField(name: "mean", value: cohort.hasMean ? cohort.mean.output : .null),
      OutputField(name: "upper_quartile", value: cohort.hasUpperQuartile ? cohort.upperQuartile.output : .null),
      OutputField(name: "maximum", value: cohort.hasMaximum ? cohort.maximum.output : .null),
      OutputField(name: "standard_deviation", value: cohort.hasStandardDeviation ? cohort.standardDeviation.output : .null),
    ]
  }

  /// With `--values`: one row for each membership.
  static let valueColumns =
    ["year", "stage", "measure", "cohort_year"] + Seratus_V1_RegionSummary.columns + [
      "value", "missing", "rank_in_cohort", "rank_overall", "certainty", "dataset",
    ]

  func record(_ value: Seratus_V1_CohortValue) -> [OutputValue] {
    let head: [OutputValue] = [
      .integer(Int(response.year)), .text(response.stage.term), .text(response.measure), .integer(Int(value.cohortYear)),
    ]
    return head + value.region.cells + valueCells(value).map(\.value) + [.text(response.dataset.term)]
  }

  private func valueCells(_ value: Seratus_V1_CohortValue) -> [OutputField] {
    [
      OutputField(name: "value", value: value.hasValue ? value.value.output : .null),
      OutputField(name: "missing", value: value.hasValue ? .null : .text(value.missing.term)),
      OutputField(name: "rank_in_cohort", value: value.hasRankInCohort ? .integer(Int(value.rankInCohort)) : .null),
      OutputField(name: "rank_overall", value: value.hasRankOverall ? .integer(Int(value.rankOverall)) : .null),
      OutputField(name: "certainty", value: value.hasValue ? .text(value.certainty.term) : .null),
    ]
  }

  var object: OutputValue {
    .object([
      "dataset": response.dataset.output, "year": .integer(Int(response.year)), "stage": .text(response.stage.term),
      "measure": .text(response.measure), "conclusive": .bool(response.conclusive),
      "cohorts": .list(response.cohorts.map(output)), "all": response.hasAll ? output(response.all) : .null,
      "verdict": .list(response.verdict.map(\.output)), "conventions": .list(response.conventions.map(\.output)),
      "scope": response.scope.output,
      "scales": .list(
        response.scales.map {
          .object([
            "instrument_id": .text($0.instrumentID), "scale_min": $0.scaleMin.output, "scale_max": $0.scaleMax.output,
          ])
        }),
      "values": .list(
        response.values.map { value in
          .object(
            [
              OutputField(name: "cohort_year", value: .integer(Int(value.cohortYear))),
              OutputField(name: "region", value: value.region.output),
            ] + valueCells(value))
        }),
    ])
  }

  private func output(_ cohort: Seratus_V1_CohortDescription) -> OutputValue {
    let missing = cohort.missing.map { OutputField(name: $0.kind.term, value: .integer(Int($0.count))) }
    let head = [
      OutputField(name: "cohort_year", value: cohort.cohortYear == 0 ? .null : .integer(Int(cohort.cohortYear))),
      OutputField(name: "members", value: .integer(Int(cohort.members))),
      OutputField(name: "members_published", value: .integer(Int(cohort.membersPublished))),
      OutputField(name: "list_complete", value: .bool(cohort.listComplete)),
      OutputField(name: "repeats", value: .integer(Int(cohort.repeats))), OutputField(name: "n", value: .integer(Int(cohort.n))),
      OutputField(name: "missing", value: .object(missing)),
      OutputField(
        name: "excluded",
        value: .list(cohort.excluded.map { .object(["reason": $0.reason.output, "count": .integer(Int($0.count))]) })),
    ]
    let tail = [
      OutputField(name: "rank", value: cohort.hasRank ? .integer(Int(cohort.rank)) : .null),
      OutputField(name: "tied", value: cohort.hasRank ? .integer(Int(cohort.tied)) : .null),
      OutputField(name: "remark", value: cohort.remark.output),
    ]
    return .object(head + figures(cohort) + tail)
  }
}

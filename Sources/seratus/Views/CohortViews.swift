internal import RegistryModel
internal import RegistryProtocol

/// `cohort list`.
struct CohortListView {
  let response: Seratus_V1_ListCohortsResponse

  func document(_ language: Language) -> Document {
    let count = response.cohorts.count
    var document = Document(
      Phrase(id: "\(count) angkatan", en: "\(count) \(count == 1 ? "cohort" : "cohorts")"), dataset: response.dataset, language)
    document.blocks.append(.table(cohorts(language)))
    document.blocks += [.heading(language[Words.cumulative]), .table(cumulative(language))]
    let rules = response.rules.map { "\(ServerWord.translated($0.rule, language)): \(language[$0.definition])" }
    if !rules.isEmpty { document.blocks.append(.notes(rules)) }
    document.columns = Self.columns
    document.records = response.cohorts.flatMap(records)
    document.object = .object([
      "dataset": response.dataset.output, "cohorts": .list(response.cohorts.map(\.output)),
      "rules": .list(response.rules.map { .object(["rule": .text($0.rule), "definition": $0.definition.output]) }),
    ])
    document.talk += rules
    return document
  }

  private func cohorts(_ language: Language) -> Table {
    Table(
      [
        .number(language[Words.cohort]), .text(language[Words.name]), .number(language[Words.coached]),
        .number(language[Words.known]), .number(language[Words.regions]), .text(language[Words.list]),
      ],
      rows: response.cohorts.map { cohort in
        [
          "\(cohort.year)", language[cohort.name], "\(cohort.coachedPublished)", "\(cohort.membershipsKnown)",
          "\(cohort.regionsKnown)", language[cohort.listComplete ? Words.complete : Words.incomplete],
        ]
      })
  }

  private func cumulative(_ language: Language) -> Table {
    let rows = response.cohorts.flatMap { cohort in
      cohort.cumulative.map { count in
        [
          "\(cohort.year)", ServerWord.translated(count.rule, language), "\(count.known)",
          count.hasPublished ? "\(count.published)" : language[Words.notPublished],
          language[count.incomplete ? Words.incomplete : Words.complete],
        ]
      }
    }
    return Table(
      [
        .number(language[Words.cohort]), .text(language[Words.rule]), .number(language[Words.known]),
        .number(language[Words.published]), .text(language[Words.list]),
      ], rows: rows)
  }

  /// One row for each cohort and counting rule.
  private static let columns = [
    "cohort_year", "name", "coached_published", "memberships_known", "regions_known", "list_complete", "provinces", "signed_on",
    "rule", "cumulative_known", "cumulative_published", "cumulative_incomplete", "source", "certainty", "dataset",
  ]

  private func records(_ cohort: Seratus_V1_Cohort) -> [[OutputValue]] {
    let head: [OutputValue] = [
      .integer(Int(cohort.year)), .text(cohort.name.id), .integer(Int(cohort.coachedPublished)),
      .integer(Int(cohort.membershipsKnown)), .integer(Int(cohort.regionsKnown)), .bool(cohort.listComplete),
      .integer(Int(cohort.provinces)), cohort.signedOn.output,
    ]
    let tail: [OutputValue] = [
      .words(cohort.provenance.source), .text(cohort.provenance.certainty.term), .text(response.dataset.term),
    ]
    guard !cohort.cumulative.isEmpty else { return [head + [.null, .null, .null, .null] + tail] }
    return cohort.cumulative.map { count in
      head + [
        .text(count.rule), .integer(Int(count.known)), count.hasPublished ? .integer(Int(count.published)) : .null,
        .bool(count.incomplete),
      ] + tail
    }
  }
}

extension Seratus_V1_Cohort {
  var output: OutputValue {
    .object([
      "cohort_year": .integer(Int(year)), "name": name.output, "coached_published": .integer(Int(coachedPublished)),
      "memberships_known": .integer(Int(membershipsKnown)), "regions_known": .integer(Int(regionsKnown)),
      "list_complete": .bool(listComplete), "provinces": .integer(Int(provinces)), "signed_on": signedOn.output,
      "statuses": .list(statuses.map { .object(["status": .text($0.status), "count": .integer(Int($0.count))]) }),
      "cumulative": .list(
        cumulative.map {
          .object([
            "rule": .text($0.rule), "known": .integer(Int($0.known)),
            "published": $0.hasPublished ? .integer(Int($0.published)) : .null, "incomplete": .bool($0.incomplete),
          ])
        }),
      "provenance": provenance.output,
    ])
  }
}

/// `cohort show`.
struct CohortView {
  let response: Seratus_V1_GetCohortResponse

  func document(_ language: Language) -> Document {
    let cohort = response.cohort
    let name = language[cohort.name]
    var document = Document(
      Phrase(id: "Angkatan \(cohort.year): \(name)", en: "Cohort \(cohort.year): \(name)"), dataset: response.dataset, language)
    document.blocks.append(.facts(facts(language)))
    document.blocks.append(.table(members(language)))
    if !response.provinces.isEmpty {
      document.blocks += [.heading(language[Words.provincesOutside]), .table(provinces(language))]
    }
    if !cohort.provenance.note.isEmpty { document.blocks.append(.notes([cohort.provenance.note])) }
    document.columns =
      ["cohort_year"] + Seratus_V1_RegionSummary.columns + [
        "status", "announced", "signed", "finished", "other_cohorts", "source", "certainty", "note", "borders_as_of", "dataset",
      ]
    document.records = response.members.map(record)
    document.object = .object([
      "dataset": response.dataset.output, "borders_as_of": response.bordersAsOf.output, "cohort": cohort.output,
      "members": .list(response.members.map(output)),
      "provinces": .list(
        response.provinces.map {
          .object([
            "province_code": .code($0.provinceCode), "province_name": .text($0.provinceName), "status": .text($0.status),
            "provenance": $0.provenance.output,
          ])
        }),
    ])
    return document
  }

  private func facts(_ language: Language) -> Facts {
    let cohort = response.cohort
    let statuses = cohort.statuses.map { "\($0.count) \(ServerWord.status($0.status, language))" }.joined(separator: ", ")
    return Facts([
      language[Words.coached]: "\(cohort.coachedPublished)",
      language[Words.known]: "\(cohort.membershipsKnown)" + (statuses.isEmpty ? "" : " (\(statuses))"),
      language[Words.regions]: "\(cohort.regionsKnown)",
      language[Words.list]: language[cohort.listComplete ? Words.complete : Words.incomplete],
      language[Words.signedOn]: cohort.signedOn.iso.isEmpty ? language[Words.unknown] : cohort.signedOn.iso,
      language[Words.source]: "\(cohort.provenance.source) (\(language[cohort.provenance.certainty.label]))",
    ])
  }

  private func members(_ language: Language) -> Table {
    Table(
      [
        .word(language[Words.code]), .text(language[Words.region]), .text(language[Words.province]),
        .text(language[Words.status]), .text(language[Words.certainty]), .text(language[Words.otherCohorts]),
      ],
      rows: response.members.map { member in
        let others = member.otherCohorts.map { "\($0)" }.joined(separator: ", ")
        return [
          member.region.kemendagriCode, member.region.name, member.region.provinceName,
          ServerWord.status(member.status, language), language[member.provenance.certainty.label],
          others.isEmpty ? language[Words.nothingMissing] : others,
        ]
      })
  }

  private func provinces(_ language: Language) -> Table {
    Table(
      [.word(language[Words.code]), .text(language[Words.province]), .text(language[Words.status])],
      rows: response.provinces.map { [$0.provinceCode, $0.provinceName, ServerWord.status($0.status, language)] })
  }

  private func record(_ member: Seratus_V1_CohortMember) -> [OutputValue] {
    [.integer(Int(response.cohort.year))] + member.region.cells + [
      .text(member.status), .text(member.announced), .text(member.signed), .text(member.finished),
      member.otherCohorts.isEmpty ? .null : .list(member.otherCohorts.map { .integer(Int($0)) }),
      .words(member.provenance.source), .text(member.provenance.certainty.term), .words(member.provenance.note),
      response.bordersAsOf.output, .text(response.dataset.term),
    ]
  }

  private func output(_ member: Seratus_V1_CohortMember) -> OutputValue {
    .object([
      "region": member.region.output, "status": .text(member.status), "announced": .text(member.announced),
      "signed": .text(member.signed), "finished": .text(member.finished),
      "other_cohorts": .list(member.otherCohorts.map { .integer(Int($0)) }), "provenance": member.provenance.output,
    ])
  }
}

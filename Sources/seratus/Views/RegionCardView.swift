internal import RegistryModel
internal import RegistryProtocol

/// `region show`: one region with its codes, names and provinces in time.
struct RegionCardView {
  let response: Seratus_V1_GetRegionResponse

  func document(_ language: Language) -> Document {
    let region = response.region
    var document = Document(.same(region.line), dataset: response.dataset, language)
    document.blocks.append(.facts(facts(language)))
    document.blocks += dated(Words.codesInTime, codes(language), language)
    if response.names.count > 1 { document.blocks += dated(Words.namesInTime, names(language), language) }
    if response.provinces.count > 1 { document.blocks += dated(Words.provincesInTime, provinces(language), language) }
    document.blocks += dated(Words.memberships, memberships(language), language)
    document.columns =
      Seratus_V1_RegionSummary.columns + ["population", "area_km2", "latitude", "longitude", "cohorts", "as_of", "dataset"]
    document.records = [
      region.cells + [
        .integer(Int(response.population)), response.areaKm2.output, .optional(FixedDecimal(degrees: response.latitude)),
        .optional(FixedDecimal(degrees: response.longitude)),
        .list(response.memberships.map { .text("\($0.cohortYear) \($0.status)") }), response.asOf.output,
        .text(response.dataset.term),
      ]
    ]
    document.object = object
    return document
  }

  private func facts(_ language: Language) -> Facts {
    let region = response.region
    var lines = [
      Facts.Line(label: language[Words.kind], value: language[region.kind.label]),
      Facts.Line(label: "Kemendagri", value: region.kemendagriCode),
      Facts.Line(label: "BPS", value: region.bpsCode.isEmpty ? language[Words.unknown] : region.bpsCode),
      Facts.Line(label: language[Words.province], value: "\(region.provinceName) (\(region.provinceCode))"),
      Facts.Line(
        label: language[Words.population],
        value: response.population > 0 ? language.format(Int(response.population)) : language[Words.unknown]),
      Facts.Line(
        label: language[Words.area],
        value: response.hasAreaKm2 ? language.number(response.areaKm2) + " km²" : language[Words.unknown]),
    ]
    if let latitude = FixedDecimal(degrees: response.latitude), let longitude = FixedDecimal(degrees: response.longitude) {
      lines.append(
        Facts.Line(label: language[Words.centroid], value: "\(language.format(latitude))  \(language.format(longitude))"))
    }
    if !response.aliases.isEmpty {
      lines.append(Facts.Line(label: language[Words.aliases], value: response.aliases.joined(separator: ", ")))
    }
    if !response.askedBy.isEmpty { lines.append(Facts.Line(label: language[Words.askedBy], value: response.askedBy)) }
    return Facts(lines)
  }

  private func dated(_ heading: Localized, _ table: Table, _ language: Language) -> [Document.Block] {
    table.rows.isEmpty ? [] : [.heading(language[heading]), .table(table)]
  }

  private func columns(_ first: [Table.Column], _ language: Language) -> [Table.Column] {
    first + [
      .word(language[Words.from]), .word(language[Words.until]), .word(language[Words.certainty]), .text(language[Words.source]),
    ]
  }

  private func range(
    _ from: Seratus_V1_Date, _ to: Seratus_V1_Date, _ provenance: Seratus_V1_Provenance, _ language: Language
  ) -> [String] {
    [
      from.iso.isEmpty ? language[Words.always] : from.iso, to.iso.isEmpty ? language[Words.still] : to.iso,
      language[provenance.certainty.label], provenance.source,
    ]
  }

  private func codes(_ language: Language) -> Table {
    Table(
      columns([.word(language[Words.system]), .word(language[Words.code])], language),
      rows: response.codes.map { [$0.system, $0.code] + range($0.validFrom, $0.validTo, $0.provenance, language) })
  }

  private func names(_ language: Language) -> Table {
    Table(
      columns([.text(language[Words.name])], language),
      rows: response.names.map { [$0.name] + range($0.validFrom, $0.validTo, $0.provenance, language) })
  }

  private func provinces(_ language: Language) -> Table {
    Table(
      columns([.word(language[Words.code]), .text(language[Words.province])], language),
      rows: response.provinces.map {
        [$0.provinceCode, $0.provinceName] + range($0.validFrom, $0.validTo, $0.provenance, language)
      })
  }

  private func memberships(_ language: Language) -> Table {
    Table(
      [
        .number(language[Words.cohort]), .word(language[Words.status]), .word(language[Words.certainty]),
        .text(language[Words.source]),
      ],
      rows: response.memberships.map {
        [
          "\($0.cohortYear)", ServerWord.translated($0.status, language), language[$0.provenance.certainty.label],
          $0.provenance.source,
        ]
      })
  }
}

extension RegionCardView {
  private var object: OutputValue {
    .object([
      "dataset": response.dataset.output, "as_of": response.asOf.output, "region": response.region.output,
      "latitude": .optional(FixedDecimal(degrees: response.latitude)),
      "longitude": .optional(FixedDecimal(degrees: response.longitude)), "population": .integer(Int(response.population)),
      "area_km2": response.areaKm2.output, "aliases": .list(response.aliases.map { .text($0) }),
      "asked_by": .words(response.askedBy),
      "codes": .list(
        response.codes.map {
          .object([
            "system": .text($0.system), "code": .code($0.code), "valid_from": $0.validFrom.output, "valid_to": $0.validTo.output,
            "provenance": $0.provenance.output,
          ])
        }),
      "names": .list(
        response.names.map {
          .object([
            "name": .text($0.name), "valid_from": $0.validFrom.output, "valid_to": $0.validTo.output,
            "provenance": $0.provenance.output,
          ])
        }),
      "provinces": .list(
        response.provinces.map {
          .object([
            "province_code": .code($0.provinceCode), "province_name": .text($0.provinceName), "valid_from": $0.validFrom.output,
            "valid_to": $0.validTo.output, "provenance": $0.provenance.output,
          ])
        }),
      "memberships": .list(
        response.memberships.map {
          .object([
            "cohort_year": .integer(Int($0.cohortYear)), "status": .text($0.status), "provenance": $0.provenance.output,
          ])
        }),
    ])
  }
}

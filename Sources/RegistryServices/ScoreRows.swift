internal import RegistryModel
internal import RegistryProtocol
internal import RegistryStore

/// Turns the rows of a request into scores to be written: every field checked, every total computed. All faults are told, each with the
/// path of its field; a row with one makes the whole request wait.
struct ScoreRows {
  let catalogue: InstrumentCatalogue

  func check(_ request: Seratus_V1_PutScoresRequest) throws(RequestFaults) -> [ScorePut] {
    var checks = RequestChecks()
    guard !request.rows.isEmpty else {
      checks.add(FieldFault("rows", reason: ModelError.Reason.emptyList.rawValue))
      throw RequestFaults(faults: checks.faults)
    }
    guard request.rows.count <= RequestLimits.rowsMax else {
      checks.add("rows", .tooManyRows, ["rows": "\(request.rows.count)", "max": "\(RequestLimits.rowsMax)"])
      throw RequestFaults(faults: checks.faults)
    }
    var rows: [ScorePut] = []
    var seen: [Place: Int] = [:]
    for (index, input) in request.rows.enumerated() {
      guard let row = row(input, "rows[\(index)]", &checks) else { continue }
      if let first = seen.updateValue(index, forKey: Place(region: row.region, key: row.key)) {
        checks.add("rows[\(index)]", .sameRowTwice, ["first": "rows[\(first)]"])
      }
      rows.append(row)
    }
    try checks.finish()
    return rows
  }

  private struct Place: Hashable {
    let region: RegionReference
    let key: ScoreKey
  }

  private func row(_ input: Seratus_V1_ScoreInput, _ path: String, _ checks: inout RequestChecks) -> ScorePut? {
    let region = checks.region(input.region, "\(path).region")
    let year = checks.year(input.year, "\(path).year")
    let stage = checks.take { () throws(FieldFault) in try input.stage.word(path: "\(path).stage") } ?? nil
    let kind = checks.take { () throws(FieldFault) in try input.kind.word(path: "\(path).kind") } ?? nil
    let missing = checks.take { () throws(FieldFault) in try input.missing.word(path: "\(path).missing") } ?? nil
    let certainty = checks.take { () throws(FieldFault) in try input.certainty.word(path: "\(path).certainty") } ?? nil
    let version = checks.number(Int(input.expectedVersion), "\(path).expected_version", in: 0...Int(Int32.max))
    let letterNumber = checks.text(input.letterNumber, "\(path).letter_number")
    let letterDate = checks.take { () throws(FieldFault) in
      try CalendarDate.from(input.letterDate, path: "\(path).letter_date")
    }
    let source = checks.text(input.source, "\(path).source", max: RequestLimits.sourceBytesMax)
    let figures = ScoreFigures(input, path, catalogue, &checks)
    check(input, missing, path, &checks)
    guard let region, let year else { return nil }
    return ScorePut(
      region: region, key: ScoreKey(year: year, stage: stage ?? .annual, kind: kind ?? .implementation),
      instrumentID: figures.instrument?.id, instrumentCertainty: figures.instrument.map { _ in .verified },
      published: figures.published, computed: figures.computed, missing: missing, letterNumber: letterNumber,
      letterDate: letterDate ?? nil, source: source,
      // A letter settles it; without one the writer's word is probable until somebody has checked.
      certainty: certainty ?? (letterNumber == nil ? .probable : .verified), release: input.release,
      expectedVersion: version ?? 0, parts: input.parts.isEmpty ? nil : figures.parts)
  }

  /// A row has figures or says why it has none.
  private func check(_ input: Seratus_V1_ScoreInput, _ missing: MissingKind?, _ path: String, _ checks: inout RequestChecks) {
    let hasFigures = input.hasPublishedTotal || !input.parts.isEmpty
    switch (hasFigures, missing) {
    case (true, .some): checks.add("\(path).missing", .valueAndMissing)
    case (false, nil): checks.add(path, .nothingToStore)
    case (false, .notVisible): checks.add("\(path).missing", .notAWord, ["value": MissingKind.notVisible.rawValue])
    default: break
    }
  }
}

/// The numbers of one row, checked against the scale of its instrument, and the total that follows from the aspects.
///
/// A published total of which the row names no instrument is checked against the widest scale on record; if the stored score has an
/// instrument, the database checks it against that one's.
struct ScoreFigures {
  private let catalogue: InstrumentCatalogue
  private(set) var instrument: Instrument?
  private(set) var published: FixedDecimal?
  private(set) var computed: FixedDecimal?
  private(set) var parts: [ScorePartRecord] = []

  init(_ input: Seratus_V1_ScoreInput, _ path: String, _ catalogue: InstrumentCatalogue, _ checks: inout RequestChecks) {
    self.catalogue = catalogue
    instrument = Self.find(input.instrumentID, path, catalogue.instruments, &checks)
    if input.hasPublishedTotal {
      published = checks.take { () throws(FieldFault) in
        try FixedDecimal(input.publishedTotal, path: "\(path).published_total")
      }
      checkPublished("\(path).published_total", &checks)
    }
    guard !input.parts.isEmpty else { return }
    guard input.parts.count <= RequestLimits.partsPerRowMax else {
      checks.add(
        "\(path).parts", .tooManyRows, ["rows": "\(input.parts.count)", "max": "\(RequestLimits.partsPerRowMax)"])
      return
    }
    guard instrument != nil || !input.instrumentID.isEmpty else {
      checks.add("\(path).instrument_id", .instrumentNeeded)
      return
    }
    let faultsBefore = checks.faults.count
    for (index, part) in input.parts.enumerated() { take(part, "\(path).parts[\(index)]", &checks) }
    if checks.faults.count == faultsBefore { compute("\(path).parts", &checks) }
  }

  private static func find(
    _ id: String, _ path: String, _ instruments: [Instrument], _ checks: inout RequestChecks
  ) -> Instrument? {
    guard let id = checks.text(id, "\(path).instrument_id") else { return nil }
    if let found = instruments.first(where: { $0.id == id }) { return found }
    checks.add(
      "\(path).instrument_id", .instrumentUnknown, ["value": id, "among": instruments.map(\.id).joined(separator: ", ")])
    return nil
  }

  private mutating func take(_ part: Seratus_V1_ScorePartInput, _ path: String, _ checks: inout RequestChecks) {
    let kind = checks.take(at: "\(path).part") { () throws(ModelError) in try ScorePartKind(word: part.part) }
    let key = checks.requiredText(part.key, "\(path).key")
    guard part.hasValue else {
      checks.add("\(path).value", .valueMissing)
      return
    }
    let value = checks.take { () throws(FieldFault) in try FixedDecimal(part.value, path: "\(path).value") }
    checkScale(value, "\(path).value", &checks)
    guard let kind, let key, let value else { return }
    checkKey(key, kind, "\(path).key", &checks)
    if parts.contains(where: { $0.part == kind && $0.key == key }) {
      checks.add(FieldFault("\(path).key", reason: ModelError.Reason.duplicateKey.rawValue, parameters: ["key": key]))
    }
    parts.append(ScorePartRecord(part: kind, key: key, value: value, missing: nil))
  }

  private func checkKey(_ key: String, _ part: ScorePartKind, _ path: String, _ checks: inout RequestChecks) {
    guard let instrument else { return }
    let known = part == .aspect ? catalogue.aspects(of: instrument) : catalogue.dimensions(of: instrument)
    guard !known.contains(where: { $0.key == key }) else { return }
    let parameters = [
      "key": key, "near": known.near(key).joined(separator: ", "), "among": known.map(\.key).joined(separator: ", "),
    ]
    checks.add(FieldFault(path, reason: ModelError.Reason.unknownKey.rawValue, parameters: parameters))
  }

  /// Within the scale, and with no more decimals than totals are printed with.
  private func checkPublished(_ path: String, _ checks: inout RequestChecks) {
    guard let published else { return }
    let faultsBefore = checks.faults.count
    checkScale(published, path, &checks)
    guard checks.faults.count == faultsBefore else { return }
    let widest = catalogue.widestScale
    if instrument == nil, let widest, published < widest.min || published > widest.max {
      let parameters = ["value": "\(published)", "min": "\(widest.min)", "max": "\(widest.max)"]
      checks.add(FieldFault(path, reason: ModelError.Reason.outOfScale.rawValue, parameters: parameters))
      return
    }
    if let decimals = instrument?.decimals ?? widest?.decimals, published.normalized.scale > decimals {
      checks.add(path, .tooManyDecimals, ["value": "\(published)", "max": "\(decimals)"])
    }
  }

  private func checkScale(_ value: FixedDecimal?, _ path: String, _ checks: inout RequestChecks) {
    guard let value else { return }
    _ = checks.take(at: path) { () throws(ModelError) in
      _ = try value.tenThousandths
      try instrument?.check(value, field: path)
    }
  }

  /// The published total is kept beside the computed one whatever they say; it is never overwritten.
  private mutating func compute(_ path: String, _ checks: inout RequestChecks) {
    guard let instrument else { return }
    var values: [String: FixedDecimal] = [:]
    for part in parts where part.part == .aspect { values[part.key] = part.value }
    guard !values.isEmpty else { return }
    computed = checks.take(at: path) { () throws(ModelError) in
      try ScoreCalculation(ScoreParts(instrument: instrument, values: values), published: published).result
    }
  }
}

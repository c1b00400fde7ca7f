extension RegionDirectory {
  /// A code with its system: whoever has it on that day; otherwise whoever had it, if it was one region only.
  package func resolve(code: RegionCode, asOf date: CalendarDate) throws(ModelError) -> RegionEntry {
    let rows = byDigits[code.digits, default: []].filter { $0.code == code }
    let then = rows.filter { $0.valid.contains(date) }
    return try single(then.isEmpty ? rows : then, typed: code.qualified)
  }

  /// A bare number may be a BPS code or a Kemendagri code without its dot. It is accepted only if all readings, past codes included,
  /// name one and the same region.
  package func resolve(bareNumber digits: String) throws(ModelError) -> RegionEntry {
    try single(byDigits[digits, default: []], typed: digits)
  }

  private func single(_ rows: [CodeRow], typed: String) throws(ModelError) -> RegionEntry {
    let regions = Set(rows.map(\.region))
    guard regions.count <= 1 else { throw ambiguous(rows, typed: typed) }
    guard let region = regions.first, let entry = byID[region] else { throw unknown(typed) }
    return entry
  }

  private func ambiguous(_ rows: [CodeRow], typed: String) -> ModelError {
    let readings = Set(rows.map { "\($0.code.qualified) \(byID[$0.region]?.name ?? "\($0.region)")\(ended($0.valid))" }).sorted()
    let list = readings.joined(separator: ", ")
    return ModelError(
      .ambiguousCode, field: "region", message: "\(typed) names more than one region: \(list)",
      remedy: "write the code system before it, as in bps:3571 or kemendagri:35.71, or the name",
      parameters: ["value": typed, "candidates": list])
  }

  private func ended(_ valid: DatedRange) -> String { valid.to.map { " (until \($0))" } ?? "" }

  private func unknown(_ typed: String) -> ModelError {
    let digits = typed.filter(\.isNumber)
    let near = nearCodes(digits).joined(separator: ", ")
    return ModelError(
      .unknownCode, field: "region", message: "no region has or had the code \(typed)",
      remedy: near.isEmpty ? "search it by name" : "perhaps \(near)", parameters: ["value": typed, "near": near])
  }

  /// Codes one slip away, today's first, five at most.
  private func nearCodes(_ digits: String) -> [String] {
    let rows = byDigits.values.joined().filter { EditDistance.between($0.code.digits, digits, bound: 1) != nil }
    let current = rows.filter { $0.valid.to == nil && $0.code.system == .kemendagri }
    return current.sorted { $0.code.digits < $1.code.digits }.prefix(5).map { "\($0.code.text) \(byID[$0.region]?.name ?? "")" }
  }
}

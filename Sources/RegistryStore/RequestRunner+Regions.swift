internal import RegistryAccess
internal import RegistryModel

// What a person typed becomes a region without a trip: the directory is in memory. Only a reference that it can't settle costs one, in which
// the session is checked first, so that nobody learns names without signing in, and the directory is read anew.
extension RequestRunner {
  /// - Throws: `regionUnknown`, `regionAmbiguous`, and whatever is wrong with the session.
  func resolve(
    _ context: TenantContext, _ reference: RegionReference, asOf date: CalendarDate
  ) async throws(StoreError) -> RegionID {
    if let known = memory.reference, let entry = try? known.directory.resolve(reference, asOf: date) { return entry.id }
    let fresh = try await freshReference(context)
    do {
      return try fresh.directory.resolve(reference, asOf: date).id
    } catch {
      throw fresh.refusal(of: reference)
    }
  }

  /// The regions of many rows. Every row that names none is reported.
  /// - Throws: `invalid` with paths `rows[n].region`.
  func resolve(
    _ context: TenantContext, rows: [RegionReference], asOf date: CalendarDate
  ) async throws(StoreError) -> [RegionID] {
    if let known = memory.reference?.regions(of: rows, asOf: date), !known.contains(nil) { return known.compactMap { $0 } }
    let fresh = try await freshReference(context)
    let found = fresh.regions(of: rows, asOf: date)
    let problems = zip(rows, found).enumerated().compactMap { index, row -> FieldProblem? in
      guard row.1 == nil else { return nil }
      let refusal = fresh.refusal(of: row.0)
      return FieldProblem(
        path: "rows[\(index)].region", reason: refusal.reason, message: refusal.message, parameters: refusal.parameters)
    }
    if !problems.isEmpty { throw .invalid(problems) }
    return found.compactMap { $0 }
  }

  private func freshReference(_ context: TenantContext) async throws(StoreError) -> Reference {
    _ = try await answer(context, [], refreshing: true) { _, _ in }
    guard let reference = memory.reference else { throw .fault("the directory was lost while it was read") }
    return reference
  }
}

extension Reference {
  /// nil where a reference names no single region. Each different one is looked up once: a batch often repeats its region.
  fileprivate func regions(of references: [RegionReference], asOf date: CalendarDate) -> [RegionID?] {
    var known: [RegionReference: RegionID?] = [:]
    return references.map { reference in
      if let found = known[reference] { return found }
      let found = try? directory.resolve(reference, asOf: date).id
      known[reference] = .some(found)
      return found
    }
  }

  /// Why a reference names no region, with the regions that were perhaps meant.
  func refusal(of reference: RegionReference) -> StoreError {
    switch reference {
    case .name(let name):
      let exact = directory.search(name, limit: RegionDirectory.hitsMax).filter { $0.match <= .alias }
      if exact.count > 1 { return ambiguous(name, exact.map { candidate($0.entry) }) }
      return unknown(name, directory.search(name, limit: StoreLimits.suggestionsMax).map { candidate($0.entry) })
    case .code(let code):
      let rows = codes[code.digits, default: []].filter { $0.code == code }
      return rows.isEmpty ? unknown(code.qualified, near(code.digits)) : ambiguous(code.qualified, candidates(rows))
    case .bareNumber(let digits):
      let rows = codes[digits, default: []]
      return rows.isEmpty ? unknown(digits, near(digits)) : ambiguous(digits, candidates(rows))
    }
  }

  private func candidate(_ entry: RegionEntry) -> RegionCandidate {
    RegionCandidate(id: entry.id, name: entry.name, code: entry.code.text)
  }

  /// Each reading with its system, which is what tells them apart.
  private func candidates(_ rows: [CodeRow]) -> [RegionCandidate] {
    rows.compactMap { row in
      directory[row.region].map { RegionCandidate(id: row.region, name: $0.name, code: row.code.qualified) }
    }
  }

  /// Regions whose code today is one slip away.
  private func near(_ digits: String) -> [RegionCandidate] {
    let rows = codes.values.joined().filter {
      $0.code.system == .kemendagri && $0.valid.to == nil && EditDistance.between($0.code.digits, digits, bound: 1) != nil
    }
    return rows.sorted { $0.code.digits < $1.code.digits }.prefix(StoreLimits.suggestionsMax).compactMap { row in
      directory[row.region].map(candidate)
    }
  }

  private func unknown(_ typed: String, _ near: [RegionCandidate]) -> StoreError {
    let list = near.map(\.labelled).joined(separator: ", ")
    return StoreError(
      .regionUnknown(typed: typed, near: near),
      "no region is called \"\(typed)\"" + (near.isEmpty ? "; search it by a part of its name" : "; perhaps \(list)"),
      parameters: ["value": typed, "near": list])
  }

  private func ambiguous(_ typed: String, _ candidates: [RegionCandidate]) -> StoreError {
    let list = candidates.map(\.labelled).joined(separator: ", ")
    return StoreError(
      .regionAmbiguous(typed: typed, candidates: candidates),
      "\"\(typed)\" names more than one region: \(list); name one of them so",
      parameters: ["value": typed, "candidates": list])
  }
}

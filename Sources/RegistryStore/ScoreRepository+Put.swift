internal import PostgresClient
package import RegistryAccess
package import RegistryModel

extension ScoreRepository {
  /// Rows of one request: a batch that takes the database about a second.
  package static let rowsMax = 1_000

  /// Writes all rows or none. A request without an idempotency key gets a random one.
  /// - Parameters:
  ///   - validateOnly: every check of the database is made, then everything is undone.
  ///   - asOf: the day of codes and names, in the request and in the answer.
  /// - Throws: `invalid` (its paths begin with `rows[n]`), `notFoundOrNotVisible`, `staleVersion`, `notOpenToRole`, `idempotencyConflict`.
  package func put(
    _ context: TenantContext, rows: [ScorePut], validateOnly: Bool, asOf: CalendarDate
  ) async throws(StoreError) -> Answer<[PutOutcome]> {
    guard (1...Self.rowsMax).contains(rows.count) else {
      throw .invalid(
        "rows", "BAD_ROW_COUNT", "a request to put scores has 1 to \(Self.rowsMax) rows, not \(rows.count)",
        ["value": "\(rows.count)", "max": "\(Self.rowsMax)"])
    }
    let regions = try await runner.resolve(context, rows: rows.map(\.region), asOf: asOf)
    let input = try Self.input(rows, regions)
    let steps = [
      Queries.scoresPut(.bytea(context.idempotencyKey ?? Self.randomKey()), .json(input.text)),
      Queries.regionSummaries(.int4Array(Set(regions).map(\.value)), asOf.value),
    ]
    let decode = { (_: Caller, results: [PostgresResult]) throws in try Self.outcomes(results) }
    // With a key a second run finds the reply of the first.
    return try await validateOnly
      ? runner.trial(context, steps, decode: decode)
      : runner.answer(context, steps, repeatable: true, decode: decode)
  }

  private static func outcomes(_ results: [PostgresResult]) throws -> [PutOutcome] {
    let lines = try results[1].rows.map(RegionSummary.init)
    let summaries = Dictionary(lines.map { ($0.id, $0) }) { first, _ in first }
    return try results[0].rows.map { row in
      guard let region = summaries[try row.regionID("region_id")] else {
        throw StoreError.fault("a score was written for a region without a line")
      }
      return PutOutcome(
        region: region, key: ScoreKey(year: try row.int("year"), stage: try row.word("stage"), kind: try row.word("kind")),
        version: try row.int("version"), created: try row.bool("created"), unchanged: try row.bool("unchanged"),
        replayed: try row.bool("replayed"))
    }
  }

  /// The rows as api.put_scores takes them.
  private static func input(_ rows: [ScorePut], _ regions: [RegionID]) throws(StoreError) -> JSONText {
    var problems: [FieldProblem] = []
    var objects: [JSONText] = []
    for (index, (row, region)) in zip(rows, regions).enumerated() {
      do {
        objects.append(try row.json(region: region))
      } catch {
        problems.append(FieldProblem(error, path: "rows[\(index)].\(error.field)"))
      }
    }
    if !problems.isEmpty { throw .invalid(problems) }
    return .array(objects)
  }

  private static func randomKey() -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
  }
}

extension ScorePut {
  /// - Throws: `TOO_MANY_DIGITS` for a value with more than four decimals.
  fileprivate func json(region: RegionID) throws(ModelError) -> JSONText {
    .object([
      ("region_id", .number(Int64(region.value))), ("year", .number(Int64(key.year))), ("stage", .string(key.stage.rawValue)),
      ("kind", .string(key.kind.rawValue)), ("instrument_id", .optional(instrumentID)),
      ("instrument_certainty", .optional(instrumentCertainty?.rawValue)),
      ("published_e4", .optional(try published?.tenThousandths)), ("computed_e4", .optional(try computed?.tenThousandths)),
      ("missing", .optional(missing?.rawValue)), ("letter_number", .optional(letterNumber)),
      ("letter_date", .optional(letterDate.map { "\($0)" })), ("source", .optional(source)),
      ("certainty", .string(certainty.rawValue)), ("note", .optional(note)), ("released", release ? .bool(true) : .null),
      ("expected_version", .number(Int64(expectedVersion))), ("parts", try partsJSON()),
    ])
  }

  private func partsJSON() throws(ModelError) -> JSONText {
    guard let parts else { return .null }
    var objects: [JSONText] = []
    for part in parts {
      objects.append(
        .object([
          ("part", .string(part.part.rawValue)), ("key", .string(part.key)),
          ("value_e4", .optional(try part.value?.tenThousandths)), ("missing", .optional(part.missing?.rawValue)),
        ]))
    }
    return .array(objects)
  }
}

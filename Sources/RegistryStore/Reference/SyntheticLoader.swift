internal import CohortAnalysis
package import PostgresClient
internal import RegistryModel

/// What filling a database with made-up scores changed.
package struct SyntheticReport: Sendable, Hashable {
  package let seed: Int64
  package let scores: Int
  /// Scores that were there already.
  package let unchanged: Int
  package let parts: Int
  /// Memberships made up for regions that took part in no cohort.
  package let memberships: Int
}

/// Fills a synthetic database: every region gets a score for every year and a cohort, so that the registry can be tried at full size.
/// The reference data must have been loaded with the same seed. Doing it again changes nothing.
package struct SyntheticLoader: Sendable {
  /// Scores in one statement: about half a megabyte of JSON.
  static let batchMax = 400
  package static let timeMax: Duration = .seconds(300)

  private let pool: PostgresPool

  /// - Parameter pool: of an administrator, with at least one exclusive connection.
  package init(pool: PostgresPool) {
    self.pool = pool
  }

  /// - Parameter years: evaluations of the last of them may not be due yet.
  /// - Throws: `ReferenceError` `datasetDiffers` if the database holds facts or another seed; it is then as it was.
  package func load(seed: Int64, years: ClosedRange<Int>) async throws(ReferenceError) -> SyntheticReport {
    let deadline = ContinuousClock.now.advanced(by: Self.timeMax)
    do {
      return try await pool.withConnection { connection in
        let steps = [RequestRunner.begin, Queries.loaderEnter(), Queries.datasetRead()]
        let results = try await connection.execute(steps, deadline: deadline)
        do {
          guard try DatasetRecord(results[2]).dataset == .synthetic(seed: seed) else { throw Self.differs(seed) }
          let report = try await Filling(seed: seed, years: years, connection: connection, deadline: deadline).fill()
          _ = try await connection.execute([Queries.statisticsRefresh(), RequestRunner.commit], deadline: deadline)
          return report
        } catch {
          _ = try? await connection.execute([RequestRunner.rollback], deadline: deadline)
          throw error
        }
      }
    } catch {
      throw ReferenceError(wrapping: error)
    }
  }

  private static func differs(_ seed: Int64) -> ReferenceError {
    ReferenceError(
      .datasetDiffers,
      "this database does not hold synthetic data of seed \(seed); load the reference data as synthetic into a new database first"
    )
  }
}

/// One run, inside its transaction.
private struct Filling {
  let seed: Int64
  let years: ClosedRange<Int>
  let connection: PostgresConnection
  let deadline: ContinuousClock.Instant

  func fill() async throws -> SyntheticReport {
    let source = PostgresValue.text("synthetic, seed \(seed)")
    let basis = try await connection.execute(
      [
        Queries.syntheticRegions(), Queries.syntheticInstrument(), Queries.instrumentRows(), Queries.instrumentAspects(),
        Queries.syntheticMembershipsLoad(source),
      ], deadline: deadline)
    let regions = try basis[0].rows.map { try $0.regionID("region_id") }
    let wanted = try basis[1].first?.string("instrument_id")
    guard let instrument = try [Instrument](basis[2], aspects: basis[3]).first(where: { $0.id == wanted }) else {
      throw StoreError.fault("there is no instrument to make up scores for; load the reference data")
    }
    let dimensions = try await dimensions(of: instrument)
    let evaluations = try SyntheticScores(seed: seed).evaluations(
      regions: regions, years: Array(years), aspects: instrument.aspects.map(\.key), dimensions: dimensions)
    var scores = 0
    var unchanged = 0
    var parts = 0
    for start in stride(from: 0, to: evaluations.count, by: SyntheticLoader.batchMax) {
      let batch = evaluations[start..<min(start + SyntheticLoader.batchMax, evaluations.count)]
      let rows = JSONText.array(try batch.map { try json($0, instrument) })
      let result = try await connection.execute([Queries.syntheticScoresLoad(.json(rows.text))], deadline: deadline)[0]
      guard let row = result.first else { throw StoreError.fault("synthetic_scores_load says nothing") }
      scores += try row.int("inserted")
      unchanged += try row.int("unchanged")
      parts += try row.int("parts")
    }
    return SyntheticReport(
      seed: seed, scores: scores, unchanged: unchanged, parts: parts,
      memberships: try basis[4].first?.int("inserted") ?? 0)
  }

  private func dimensions(of instrument: Instrument) async throws -> [String] {
    guard let set = instrument.dimensionSet else { return [] }
    let result = try await connection.execute([Queries.syntheticDimensions(.text(set))], deadline: deadline)[0]
    return try result.rows.map { try $0.string("key") }
  }

  private func json(_ evaluation: SyntheticEvaluation, _ instrument: Instrument) throws -> JSONText {
    var total: Int64?
    var missing: MissingKind?
    var parts: [JSONText] = []
    switch evaluation.outcome {
    case .missing(let kind): missing = kind
    case .scored(let aspects, let dimensions):
      total = try ScoreCalculation(ScoreParts(instrument: instrument, values: aspects)).result.tenThousandths
      parts += try aspects.sorted { $0.key < $1.key }.map { try part(.aspect, $0.key, .value($0.value)) }
      parts += try dimensions.sorted { $0.key < $1.key }.map { try part(.dimension, $0.key, $0.value) }
    }
    return .object([
      ("region_id", .number(Int64(evaluation.region.value))), ("year", .number(Int64(evaluation.year))),
      ("stage", .string(ScoreStage.annual.rawValue)), ("kind", .string(ScoreKind.implementation.rawValue)),
      ("instrument_id", .string(instrument.id)), ("computed_e4", .optional(total)), ("missing", .optional(missing?.rawValue)),
      ("source", .string("synthetic, seed \(seed)")), ("parts", .array(parts)),
    ])
  }

  private func part(_ kind: ScorePartKind, _ key: String, _ observation: Observation) throws -> JSONText {
    let value: JSONText
    let missing: JSONText
    switch observation {
    case .value(let number): (value, missing) = (.number(try number.tenThousandths), .null)
    case .missing(let why): (value, missing) = (.null, .string(why.rawValue))
    }
    return .object([("part", .string(kind.rawValue)), ("key", .string(key)), ("value_e4", value), ("missing", missing)])
  }
}

internal import PostgresClient
internal import RegistryAccess
internal import RegistryModel

/// Bounds of what the store does.
enum StoreLimits {
  /// The longest that a request may take, whatever its caller allows: longer than any question of this registry takes, short enough to free what it holds.
  static let deadlineDefault: Duration = .seconds(30)
  /// An export at the pace of a slow reader. It holds a connection and a snapshot, so it does not last for ever.
  static let streamDeadlineMax: Duration = .seconds(600)
  /// A request that lost against another transaction is tried again; three in a row mean that something else is wrong.
  static let attemptsMax = 3
  /// Reference data change with laws and elections; a server learns of it within a minute.
  static let directoryAgeMax: Duration = .seconds(60)
  /// Names to suggest for one that is unknown.
  static let suggestionsMax = 5
}

/// Sends requests through the pool of their context: the context first, then the statements, in one trip and one transaction.
struct RequestRunner: Sendable {
  let pools: RegistryPools
  let memory = ReferenceMemory()

  func pool(_ pool: Role.Pool) -> PostgresPool {
    switch pool {
    case .region: pools.region
    case .ministry: pools.ministry
    case .export: pools.export
    }
  }

  /// Enters the context and runs the steps; `decode` gets one result for each step. Now and then the dataset and the directory of
  /// regions come along in the same trip.
  /// - Parameters:
  ///   - repeatable: a second run does no harm: reads, and writes under an idempotency key.
  ///   - refreshing: bring the directory along in any case.
  func answer<Value: Sendable>(
    _ context: TenantContext, _ steps: [PostgresStep], repeatable: Bool = true, refreshing: Bool = false,
    decode: (Caller, [PostgresResult]) throws -> Value
  ) async throws(StoreError) -> Answer<Value> {
    let turn = memory.turn(reconnects: pools.reconnects, forced: refreshing)
    let results: [PostgresResult]
    do {
      results = try await entered(context, steps + (turn.isRefresh ? Reference.steps : []), repeatable: repeatable)
    } catch {
      memory.give(up: turn)
      throw error
    }
    do {
      let caller = try Caller(entered: results[0])
      let fresh = turn.isRefresh ? try Reference(results.suffix(Reference.steps.count)) : nil
      if let fresh { memory.remember(fresh, turn) }
      guard let reference = fresh ?? turn.known else { throw StoreError.fault("a request went out without its reference") }
      let own = Array(results[1..<1 + steps.count])
      return Answer(
        caller: caller, dataset: reference.dataset, catalogue: reference.catalogue, value: try decode(caller, own))
    } catch {
      memory.give(up: turn)
      throw StoreError(wrapping: error)
    }
  }

  /// Statements that need no session, such as those of the gate.
  func bare(
    on pool: PostgresPool, _ steps: [PostgresStep], deadline: ContinuousClock.Instant?, repeatable: Bool
  ) async throws(StoreError) -> [PostgresResult] {
    let end = try Deadline(deadline).end
    return try await attempt { () throws(PostgresError) in
      try await pool.execute(PostgresRequest(steps, deadline: end, repeatable: repeatable))
    }
  }

  private func entered(
    _ context: TenantContext, _ steps: [PostgresStep], repeatable: Bool
  ) async throws(StoreError) -> [PostgresResult] {
    let deadline = try Deadline(context.deadline)
    return try await attempt { () throws(PostgresError) in
      // What is left is told anew at each attempt.
      let request = PostgresRequest(
        [context.enter(deadline)] + steps, deadline: deadline.end, repeatable: repeatable)
      return try await pool(context.pool).execute(request)
    }
  }

  /// Tries again what was undone because another transaction won, or may be sent twice and lost its connection.
  private func attempt(
    _ body: () async throws(PostgresError) -> [PostgresResult]
  ) async throws(StoreError) -> [PostgresResult] {
    var attempts = 1
    while true {
      do {
        return try await body()
      } catch {
        guard attempts < StoreLimits.attemptsMax, error.retryable, error.isPassing else { throw StoreError(error) }
        attempts += 1
      }
    }
  }
}

extension RegistryPools {
  /// Connections lost so far: after one more, the database at the other end may be another one.
  var reconnects: Int {
    region.statistics.reconnects + ministry.statistics.reconnects + export.statistics.reconnects
  }
}

extension TenantContext {
  func enter(_ deadline: Deadline) -> PostgresStep {
    Queries.enter(
      .bytea(tokenSHA256), .textArray(roles.map(\.rawValue)), .bool(writes), .int4(deadline.milliseconds))
  }
}

extension PostgresError {
  /// A conflict or a broken connection, unlike an absent database or a full pool, may be over at once.
  fileprivate var isPassing: Bool {
    switch code {
    case .server, .connectionLost: true
    default: false
    }
  }
}

/// The end of a request, always there: the caller's, or the default.
struct Deadline {
  let end: ContinuousClock.Instant

  init(_ wanted: ContinuousClock.Instant?) throws(StoreError) {
    let now = ContinuousClock.now
    let latest = now.advanced(by: StoreLimits.deadlineDefault)
    end = min(wanted ?? latest, latest)
    if end <= now { throw .deadline() }
  }

  /// Of a stream.
  init(stream wanted: ContinuousClock.Instant?) throws(StoreError) {
    let now = ContinuousClock.now
    let latest = now.advanced(by: StoreLimits.streamDeadlineMax)
    end = min(wanted ?? latest, latest)
    if end <= now { throw .deadline() }
  }

  /// What is left, for `statement_timeout`: at least 1, since 0 would mean none.
  var milliseconds: Int32 {
    let left = ContinuousClock.now.duration(to: end).components
    return Int32(clamping: max(1, left.seconds * 1_000 + left.attoseconds / 1_000_000_000_000_000))
  }
}

extension Caller {
  /// The one row of api.enter.
  init(entered result: PostgresResult) throws {
    guard let row = result.first else { throw StoreError.fault("api.enter gave no row") }
    let region: Int32? = try row["region_id"]
    self.init(
      actorID: try row["actor_id"], actorName: try row["actor_name"], role: try row.word("role"),
      region: try region.map { try RegionID($0) })
  }
}

extension DatasetRecord {
  init(_ result: PostgresResult) throws {
    guard let row = result.first else {
      throw StoreError.fault("the database doesn't say whether it holds facts or synthetic data; load the reference data")
    }
    self.init(dataset: try Dataset(word: try row.string("kind"), seed: try row["seed"]), label: try row.string("label"))
  }
}

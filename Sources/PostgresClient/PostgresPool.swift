package import Logging

/// Connections to one database under one login, shared by any number of tasks.
///
/// Requests are pipelined: many are in flight on one connection, each closed by its own Sync, so that a request costs one
/// trip whatever its number of steps. All connections live on one thread of the pool.
package final class PostgresPool: Sendable {
  private let configuration: PostgresConfiguration
  private let logger: Logger
  private let inbox = PoolInbox()
  private let counters = PoolCounters()

  package init(configuration: PostgresConfiguration, logger: Logger) {
    if let defect = configuration.defect { preconditionFailure("PostgresConfiguration: \(defect)") }
    self.configuration = configuration
    self.logger = logger
  }

  deinit {
    _ = inbox.post(.shutdown(within: nil))
  }

  /// Starts the pool's thread; called once. It connects by itself, now and whenever connections are lost.
  package func start() {
    PoolThread.run(name: "pg-\(configuration.applicationName)") { [configuration, inbox, counters, logger] in
      PoolReactor(configuration: configuration, inbox: inbox, counters: counters, logger: logger).run()
    }
  }

  /// Ends a started pool: new requests are refused, those under way may finish within `grace`, then all connections close.
  package func shutdown(grace: Duration = .seconds(5)) async {
    _ = inbox.post(.shutdown(within: grace))
    await inbox.waitForEnd()
  }

  package var statistics: PostgresStatistics { counters.snapshot }
  /// Requests beyond so many waiting ones are refused.
  package var waitingRequestsMax: Int { configuration.waitingRequestsMax }

  /// Runs the steps of a request as one transaction in one round trip and returns one result per step.
  ///
  /// When the task is cancelled, a request that was sent is cancelled at the server and the call returns when the server
  /// has let go of it: with `cancelled`, or with the results if it was done already.
  package func execute(_ request: PostgresRequest) async throws(PostgresError) -> [PostgresResult] {
    if let defect = request.defect(shared: true) { throw defect }
    return try await results(
      of: PendingRequest(
        work: .steps(request.steps, explicitTransaction: request.explicitTransaction, lease: nil),
        deadline: request.deadline, repeatable: request.repeatable))
  }

  /// Lends a connection to `body` alone: for transactions over several trips, cursors and scripts.
  ///
  /// Waits up to `deadline` for one to become free. A connection that comes back inside a transaction, busy, or after a
  /// script is closed, not reused.
  package func withConnection<R>(
    deadline: ContinuousClock.Instant? = nil,
    isolation: isolated (any Actor)? = #isolation,
    _ body: (PostgresConnection) async throws -> R
  ) async throws -> R {
    guard configuration.exclusiveConnectionsMax > 0 else {
      throw PostgresError.misuse("This pool has no exclusive connections.")
    }
    guard case .lease(let lease) = try await perform(PendingRequest(work: .lease, deadline: deadline)).get() else {
      preconditionFailure("a lease is answered by a lease")
    }
    defer { _ = inbox.post(.release(lease: lease)) }
    return try await body(PostgresConnection(pool: self, lease: lease))
  }

  func results(of request: PendingRequest) async throws(PostgresError) -> [PostgresResult] {
    guard case .results(let results) = try await perform(request).get() else {
      preconditionFailure("steps are answered by results")
    }
    return results
  }

  private func perform(_ request: PendingRequest) async -> PendingRequest.Outcome {
    await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        request.attach(continuation)
        if !inbox.post(.submit(request)) { request.fail(.shutDown) }
      }
    } onCancel: {
      _ = inbox.post(.cancel(request))
    }
  }
}

/// A connection lent by ``PostgresPool/withConnection(deadline:isolation:_:)``, valid until its body returns.
package struct PostgresConnection: Sendable {
  fileprivate let pool: PostgresPool
  fileprivate let lease: Int

  /// Runs steps in one round trip. Outside an open transaction they are one by themselves; `begin`, `commit`, `declare` and
  /// `fetch` are allowed here, best as unnamed statements. After an error inside an open transaction a `rollback` is owed.
  package func execute(
    _ steps: [PostgresStep], deadline: ContinuousClock.Instant? = nil
  ) async throws(PostgresError) -> [PostgresResult] {
    if let defect = PostgresRequest(steps).defect(shared: false) { throw defect }
    return try await pool.results(
      of: PendingRequest(work: .steps(steps, explicitTransaction: false, lease: lease), deadline: deadline))
  }

  /// Runs a text of commands, such as a migration, by the simple protocol: no parameters, one transaction unless the text
  /// says otherwise, results in text form.
  package func script(
    _ sql: String, deadline: ContinuousClock.Instant? = nil
  ) async throws(PostgresError) -> [PostgresResult] {
    if sql.utf8.contains(0) { throw .misuse("A script must not hold the character NUL.") }
    return try await pool.results(of: PendingRequest(work: .script(sql, lease: lease), deadline: deadline))
  }
}

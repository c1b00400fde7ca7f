internal import Synchronization

/// What a pool did since its start and holds now.
package struct PostgresStatistics: Sendable, Equatable {
  /// Connections that answer, shared and leased.
  package var connections = 0
  /// Requests sent and not yet answered.
  package var inFlight = 0
  /// Requests not yet sent.
  package var waiting = 0
  /// Requests sent, each one trip to the server and back.
  package var requests = 0
  /// Syncs sent: one a request, one more where statements were prepared or a transaction was explicit.
  package var roundTrips = 0
  /// Statements prepared, once per connection each.
  package var preparations = 0
  /// Connections opened to replace lost ones or after failed attempts.
  package var reconnects = 0
  /// Cancellations delivered to backends.
  package var cancellations = 0
  /// Requests sent again after a stray cancellation or a failed preparation.
  package var repetitions = 0
}

/// Written by the pool's thread alone, read by anybody.
final class PoolCounters: Sendable {
  let connections = Atomic<Int>(0)
  let inFlight = Atomic<Int>(0)
  let waiting = Atomic<Int>(0)
  let requests = Atomic<Int>(0)
  let roundTrips = Atomic<Int>(0)
  let preparations = Atomic<Int>(0)
  let reconnects = Atomic<Int>(0)
  let cancellations = Atomic<Int>(0)
  let repetitions = Atomic<Int>(0)

  var snapshot: PostgresStatistics {
    PostgresStatistics(
      connections: connections.load(ordering: .relaxed), inFlight: inFlight.load(ordering: .relaxed),
      waiting: waiting.load(ordering: .relaxed), requests: requests.load(ordering: .relaxed),
      roundTrips: roundTrips.load(ordering: .relaxed), preparations: preparations.load(ordering: .relaxed),
      reconnects: reconnects.load(ordering: .relaxed), cancellations: cancellations.load(ordering: .relaxed),
      repetitions: repetitions.load(ordering: .relaxed))
  }
}

extension Atomic where Value == Int {
  /// For the one thread that writes: no locked instruction needed.
  func increase(by amount: Int = 1) {
    store(load(ordering: .relaxed) &+ amount, ordering: .relaxed)
  }
}

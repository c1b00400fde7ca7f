/// One request inside the pool, from submission to answer.
// SAFETY: the `let`s are Sendable; the `var`s belong to the pool's thread from the submission on, and
// before it only `attach` writes (a cancellation that overtakes the submission touches `cancelReason` alone).
final class PendingRequest: @unchecked Sendable {
  enum Work: Sendable {
    /// Prepared statements in one pipeline; on a leased connection when `lease` is its number.
    case steps([PostgresStep], explicitTransaction: Bool, lease: Int?)
    /// A text of several commands by the simple protocol, on a leased connection.
    case script(String, lease: Int)
    /// A connection for one caller alone.
    case lease
    /// Delivers a cancellation to the backend that serves the connection of this number.
    case cancelBackend(processID: Int32, victim: Int)
  }

  enum Reply: Sendable {
    case results([PostgresResult])
    case lease(Int)
  }

  typealias Outcome = Result<Reply, PostgresError>

  enum State {
    /// Known to the caller only; a cancellation may overtake the submission.
    case new
    case queued
    case sent
    case finished
  }

  enum CancelReason {
    case task
    case deadline
  }

  let work: Work
  let deadline: ContinuousClock.Instant?
  let repeatable: Bool
  private var continuation: UnsafeContinuation<Outcome, Never>?

  var state = State.new
  var cancelReason: CancelReason?
  /// Times it was sent again because another request's cancellation or failed preparation hit it.
  var repetitions = 0
  /// What the server still owes for it.
  var script = ReplyScript(prepares: 0, begins: false, steps: 0)
  /// Statements whose preparation was sent just before it on its connection.
  var prepares: [PostgresStatement] = []
  var results: [PostgresResult] = []
  var failure: ServerReport?

  init(work: Work, deadline: ContinuousClock.Instant? = nil, repeatable: Bool = false) {
    self.work = work
    self.deadline = deadline
    self.repeatable = repeatable
  }

  static let repetitionsMax = 3

  /// Says who waits for the answer; before submission.
  func attach(_ continuation: UnsafeContinuation<Outcome, Never>) {
    self.continuation = continuation
  }

  func finish(_ outcome: Outcome) {
    guard state != .finished else { return }
    state = .finished
    continuation?.resume(returning: outcome)
  }

  func fail(_ error: PostgresError) {
    finish(.failure(error))
  }

  /// Forgets what a first sending brought.
  func rewind() {
    state = .queued
    repetitions += 1
    results.removeAll()
    prepares.removeAll()
    failure = nil
  }
}

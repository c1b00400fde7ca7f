internal import Dispatch
internal import Synchronization

/// Hashes and checks passwords away from the event loops, two at a time; more wait, and when too many wait the rest are sent away at
/// once. So no flood of logins can take the memory (32 MiB each) or the processors from everybody else.
package final class PasswordHasher: Sendable {
  package struct Limits: Sendable {
    /// Two leave processors for the calls of those who are logged in.
    package var atOnceMax = 2
    /// At about 0.1 s each the last one waits three seconds, shorter than a person gives up.
    package var waitingMax = 64

    package init() {}
  }

  /// Longer than any passphrase, shorter than an attack on the hash's input.
  package static let passwordBytesMax = 200
  /// NIST SP 800-63B asks for at least 8; this registry holds a nation's evaluation.
  package static let passwordCharactersMin = 12

  private struct State {
    var running = 0
    var waiting: [Work] = []
  }

  /// Does one piece of work and returns what tells its caller.
  private typealias Work = @Sendable () -> () -> Void

  private let limits: Limits
  private let cost: PasswordHash.Cost
  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "seratus.passwords", attributes: .concurrent)
  /// What a password is checked against if there is no account, so that the answer takes as long.
  private let decoy: PasswordHash

  package convenience init(limits: Limits = Limits()) throws(AccessError) {
    try self.init(limits: limits, cost: .standard)
  }

  init(limits: Limits, cost: PasswordHash.Cost) throws(AccessError) {
    self.limits = limits
    self.cost = cost
    decoy = try PasswordHash("", salt: Digest.randomBytes(PasswordHash.saltBytes), cost: cost)
  }

  /// A new hash with a salt of its own.
  /// - Throws: `PASSWORD_UNSUITABLE`, `PASSWORD_CHECKS_BUSY`.
  package func hash(_ password: String) async throws(AccessError) -> PasswordHash {
    guard password.count >= Self.passwordCharactersMin, password.utf8.count <= Self.passwordBytesMax else {
      throw AccessError(
        .passwordUnsuitable,
        "a password has at least \(Self.passwordCharactersMin) characters and at most \(Self.passwordBytesMax) bytes; choose another",
        parameters: ["min": "\(Self.passwordCharactersMin)", "max": "\(Self.passwordBytesMax)"])
    }
    let salt = try Digest.randomBytes(PasswordHash.saltBytes)
    return try await run { [cost] in Result { () throws(AccessError) in try PasswordHash(password, salt: salt, cost: cost) } }
  }

  /// Whether the password is the one behind `encoded`. nil, for a name that nobody has, is never right and takes as long.
  /// - Throws: `PASSWORD_CHECKS_BUSY`, `PASSWORD_HASH_BROKEN`.
  package func verify(_ password: String, against encoded: String?) async throws(AccessError) -> Bool {
    guard password.utf8.count <= Self.passwordBytesMax else { return false }
    let hash = if let encoded { try PasswordHash(encoded: encoded) } else { decoy }
    let matches = try await run { Result { () throws(AccessError) in try hash.matches(password) } }
    return matches && encoded != nil
  }

  private func run<Value: Sendable>(
    _ work: @escaping @Sendable () -> Result<Value, AccessError>
  ) async throws(AccessError) -> Value {
    let result: Result<Value, AccessError> = await withCheckedContinuation { continuation in
      submit(
        work: {
          let result = work()
          return { continuation.resume(returning: result) }
        },
        refused: {
          continuation.resume(
            returning: .failure(
              AccessError(
                .passwordChecksBusy, "too many people are logging in; try again in a moment", retryDelay: .seconds(2))))
        })
    }
    return try result.get()
  }

  private func submit(work: @escaping Work, refused: () -> Void) {
    enum Decision { case start, wait, refuse }
    let decision = state.withLock { state in
      if state.running < limits.atOnceMax {
        state.running += 1
        return Decision.start
      }
      guard state.waiting.count < limits.waitingMax else { return .refuse }
      state.waiting.append(work)
      return .wait
    }
    switch decision {
    case .start: queue.async { self.perform(work) }
    case .wait: break
    case .refuse: refused()
    }
  }

  /// One of `atOnceMax` workers: does its first work, then whatever waits. Its place is free before a caller hears its answer, so that
  /// whoever asks again at once finds it.
  private func perform(_ first: Work) {
    var work = first
    while true {
      let tell = work()
      let next: Work? = state.withLock { state in
        guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
        state.running -= 1
        return nil
      }
      tell()
      guard let next else { return }
      work = next
    }
  }
}

/// When a unary call is sent again although the first attempt may still be answered. Only for methods that are idempotent.
public struct HedgingPolicy: Sendable, Equatable {
  /// The first attempt counts; at most 5, as in gRPC's A6.
  public var attemptsMax: Int
  /// Between two attempts; zero: all go at once.
  public var delay: Duration
  /// After such an error the next attempt goes at once; any other ends the call.
  public var codes: Set<StatusCode>

  public init(attemptsMax: Int = 2, delay: Duration, codes: Set<StatusCode> = [.unavailable]) {
    self.attemptsMax = min(max(attemptsMax, 1), 5)
    self.delay = delay
    self.codes = codes
  }
}

/// Sends a call again before the answer to the first attempt is there; the first good answer counts, the others are cancelled.
/// What a client does by itself for the methods that its service configuration names, for those who choose by other means.
public struct HedgingInterceptor: ClientInterceptor {
  private let policy: HedgingPolicy
  private let isIdempotent: @Sendable (_ method: String) -> Bool
  private let throttle: RetryThrottle?

  public init(
    attemptsMax: Int = 2, delay: Duration, codes: Set<StatusCode> = [.unavailable], throttle: RetryThrottle? = RetryThrottle(),
    isIdempotent: @escaping @Sendable (_ method: String) -> Bool
  ) {
    self.init(
      policy: HedgingPolicy(attemptsMax: attemptsMax, delay: delay, codes: codes), throttle: throttle, isIdempotent: isIdempotent)
  }

  init(policy: HedgingPolicy, throttle: RetryThrottle?, isIdempotent: @escaping @Sendable (_ method: String) -> Bool) {
    self.policy = policy
    self.throttle = throttle
    self.isIdempotent = isIdempotent
  }

  private enum Event: Sendable {
    case answer(Result<UnaryAnswer, RPCError>)
    case delayIsOver(timer: Int)
  }

  /// Whether this error ends the whole call. One that is listed, or that forbids repetitions, takes a token.
  private func isEnd(_ error: RPCError) -> Bool {
    let isListed = policy.codes.contains(error.code)
    if isListed || (error.pushbackMilliseconds ?? 0) < 0 { _ = throttle?.failed() }
    return !isListed || error.isHopeless || Task.isCancelled
  }

  public func intercept(
    _ method: String, _ options: CallOptions, _ proceed: @escaping @Sendable (CallOptions) async throws(RPCError) -> UnaryAnswer
  ) async throws(RPCError) -> UnaryAnswer {
    guard policy.attemptsMax > 1, isIdempotent(method) else { return try await proceed(options) }
    let start = ContinuousClock.now
    let result = await withTaskGroup(of: Event.self) { group -> Result<UnaryAnswer, RPCError> in
      defer { group.cancelAll() }
      // Only the newest timer counts: each attempt begins a delay of its own.
      var (sent, running, timer, isFrozen) = (0, 0, 0, false)
      var waits = false
      var last = RPCError.cancelledByCaller
      func wait(_ delay: Duration) {
        timer += 1
        waits = true
        group.addTask { [timer] in
          try? await Task.sleep(for: delay)
          return .delayIsOver(timer: timer)
        }
      }
      func send() {
        var attempt = options
        attempt.attempt = options.attempt + sent
        attempt.timeout = options.timeout.map { $0 - (ContinuousClock.now - start) }
        sent += 1
        running += 1
        waits = false
        group.addTask { [attempt] in
          do throws(RPCError) { return .answer(.success(try await proceed(attempt))) } catch { return .answer(.failure(error)) }
        }
        if sent < policy.attemptsMax { wait(policy.delay) }
      }
      func mayHedge() -> Bool { sent < policy.attemptsMax && !isFrozen && !Task.isCancelled && throttle?.hasTokens ?? true }
      send()
      while let event = await group.next() {
        switch event {
        case .answer(.success(let answer)):
          throttle?.succeeded()
          return .success(answer)
        case .answer(.failure(let error)):
          running -= 1
          last = error
          if isEnd(error) { return .failure(error) }
          // What runs may still succeed; nothing else is sent.
          if (error.pushbackMilliseconds ?? 0) < 0 { isFrozen = true }
          if mayHedge() {
            if let pause = error.pushbackMilliseconds { wait(.milliseconds(pause)) } else { send() }
          }
        case .delayIsOver(timer):
          waits = false
          if mayHedge() { send() }
        case .delayIsOver: break
        }
        if running == 0, !(waits && mayHedge()) { return .failure(last) }
      }
      return .failure(last)
    }
    return try result.get()
  }
}

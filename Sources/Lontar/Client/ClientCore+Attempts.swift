internal import LontarWire
internal import NIOCore

/// Attempts that failed: is there another?
extension ClientCore {
  /// A call is tried again if its method's policy says so, nothing of an answer has come, and its requests are still here.
  func attemptFailed(_ call: ClientCall, _ error: RPCError, trailing: MetadataBlock = .empty) {
    guard !call.isOver else { return }
    guard let pause = pause(after: error, call) else { return fail(call, error, trailing: trailing) }
    call.attempts += 1
    call.link = nil
    call.telemetry?.attemptEnded(error)
    eventLoop.scheduleTask(in: .nanoseconds(Int64(clamping: pause.clampedNanoseconds))) { [weak self, weak call] in
      guard let self, let call, !call.isOver else { return }
      call.telemetry?.attemptBegins()
      self.dispatch(call)
    }
  }

  private func pause(after error: RPCError, _ call: ClientCall) -> Duration? {
    guard let plan = call.plan, let policy = plan.retry, policy.codes.contains(error.code) else { return nil }
    guard plan.throttle?.failed() ?? true, call.canBeRepeated, !isShutDown else { return nil }
    let end = min(call.deadline ?? .distantFuture, call.retryEnd ?? .distantFuture)
    let remaining = end == .distantFuture ? nil : Duration.nanoseconds(Int64(clamping: end.remainingNanoseconds))
    return policy.pause(after: error, attempt: call.attempts, remaining: remaining, jitter: .random(in: 0.8...1.2))
  }

  /// The server did nothing for this call: it is sent again at once, once; after that its policy decides.
  /// - Parameter error: what it ends with if it can't be sent again.
  func resend(_ call: ClientCall, refusedBy link: ClientLink, _ error: RPCError) {
    guard !call.isOver else { return }
    guard call.refusedBy == nil, call.canBeRepeated, !isShutDown else { return attemptFailed(call, error) }
    call.refusedBy = ObjectIdentifier(link)
    call.link = nil
    call.telemetry?.attemptEnded(error)
    call.telemetry?.attemptBegins()
    dispatch(call)
  }
}

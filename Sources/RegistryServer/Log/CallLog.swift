package import Logging
package import Lontar
internal import RegistryModel
package import RegistryStore
internal import Synchronization

/// One line for each call that ended: who by role, what, how, how long. Never a token, a parameter or a score.
package final class CallLog: Sendable {
  private struct Caller {
    let role: String
    let actor: Int64
  }

  /// Calls that run at once stay far below; what is left of calls that ended strangely is thrown away beyond it.
  private static let callersMax = 20_000
  private let callers = Mutex<[String: Caller]>([:])
  private let logger: Logger
  private let choice: ServerSettings.CallLogging

  package init(logger: Logger, choice: ServerSettings.CallLogging) {
    self.logger = logger
    self.choice = choice
  }

  /// The database has said who is behind a call.
  package func identified(_ requestID: String, _ caller: RegistryStore.Caller) {
    if choice == .none { return }
    callers.withLock { callers in
      if callers.count >= Self.callersMax { callers.removeAll() }
      callers[requestID] = Caller(role: caller.role.rawValue, actor: caller.actorID)
    }
  }

  package func ended(_ record: CallRecord) {
    if choice == .none { return }
    let caller = callers.withLock { $0.removeValue(forKey: record.requestID) }
    if choice == .failed, record.code == .ok { return }
    var metadata: Logger.Metadata = [
      "request": "\(record.requestID)", "method": "\(record.method)", "code": "\(record.code)",
      "us": "\(Int64(record.duration / .microseconds(1)))",
    ]
    if !record.clientSoftware.isEmpty { metadata["client"] = "\(record.clientSoftware)" }
    if !record.traceID.isEmpty { metadata["trace"] = "\(record.traceID)" }
    if let caller {
      metadata["role"] = "\(caller.role)"
      metadata["actor"] = "\(caller.actor)"
    }
    if !record.reason.isEmpty { metadata["reason"] = "\(record.reason)" }
    if let cause = record.cause { metadata["cause"] = "\(cause)" }
    logger.log(level: Self.level(record.code), "call", metadata: metadata)
  }

  /// What the caller did wrong is no alarm for the operator.
  private static func level(_ code: StatusCode) -> Logger.Level {
    switch code {
    case .internalError, .unknown, .dataLoss: .error
    case .unavailable, .resourceExhausted: .warning
    default: .info
    }
  }
}

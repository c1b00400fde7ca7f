/// Why a caller is not let in, before the database was asked.
///
/// `reason` is stable and meant for programs and translation; `message` is one line for the caller; `detail` is for the log alone.
package struct AccessError: Error, Sendable, Equatable {
  package enum Reason: String, Sendable, CaseIterable {
    case tokenMissing = "TOKEN_MISSING"
    case tokenMalformed = "TOKEN_MALFORMED"
    case methodNotListed = "METHOD_NOT_LISTED"
    case idempotencyKeyMalformed = "IDEMPOTENCY_KEY_MALFORMED"
    case roleNotPermitted = "ROLE_NOT_PERMITTED"
    case loginRateLimited = "LOGIN_RATE_LIMITED"
    case passwordChecksBusy = "PASSWORD_CHECKS_BUSY"
    case passwordUnsuitable = "PASSWORD_UNSUITABLE"
    case passwordHashBroken = "PASSWORD_HASH_BROKEN"
    case randomUnavailable = "RANDOM_UNAVAILABLE"
  }

  package let reason: Reason
  package let message: String
  package let parameters: [String: String]
  /// When the caller may try again.
  package let retryDelay: Duration?
  package let detail: String

  package init(
    _ reason: Reason, _ message: String, parameters: [String: String] = [:], retryDelay: Duration? = nil, detail: String = ""
  ) {
    self.reason = reason
    self.message = message
    self.parameters = parameters
    self.retryDelay = retryDelay
    self.detail = detail
  }
}

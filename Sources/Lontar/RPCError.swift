/// Why a call failed: what a handler throws and what a caller catches.
public struct RPCError: Error, Sendable, CustomStringConvertible {
  public var code: StatusCode
  /// One line for the caller: names the object and the remedy; never SQL, hosts or another tenant.
  public var message: String
  public var details: ErrorDetails
  /// Trailing metadata.
  public var metadata: Metadata
  /// When the server wants the call again, in milliseconds; negative: never.
  public var pushbackMilliseconds: Int32?
  /// For the log of this side only; it does not travel.
  public var cause: (any Error)?

  public init(
    _ code: StatusCode, _ message: String, details: ErrorDetails = ErrorDetails(), metadata: Metadata = Metadata(),
    pushbackMilliseconds: Int32? = nil, cause: (any Error)? = nil
  ) {
    self.code = code
    self.message = message
    self.details = details
    self.metadata = metadata
    self.pushbackMilliseconds = pushbackMilliseconds
    self.cause = cause
  }

  public var description: String { "\(code): \(message)" }

  /// Whether the same call may succeed later, unchanged.
  public var isRetryable: Bool { (code == .unavailable || details.retryDelay != nil) && !isHopeless }
}

/// The rich part of an error; travels as `google.rpc.Status` with ErrorInfo, BadRequest, RetryInfo, RequestInfo and LocalizedMessage.
public struct ErrorDetails: Sendable, Equatable {
  public struct FieldViolation: Sendable, Equatable {
    /// Path of the field: `rows[3].parts[1].value`.
    public var field: String
    public var description: String
    /// UPPER_SNAKE, stable.
    public var reason: String

    public init(field: String, description: String, reason: String = "") {
      self.field = field
      self.description = description
      self.reason = reason
    }
  }

  /// Stable name of the error, UPPER_SNAKE; with `domain` the key of the error catalogue.
  public var reason = ""
  public var domain = ""
  public var parameters: [String: String] = [:]
  public var fieldViolations: [FieldViolation] = []
  public var retryDelay: Duration?
  public var requestID = ""
  /// The message by BCP 47 language: `id`, `en`.
  public var localized: [String: String] = [:]

  public init() {}

  public init(reason: String, domain: String, parameters: [String: String] = [:]) {
    self.reason = reason
    self.domain = domain
    self.parameters = parameters
  }

  public var isEmpty: Bool { self == ErrorDetails() }
}

package import RegistryModel

/// Why the store could not answer. `code` carries what a program needs; `message` is one English line for the caller; `detail` is for the log
/// alone, since it may hold names of tables, hosts or values.
package struct StoreError: Error, Sendable {
  package enum Code: Sendable, Hashable {
    case sessionUnknown
    case sessionExpired
    case sessionRevoked
    /// The role of the session, if the database named it.
    case roleNotPermitted(role: Role?)
    /// Nothing is called so; `near` are names one may have meant.
    case regionUnknown(typed: String, near: [RegionCandidate])
    /// Every region that it may mean.
    case regionAmbiguous(typed: String, candidates: [RegionCandidate])
    /// Absent, or another region's: the two are never told apart.
    case notFoundOrNotVisible
    /// `row` counts from 1; an `actual` of 0 means that there is no such score.
    case staleVersion(row: Int, expected: Int, actual: Int)
    /// A released score is the ministry's to correct, and only the ministry releases. `row` counts from 1.
    case notOpenToRole(row: Int)
    /// The idempotency key was used for another request.
    case idempotencyConflict
    case invalid([FieldProblem])
    /// The database can't be reached now.
    case unavailable
    /// More requests wait than the pool may hold.
    case overloaded
    case deadlineExceeded
    case cancelled
    case `internal`
  }

  package let code: Code
  package let message: String
  package let parameters: [String: String]
  /// Sending the same request again is safe and may succeed.
  package let retryable: Bool
  package let detail: String?

  package init(
    _ code: Code, _ message: String, parameters: [String: String] = [:], retryable: Bool = false, detail: String? = nil
  ) {
    self.code = code
    self.message = message
    self.parameters = parameters
    self.retryable = retryable
    self.detail = detail
  }

  /// Stable word for programs and translations.
  package var reason: String {
    switch code {
    case .sessionUnknown: "SESSION_UNKNOWN"
    case .sessionExpired: "SESSION_EXPIRED"
    case .sessionRevoked: "SESSION_REVOKED"
    case .roleNotPermitted: "ROLE_NOT_PERMITTED"
    case .regionUnknown: "REGION_UNKNOWN"
    case .regionAmbiguous: "REGION_AMBIGUOUS"
    case .notFoundOrNotVisible: "NOT_FOUND"
    case .staleVersion: "STALE_VERSION"
    case .notOpenToRole: "NOT_OPEN_TO_ROLE"
    case .idempotencyConflict: "IDEMPOTENCY_CONFLICT"
    case .invalid: "INVALID_REQUEST"
    case .unavailable: "REGISTRY_UNAVAILABLE"
    case .overloaded: "REGISTRY_OVERLOADED"
    case .deadlineExceeded: "DEADLINE_EXCEEDED"
    case .cancelled: "CANCELLED"
    case .internal: "INTERNAL"
    }
  }

  /// What is wrong with which field of the request.
  package var fields: [FieldProblem] {
    if case .invalid(let problems) = code { problems } else { [] }
  }
}

extension StoreError: CustomStringConvertible {
  package var description: String { ([reason, message] + [detail].compactMap { $0 }).joined(separator: ": ") }
}

/// One field that can't be accepted. Lists are counted from 0 in the path, as in `rows[2].region`.
package struct FieldProblem: Sendable, Hashable {
  package let path: String
  /// UPPER_SNAKE; for values refused by the model, its reason.
  package let reason: String
  package let message: String
  package let parameters: [String: String]

  package init(path: String, reason: String, message: String, parameters: [String: String] = [:]) {
    self.path = path
    self.reason = reason
    self.message = message
    self.parameters = parameters
  }

  /// What the model said about a value, at its place in the request.
  package init(_ error: ModelError, path: String) {
    self.init(path: path, reason: error.reason.rawValue, message: error.message, parameters: error.parameters)
  }
}

/// A region that was perhaps meant.
package struct RegionCandidate: Sendable, Hashable {
  package let id: RegionID
  /// Today's: `Kota Kediri`.
  package let name: String
  /// What to write to mean this one: `35.71`, or the code with its system where the number alone has several readings: `bps:9404`.
  package let code: String

  package init(id: RegionID, name: String, code: String) {
    self.id = id
    self.name = name
    self.code = code
  }

  /// `Kota Kediri (35.71)`
  package var labelled: String { "\(name) (\(code))" }
}

internal import PostgresClient
internal import RegistryModel

extension StoreError {
  /// What an error of the database means to a caller. Whatever is not known to be harmless becomes `internal`, with the report in
  /// `detail` only: names of tables, hosts and values stay out of messages.
  init(_ error: PostgresError) {
    switch error.code {
    case .server(let state): self.init(sqlState: state, error)
    case .unavailable, .connectionLost:
      self.init(
        .unavailable, "the registry's database can't be reached now; try again later", retryable: error.retryable,
        detail: error.description)
    case .poolExhausted:
      self.init(.overloaded, "the registry is busy; try again later", retryable: true, detail: error.description)
    case .deadlineExceeded: self = .deadline(detail: error.description)
    case .cancelled: self.init(.cancelled, "the request was cancelled", detail: error.description)
    case .protocolViolation, .misuse: self = .fault(error.description)
    }
  }

  private init(sqlState: String, _ error: PostgresError) {
    let place = ErrorDetail(error.detail ?? "")
    switch sqlState {
    case "SR001": self.init(.sessionUnknown, "this session is not known; sign in again")
    case "SR002": self.init(.sessionExpired, "this session has expired; sign in again")
    case "SR003": self.init(.sessionRevoked, "this session was ended; sign in again")
    case "SR004": self = .roleRefused(Self.role(in: error.message))
    case "SR404": self = .notFound
    case "SR403": self = .notOpen(row: place["row"] ?? 1)
    case "SR409": self = .stale(row: place["row"] ?? 1, expected: place["expected"] ?? 0, actual: place["actual"] ?? 0)
    case "SR412": self = .halves(row: place["row"] ?? 1, instrument: place[text: "instrument"])
    case "SR416": self = .outOfScale(row: place["row"] ?? 1, place)
    case "SR422":
      self.init(.idempotencyConflict, "this idempotency key was used for another request; make a new key for each act")
    case "22023", "22P02", "22003", "22007", "22008": self = .refusedValue(error, row: place["row"])
    case "23502", "23503", "23505", "23514": self = .refusedValue(error, row: place["row"])
    // A transaction that may only read, or rows that row security closes: the caller's role does not reach so far.
    case "25006", "42501": self.init(.roleNotPermitted(role: nil), "this role may not do this", detail: error.description)
    case "40001", "40P01", "55P03":
      self.init(
        .unavailable, "another change was under way; try again", retryable: true, detail: error.description)
    default: self = .fault(error.description)
    }
  }

  /// `role region_viewer may not do this` → regionViewer.
  private static func role(in message: String) -> Role? {
    message.split(separator: " ").dropFirst().first.flatMap { Role(rawValue: String($0)) }
  }

  private static func roleRefused(_ role: Role?) -> StoreError {
    StoreError(
      .roleNotPermitted(role: role), "the role \(role?.rawValue ?? "of this session") may not do this",
      parameters: role.map { ["role": $0.rawValue] } ?? [:])
  }

  private static func stale(row: Int, expected: Int, actual: Int) -> StoreError {
    StoreError(
      .staleVersion(row: row, expected: expected, actual: actual),
      "row \(row) expects version \(expected), but the score has version \(actual); read it again before changing it",
      parameters: ["row": "\(row)", "expected": "\(expected)", "actual": "\(actual)"])
  }

  private static func notOpen(row: Int) -> StoreError {
    StoreError(
      .notOpenToRole(row: row), "the score of row \(row) is open to the ministry only: it is released, or would be",
      parameters: ["row": "\(row)"])
  }

  private static func halves(row: Int, instrument: String?) -> StoreError {
    .invalid(
      "rows[\(row - 1)].instrument_id", "PARTS_OF_ANOTHER_INSTRUMENT",
      "the stored parts were made under \(instrument ?? "no instrument"); send the parts together with another instrument",
      instrument.map { ["instrument": $0] } ?? [:])
  }

  /// Of the instrument that the stored score keeps; one that is named is known before.
  private static func outOfScale(row: Int, _ place: ErrorDetail) -> StoreError {
    func number(_ key: String) -> String {
      (place[key].flatMap { try? FixedDecimal(stored: Int64($0)) }).map { "\($0)" } ?? ""
    }
    let parameters = [
      "value": number("value"), "min": number("min"), "max": number("max"), "instrument": place[text: "instrument"] ?? "",
    ]
    return .invalid(
      "rows[\(row - 1)].published_total", ModelError.Reason.outOfScale.rawValue,
      "\(number("value")) lies outside the scale \(number("min")) to \(number("max")); correct the value", parameters)
  }

  private static func refusedValue(_ error: PostgresError, row: Int?) -> StoreError {
    let path = row.map { "rows[\($0 - 1)]" } ?? "request"
    let rule = error.constraint.map { ["constraint": $0] } ?? [:]
    let problem = FieldProblem(
      path: path, reason: "VALUE_REFUSED", message: error.constraint.map { "the rule \($0) does not hold" } ?? error.message,
      parameters: rule)
    return StoreError(.invalid([problem]), "\(path): \(problem.message)", parameters: rule, detail: error.description)
  }
}

extension StoreError {
  /// Absent or another region's: one answer for both, to the last byte.
  static let notFound = StoreError(.notFoundOrNotVisible, "there is no such thing, or you may not see it")

  static func deadline(detail: String? = nil) -> StoreError {
    StoreError(.deadlineExceeded, "the registry did not answer before the deadline", detail: detail)
  }

  /// Ours or the database's mistake: nothing the caller can do.
  static func fault(_ detail: String) -> StoreError {
    StoreError(.internal, "the registry made a mistake; it is in its log", detail: detail)
  }

  static func invalid(_ problems: [FieldProblem]) -> StoreError {
    let first = problems.first.map { "\($0.path): \($0.message)" } ?? "the request can't be accepted"
    return StoreError(.invalid(problems), problems.count > 1 ? "\(first) (and \(problems.count - 1) more)" : first)
  }

  static func invalid(_ path: String, _ reason: String, _ message: String, _ parameters: [String: String] = [:]) -> StoreError {
    .invalid([FieldProblem(path: path, reason: reason, message: message, parameters: parameters)])
  }

  /// Any error of reading an answer: typed ones keep their meaning, what the model refuses is a fault of the data.
  init(wrapping error: any Error) {
    switch error {
    case let error as StoreError: self = error
    case let error as PostgresError: self.init(error)
    case is CancellationError: self.init(.cancelled, "the request was cancelled")
    case let error as ModelError: self = .fault("the database holds what the model refuses: \(error)")
    default: self = .fault("\(error)")
    }
  }
}

/// The DETAIL of our functions' errors: a flat JSON object with whole numbers and keys of reference data.
struct ErrorDetail {
  private let text: String

  init(_ text: String) {
    self.text = text
  }

  /// The number under a key, or nil.
  subscript(key: String) -> Int? {
    guard let place = text.firstRange(of: "\"\(key)\":") else { return nil }
    let digits = text[place.upperBound...].drop { $0 == " " }.prefix { $0.isNumber || $0 == "-" }
    return Int(digits)
  }

  /// The text under a key, or nil. Keys of reference data hold nothing that JSON would escape.
  subscript(text key: String) -> String? {
    guard let place = text.firstRange(of: "\"\(key)\":") else { return nil }
    let rest = text[place.upperBound...].drop { $0 == " " }
    return rest.first == "\"" ? String(rest.dropFirst().prefix { $0 != "\"" }) : nil
  }
}

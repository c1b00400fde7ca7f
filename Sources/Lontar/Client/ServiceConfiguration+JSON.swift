internal import SwiftProtobuf

/// A service configuration in gRPC's JSON form that can't be used.
public struct ServiceConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Path of the field: `methodConfig[0].retryPolicy.maxAttempts`; empty: the text as a whole.
  public let field: String
  /// UPPER_SNAKE, stable.
  public let reason: String
  public let message: String

  public var description: String { field.isEmpty ? message : "\(field): \(message)" }
}

extension ServiceConfiguration {
  /// Reads gRPC's service config: `methodConfig` with `name`, `timeout`, `waitForReady`, `retryPolicy` or `hedgingPolicy`, and
  /// `retryThrottling`. Other keys of gRPC's (`loadBalancingConfig`, `healthCheckConfig`, message limits) have their place in
  /// `ClientOptions` and are refused, so that nobody believes them to work.
  /// - Throws: an error that names the field.
  public init(json: String) throws(ServiceConfigurationError) {
    guard let object = try? Google_Protobuf_Struct(jsonString: json) else {
      throw ServiceConfigurationError(field: "", reason: "NOT_JSON", message: "a service configuration is one JSON object")
    }
    let root = JSONField(path: "", fields: object.fields)
    try root.allow(["methodConfig", "retryThrottling"])
    self.init(throttle: nil)
    if let throttling = try root.object("retryThrottling") { throttle = try RetryThrottle(throttling) }
    for entry in try root.objects("methodConfig") {
      let configuration = try MethodConfiguration(entry)
      for name in try entry.objects("name") {
        let key = try Self.key(name)
        guard methods.updateValue(configuration, forKey: key) == nil else {
          throw name.error("", "DUPLICATE_NAME", "an earlier entry is for this name, too")
        }
      }
    }
  }

  private static func key(_ name: JSONField) throws(ServiceConfigurationError) -> String {
    try name.allow(["service", "method"])
    let service = try name.text("service") ?? ""
    let method = try name.text("method") ?? ""
    if service.isEmpty {
      guard method.isEmpty else { throw name.error("method", "SERVICE_MISSING", "a method needs its service") }
      return ""
    }
    return "\(service)/\(method)"
  }
}

extension MethodConfiguration {
  fileprivate init(_ entry: JSONField) throws(ServiceConfigurationError) {
    try entry.allow(["name", "timeout", "waitForReady", "retryPolicy", "hedgingPolicy"])
    self.init()
    timeout = try entry.duration("timeout")
    waitForReady = try entry.flag("waitForReady")
    if let policy = try entry.object("retryPolicy") { retry = try RetryPolicy(policy) }
    if let policy = try entry.object("hedgingPolicy") { hedging = try HedgingPolicy(policy) }
    guard retry == nil || hedging == nil else {
      throw entry.error("hedgingPolicy", "RETRY_AND_HEDGING", "a method is either retried or hedged")
    }
  }
}

extension RetryPolicy {
  fileprivate init(_ policy: JSONField) throws(ServiceConfigurationError) {
    try policy.allow(["maxAttempts", "initialBackoff", "maxBackoff", "backoffMultiplier", "retryableStatusCodes"])
    let codes = try policy.codes("retryableStatusCodes")
    guard !codes.isEmpty else {
      throw policy.error("retryableStatusCodes", "EMPTY", "at least one code is needed")
    }
    self.init(
      attemptsMax: try policy.attempts(), backoffFirst: try policy.positiveDuration("initialBackoff"),
      backoffMax: try policy.positiveDuration("maxBackoff"), backoffFactor: try policy.positiveNumber("backoffMultiplier"),
      codes: codes)
  }
}

extension HedgingPolicy {
  fileprivate init(_ policy: JSONField) throws(ServiceConfigurationError) {
    try policy.allow(["maxAttempts", "hedgingDelay", "nonFatalStatusCodes"])
    self.init(
      attemptsMax: try policy.attempts(), delay: try policy.duration("hedgingDelay") ?? .zero,
      codes: try policy.codes("nonFatalStatusCodes"))
  }
}

extension RetryThrottle {
  fileprivate convenience init(_ throttling: JSONField) throws(ServiceConfigurationError) {
    try throttling.allow(["maxTokens", "tokenRatio"])
    let tokensMax = try throttling.positiveNumber("maxTokens")
    guard tokensMax <= 1_000 else { throw throttling.error("maxTokens", "OUT_OF_RANGE", "at most 1000 are allowed") }
    self.init(tokensMax: tokensMax, tokenRatio: try throttling.positiveNumber("tokenRatio"))
  }
}

/// An object of the JSON with its path, so that errors name the field.
private struct JSONField {
  typealias Failure = ServiceConfigurationError

  let path: String
  let fields: [String: Google_Protobuf_Value]

  func error(_ name: String, _ reason: String, _ message: String) -> Failure {
    Failure(field: place(name), reason: reason, message: message)
  }

  private func place(_ name: String) -> String {
    name.isEmpty ? path : path.isEmpty ? name : "\(path).\(name)"
  }

  func allow(_ names: Set<String>) throws(Failure) {
    guard let unknown = Set(fields.keys).subtracting(names).min() else { return }
    throw error(unknown, "UNKNOWN_FIELD", "there is no such field here; there are \(names.sorted().joined(separator: ", "))")
  }

  func object(_ name: String) throws(Failure) -> JSONField? {
    guard let value = fields[name] else { return nil }
    guard case .structValue(let object) = value.kind else { throw error(name, "NOT_AN_OBJECT", "an object is needed") }
    return JSONField(path: place(name), fields: object.fields)
  }

  func objects(_ name: String) throws(Failure) -> [JSONField] {
    guard let value = fields[name] else { return [] }
    guard case .listValue(let list) = value.kind else { throw error(name, "NOT_A_LIST", "a list of objects is needed") }
    var objects: [JSONField] = []
    for (index, value) in list.values.enumerated() {
      guard case .structValue(let object) = value.kind else {
        throw error("\(name)[\(index)]", "NOT_AN_OBJECT", "an object is needed")
      }
      objects.append(JSONField(path: place("\(name)[\(index)]"), fields: object.fields))
    }
    return objects
  }

  func text(_ name: String) throws(Failure) -> String? {
    guard let value = fields[name] else { return nil }
    guard case .stringValue(let text) = value.kind else { throw error(name, "NOT_A_TEXT", "a text is needed") }
    return text
  }

  func flag(_ name: String) throws(Failure) -> Bool? {
    guard let value = fields[name] else { return nil }
    guard case .boolValue(let flag) = value.kind else { throw error(name, "NOT_A_BOOLEAN", "true or false is needed") }
    return flag
  }

  private func number(_ name: String) throws(Failure) -> Double {
    guard case .numberValue(let number) = fields[name]?.kind else { throw error(name, "NOT_A_NUMBER", "a number is needed") }
    return number
  }

  func positiveNumber(_ name: String) throws(Failure) -> Double {
    let number = try number(name)
    guard number > 0, number.isFinite else { throw error(name, "OUT_OF_RANGE", "a number above 0 is needed") }
    return number
  }

  /// More than 5 count as 5, as gRPC has it.
  func attempts() throws(Failure) -> Int {
    let number = try number("maxAttempts")
    guard number >= 2, number.rounded() == number else {
      throw error("maxAttempts", "OUT_OF_RANGE", "a whole number above 1 is needed")
    }
    return Int(min(number, 5))
  }

  /// protobuf's form: seconds with up to nine decimals and an `s`.
  func duration(_ name: String) throws(Failure) -> Duration? {
    guard let text = try text(name) else { return nil }
    guard let duration = try? Google_Protobuf_Duration(jsonString: "\"\(text)\""), duration.seconds >= 0, duration.nanos >= 0
    else {
      throw error(name, "NOT_A_DURATION", "a duration is needed, like \"1.5s\"")
    }
    return .seconds(duration.seconds) + .nanoseconds(duration.nanos)
  }

  func positiveDuration(_ name: String) throws(Failure) -> Duration {
    guard let duration = try duration(name), duration > .zero else {
      throw error(name, "NOT_A_DURATION", "a duration above 0 is needed, like \"0.1s\"")
    }
    return duration
  }

  /// By name or number.
  func codes(_ name: String) throws(Failure) -> Set<StatusCode> {
    guard let value = fields[name] else { return [] }
    guard case .listValue(let list) = value.kind else { throw error(name, "NOT_A_LIST", "a list of status codes is needed") }
    var codes: Set<StatusCode> = []
    for (index, value) in list.values.enumerated() {
      let code =
        switch value.kind {
        case .stringValue(let text): StatusCode.allCases.first { $0.description == text }
        case .numberValue(let number): StatusCode.allCases.first { Double($0.rawValue) == number }
        default: StatusCode?.none
        }
      guard let code else { throw error("\(name)[\(index)]", "UNKNOWN_CODE", "a status code is needed, like \"UNAVAILABLE\"") }
      codes.insert(code)
    }
    return codes
  }
}

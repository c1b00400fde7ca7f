/// What a client does for the calls of some methods unless a call says otherwise.
public struct MethodConfiguration: Sendable, Equatable {
  /// The longest that a call may take with all its attempts; a shorter timeout of the call goes before.
  public var timeout: Duration?
  /// Whether calls wait for a connection; a call's own choice goes before.
  public var waitForReady: Bool?
  public var retry: RetryPolicy?
  /// For unary calls of methods that are marked idempotent; others run once. A method with such a policy is not retried.
  public var hedging: HedgingPolicy?

  public init(
    timeout: Duration? = nil, waitForReady: Bool? = nil, retry: RetryPolicy? = nil, hedging: HedgingPolicy? = nil
  ) {
    self.timeout = timeout
    self.waitForReady = waitForReady
    self.retry = retry
    self.hedging = hedging
  }
}

/// The configurations of a client's methods, as gRPC's service config has them.
public struct ServiceConfiguration: Sendable {
  /// By name: `package.Service/Method` for one method, `package.Service/` for the others of a service, the empty text for all others. The
  /// most exact one counts, whole.
  public var methods: [String: MethodConfiguration]
  /// For all methods together; nil: failures don't hold repetitions back.
  public var throttle: RetryThrottle?

  public init(methods: [String: MethodConfiguration] = [:], throttle: RetryThrottle? = RetryThrottle()) {
    self.methods = methods
    self.throttle = throttle
  }

  /// The configuration of one method; nil: there is none.
  public subscript(_ method: String) -> MethodConfiguration? {
    if let exact = methods[method] { return exact }
    if let slash = method.lastIndex(of: "/"), let service = methods[String(method[...slash])] { return service }
    return methods[""]
  }
}

/// A method's configuration as calls hold it: one object for all of them.
final class MethodPlan: Sendable {
  let configuration: MethodConfiguration
  let retry: RetryPolicy?
  let hedging: HedgingInterceptor?
  /// Nil for what is not retried.
  let throttle: RetryThrottle?

  init(_ configuration: MethodConfiguration, throttle: RetryThrottle?) {
    self.configuration = configuration
    hedging = configuration.hedging.map { HedgingInterceptor(policy: $0, throttle: throttle) { _ in true } }
    retry = configuration.hedging == nil ? configuration.retry : nil
    self.throttle = retry == nil ? nil : throttle
  }
}

/// All plans of a client.
struct MethodPlans: Sendable {
  private let exact: [String: MethodPlan]
  private let services: [String: MethodPlan]
  private let fallback: MethodPlan?
  /// Some method is hedged: asked before any is looked up.
  let haveHedging: Bool

  init(_ configuration: ServiceConfiguration) {
    var (exact, services): ([String: MethodPlan], [String: MethodPlan]) = ([:], [:])
    for (name, method) in configuration.methods where !name.isEmpty {
      let plan = MethodPlan(method, throttle: configuration.throttle)
      if name.hasSuffix("/") { services[name] = plan } else { exact[name] = plan }
    }
    (self.exact, self.services) = (exact, services)
    haveHedging = configuration.methods.values.contains { $0.hedging != nil }
    fallback = configuration.methods[""].map { MethodPlan($0, throttle: configuration.throttle) }
  }

  func plan(for method: String) -> MethodPlan? {
    if let plan = exact.isEmpty ? nil : exact[method] { return plan }
    if !services.isEmpty, let slash = method.lastIndex(of: "/"), let plan = services[String(method[...slash])] { return plan }
    return fallback
  }
}

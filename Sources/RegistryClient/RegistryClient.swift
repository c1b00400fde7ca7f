public import Lontar
internal import LontarTLS
internal import LontarWire
internal import RegistryProtocol

/// The registry over Lontar: one method for each call, with the session's token, a time limit and retries.
///
/// Connects when first used and again when the connection is lost. Every method throws `RPCError`; its `details` carry a stable
/// reason, the faulty fields and the message in Indonesian and English. Call `shutdown()` when done.
public final class RegistryClient: Sendable {
  package let lontar: LontarClient
  private let token: String?
  private let environment: String?
  private let traceParent: String?
  /// For one call with all its retries.
  public let timeout: Duration
  public let retries: RetryPolicy

  /// - Parameters:
  ///   - token: of a session; nil: only `login` will be answered.
  ///   - traceParent: W3C trace context that all calls belong to.
  ///   - frameLog: gets the frames of the connection.
  /// - Throws: `TLSError` if the trust roots are missing or malformed.
  public init(
    endpoint: Endpoint, token: String?, timeout: Duration = .seconds(30), retries: RetryPolicy = RetryPolicy(),
    software: String = "seratus-client", traceParent: String? = nil, frameLog: FrameLog? = nil
  ) throws {
    let tls = TLSClientConfiguration(
      trustRootsPath: endpoint.trustRootsPath, serverName: endpoint.serverName ?? endpoint.host,
      applicationProtocols: [LontarServer.applicationProtocol])
    var configuration = ClientConfiguration(host: endpoint.host, port: endpoint.port, tls: tls)
    configuration.options.environment = endpoint.environment.map(EnvironmentName.identifier)
    configuration.options.software = software
    configuration.options.telemetry.frameLog = frameLog
    self.traceParent = traceParent
    lontar = try LontarClient(configuration)
    self.token = token
    environment = endpoint.environment
    self.timeout = timeout
    self.retries = retries
  }

  /// A client for a profile, with its token.
  public convenience init(profile: Profile, timeout: Duration = .seconds(30), retries: RetryPolicy = RetryPolicy()) throws {
    try self.init(endpoint: Endpoint(profile), token: profile.token, timeout: timeout, retries: retries)
  }

  /// Ends the connection once the running calls have ended.
  public func shutdown() async { await lontar.shutdown() }

  /// Runs a call until it succeeds, can't be helped, or its time is over.
  func attempts<Answer: Sendable>(
    key: IdempotencyKey? = nil, retries: RetryPolicy? = nil, _ call: (CallOptions) async throws(RPCError) -> Answer
  ) async throws(RPCError) -> Answer {
    let policy = retries ?? self.retries
    let clock = ContinuousClock()
    let end = clock.now + timeout
    var attempt = 1
    while true {
      do {
        return try await call(options(remaining: clock.now.duration(to: end), key: key))
      } catch {
        let error = meaning(error)
        let remaining = clock.now.duration(to: end)
        let pause = policy.pause(after: error, attempt: attempt, remaining: remaining, jitter: .random(in: 0..<1))
        guard let pause, (try? await Task.sleep(for: pause)) != nil else { throw error }
        attempt += 1
      }
    }
  }

  /// What the transport says of a server of another environment is no outage: it would be said again at every attempt.
  func meaning(_ error: RPCError) -> RPCError {
    guard let fault = error.cause as? WireError, fault.code == .environmentMismatch else { return error }
    return RPCError(reason: "ENVIRONMENT_MISMATCH", parameters: ["environment": environment ?? ""], cause: fault)
  }

  /// - Parameter remaining: nil for streams, which may take as long as they take.
  package func options(remaining: Duration?, key: IdempotencyKey? = nil) -> CallOptions {
    var metadata = Metadata()
    if let token { metadata.add("authorization", "Bearer \(token)") }
    var options = CallOptions(timeout: remaining, metadata: metadata, idempotencyKey: key?.bytes)
    options.traceParent = traceParent
    return options
  }
}

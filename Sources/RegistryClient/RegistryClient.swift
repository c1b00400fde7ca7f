public import Lontar
internal import LontarTLS
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
    endpoint: Endpoint, token: String?, timeout: Duration = .seconds(30), retries: RetryPolicy = patience,
    software: String = "seratus-client", traceParent: String? = nil, frameLog: FrameLog? = nil
  ) throws {
    let tls = TLSClientConfiguration(
      trustRootsPath: endpoint.trustRootsPath, serverName: endpoint.serverName ?? endpoint.host,
      applicationProtocols: [LontarServer.applicationProtocol])
    let servers = [ServerAddress(host: endpoint.host, port: endpoint.port)] + endpoint.others
    var configuration = ClientConfiguration(
      endpoints: servers.map { ClientEndpoint(host: $0.host, port: $0.port, serverName: endpoint.serverName ?? $0.host) },
      tls: tls)
    configuration.options.environment = endpoint.environment.map(EnvironmentName.identifier)
    configuration.options.software = software
    configuration.options.telemetry.frameLog = frameLog
    self.traceParent = traceParent
    configuration.options.service = Self.service(retries, timeout)
    // A call that is repeated every two seconds should find a new connection by then.
    configuration.options.backoffFirstMilliseconds = 100
    configuration.options.backoffMaxMilliseconds = 2_000
    lontar = try LontarClient(configuration)
    self.token = token
    environment = endpoint.environment
    self.timeout = timeout
    self.retries = retries
  }

  /// A client for a profile, with its token.
  public convenience init(profile: Profile, timeout: Duration = .seconds(30), retries: RetryPolicy = patience) throws {
    try self.init(endpoint: Endpoint(profile), token: profile.token, timeout: timeout, retries: retries)
  }

  /// Ends the connection once the running calls have ended.
  public func shutdown() async { await lontar.shutdown() }

  /// Runs a call with all its attempts.
  func call<Answer: Sendable>(
    key: IdempotencyKey? = nil, _ call: (CallOptions) async throws(RPCError) -> Answer
  ) async throws(RPCError) -> Answer {
    do {
      return try await call(options(remaining: timeout, key: key))
    } catch {
      throw meaning(error)
    }
  }

  /// What the transport says of a server of another environment, in the registry's words, which name the environment.
  func meaning(_ error: RPCError) -> RPCError {
    guard error.transportReason == .environmentMismatch else { return error }
    return RPCError(reason: "ENVIRONMENT_MISMATCH", parameters: ["environment": environment ?? ""], cause: error.cause)
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

extension RegistryClient {
  /// A call that failed with UNAVAILABLE was not carried out, or the server recognises its idempotency key. It is repeated after 100 ms,
  /// then twice as long each time up to 2 s, as long as the call's time lasts. A server that names a time is obeyed, and one that can't be
  /// trusted is not asked again.
  public static let patience = RetryPolicy(attemptsMax: 20, backoffMax: .seconds(2))

  /// Every method is repeated but `login`: each attempt that arrives would make one more session.
  static func service(_ retries: RetryPolicy, _ timeout: Duration) -> ServiceConfiguration {
    var retries = retries
    // Streams have no timeout, but somebody waits for their beginning, too.
    retries.lastsMax = retries.lastsMax ?? timeout
    return ServiceConfiguration(methods: ["": MethodConfiguration(retry: retries), Seratus_V1_SessionService.login.name: .init()])
  }
}

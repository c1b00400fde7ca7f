public import LontarTLS
internal import LontarWire

/// Where a client connects and how it behaves when that fails.
public struct ClientConfiguration: Sendable {
  public var host: String
  public var port: Int
  public var tls: TLSClientConfiguration
  /// From the first TCP packet to the server's HELLO.
  public var connectTimeoutSeconds = 10
  /// Reconnecting waits this long after a first failure, then 1.6 times longer each time, give or take a fifth (gRPC's numbers).
  public var backoffFirstMilliseconds = 100
  public var backoffMaxMilliseconds = 30_000
  /// The largest request or answer.
  public var messageBytesMax = 4 * 1024 * 1024
  /// Calls that wait for a connection or for call credit; more are refused with RESOURCE_EXHAUSTED.
  public var waitingCallsMax = 10_000
  /// 16 bytes that name the environment this client means; nil: any.
  public var environment: [UInt8]?
  public var software = "lontar"

  public init(host: String, port: Int, tls: TLSClientConfiguration) {
    self.host = host
    self.port = port
    self.tls = tls
  }

  var wireLimits: WireLimits {
    var limits = WireLimits()
    limits.messageBytesMax = messageBytesMax
    return limits
  }
}

/// What one call asks of the client.
public struct CallOptions: Sendable {
  /// The call's deadline, from now; nil: none of its own.
  public var timeout: Duration?
  public var metadata = Metadata()
  /// 16 bytes, the same for each attempt of one act.
  public var idempotencyKey: [UInt8]?
  /// True: wait for a connection until the deadline. False: fail at once while the server can't be reached.
  public var waitForReady = false

  public init(
    timeout: Duration? = nil, metadata: Metadata = Metadata(), idempotencyKey: [UInt8]? = nil, waitForReady: Bool = false
  ) {
    self.timeout = timeout
    self.metadata = metadata
    self.idempotencyKey = idempotencyKey
    self.waitForReady = waitForReady
  }
}

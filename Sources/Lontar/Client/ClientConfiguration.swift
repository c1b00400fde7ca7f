public import LontarCompression
public import LontarTLS
internal import LontarWire

/// Where a client connects and how it behaves.
public struct ClientConfiguration: Sendable {
  /// At least one; a host name that stands for several addresses counts as several.
  public var endpoints: [ClientEndpoint]
  public var tls: TLSClientConfiguration
  public var options = ClientOptions()

  public init(endpoints: [ClientEndpoint], tls: TLSClientConfiguration) {
    self.endpoints = endpoints
    self.tls = tls
  }

  public init(host: String, port: Int, tls: TLSClientConfiguration) {
    self.init(endpoints: [ClientEndpoint(host: host, port: port)], tls: tls)
  }
}

/// How a client behaves, whatever the transport.
public struct ClientOptions: Sendable {
  /// Which of several addresses is used.
  public var balancing = LoadBalancing.pickFirst()
  /// A service that a server has to serve, by its own word, before calls go there: each connection then asks `grpc.health.v1.Health`
  /// and listens for changes. "" stands for the whole server; nil: not asked. A server without that service counts as healthy.
  public var healthService: String?
  /// Timeouts, retries and hedging by method.
  public var service = ServiceConfiguration()
  /// From the first TCP packet to an address to the server's HELLO.
  public var connectTimeoutSeconds = 10
  /// Reconnecting waits this long after a first failure, then 1.6 times longer each time, give or take a fifth (gRPC's numbers). The count
  /// starts anew when a server's HELLO has come.
  public var backoffFirstMilliseconds = 1_000
  public var backoffMaxMilliseconds = 120_000
  /// Requests of a stream that are kept to be sent again, with 64 bytes for each; a call that sends more before it is answered is not
  /// repeated. The one request of other kinds is kept in any case.
  public var replayBytesPerCallMax = 256 * 1024
  /// The same for all calls together.
  public var replayBytesMax = 16 * 1024 * 1024
  /// The largest request or answer.
  public var messageBytesMax = 4 * 1024 * 1024
  /// The longest frame that brings message bytes, without its header; 1,024 to 16,777,215.
  public var framePayloadBytesMax = 16_372
  /// The compressions that answers may have.
  public var codecs = MessageCodec.allCases
  /// What a stream's window, 256 KiB at first, may grow to when round trips show that it holds the server back.
  public var windowBytesMax = 4 * 1024 * 1024
  /// Calls that wait for a connection or for call credit; more are refused with RESOURCE_EXHAUSTED.
  public var waitingCallsMax = 10_000
  /// A server that has calls of ours but is silent for so long is asked for a sign of life. Less than 10 may cost the connection: servers
  /// take it as a strike when a client asks again within 10 s and nothing of a call came between.
  public var keepaliveSeconds = 30
  /// Without an answer to that by then, the connection is lost.
  public var keepaliveTimeoutSeconds = 20
  /// 16 bytes that name the environment this client means; nil: any.
  public var environment: [UInt8]?
  public var software = "lontar"
  /// Who measures, traces and writes frames down.
  public var telemetry = Telemetry()
  /// Around every call, the first outermost.
  public var interceptors: [any ClientInterceptor] = []

  public init() {}

  /// For tests: a connection has so many numbers that none uses them up.
  var streamNumberMax: UInt32 = 0x7FFF_FFFF

  var wireLimits: WireLimits {
    var limits = WireLimits()
    limits.messageBytesMax = messageBytesMax
    limits.framePayloadBytesMax = framePayloadBytesMax
    limits.codecs = MessageCodec.bits(codecs)
    limits.streamWindowBytesMax = UInt64(windowBytesMax)
    limits.streamNumberMax = streamNumberMax
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
  /// W3C `traceparent`; one that is not of its form is left out.
  public var traceParent: String?
  /// 1 for the first attempt of an act, 2 for its first repetition, and so on; at most 255.
  public var attempt = 1
  /// Requests go compressed if the server takes this codec. Never for messages that hold a secret beside what somebody else can
  /// choose: their lengths would tell it byte by byte.
  public var compression: MessageCodec?
  /// True: wait for a connection until the deadline. False: fail at once while no server can be reached. Nil: as the method's
  /// configuration says, else false.
  public var waitForReady: Bool?
  /// False: neither retried nor hedged, whatever the method's configuration says.
  public var mayRepeat = true

  public init(
    timeout: Duration? = nil, metadata: Metadata = Metadata(), idempotencyKey: [UInt8]? = nil, waitForReady: Bool? = nil
  ) {
    self.timeout = timeout
    self.metadata = metadata
    self.idempotencyKey = idempotencyKey
    self.waitForReady = waitForReady
  }
}

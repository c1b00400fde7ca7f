public import LontarCompression
public import LontarTLS
internal import LontarWire

/// How a server listens and what it allows.
public struct ServerConfiguration: Sendable {
  public var host: String
  /// 0: any free port.
  public var port: Int
  public var tls: TLSServerConfiguration
  /// Connections beyond this are closed before their handshake.
  public var connectionsMax = 1_000
  public var limits = ServerLimits()
  /// Event loops; 0: one for each core.
  public var eventLoops = 0

  public init(host: String, port: Int, tls: TLSServerConfiguration) {
    self.host = host
    self.port = port
    self.tls = tls
  }
}

/// What a server allows its clients, whatever the transport.
public struct ServerLimits: Sendable {
  /// Calls that run at once on one connection.
  public var callsPerConnectionMax = 100
  /// The largest request or answer.
  public var messageBytesMax = 4 * 1024 * 1024
  /// The longest frame that brings message bytes, without its header; 1,024 to 16,777,215.
  public var framePayloadBytesMax = 16_372
  /// The compressions that requests may have.
  public var codecs = MessageCodec.allCases
  /// What a stream's window, 256 KiB at first, may grow to when round trips show that it holds the client back.
  public var windowBytesMax = 4 * 1024 * 1024
  /// A client that says no HELLO by then is not one.
  public var helloTimeoutSeconds = 5
  /// A frame must be whole by then (slow loris).
  public var frameTimeoutSeconds = 30
  /// Connections without a call are closed after this.
  public var idleTimeoutSeconds = 300
  /// Deadline for calls that set none; a server never runs a handler for ever.
  public var callTimeoutSecondsMax = 300
  /// 16 bytes that name the environment; a client that expects another is refused.
  public var environment: [UInt8] = Array(repeating: 0, count: 16)
  public var software = "lontar"
  /// A connection is drained when it is this old, give or take a tenth; 0: never.
  public var connectionAgeSecondsMax = 0
  /// Calls that still run so long after such a drain began end with UNAVAILABLE; 0: their deadlines end them.
  public var connectionAgeGraceSeconds = 0
  /// A client that has calls but is silent for so long is asked for a sign of life.
  public var keepaliveSeconds = 30
  /// Without an answer to that by then, it is gone.
  public var keepaliveTimeoutSeconds = 20

  public init() {}

  var wireLimits: WireLimits {
    var limits = WireLimits()
    limits.callsMax = UInt64(callsPerConnectionMax)
    limits.messageBytesMax = messageBytesMax
    limits.framePayloadBytesMax = framePayloadBytesMax
    limits.codecs = MessageCodec.bits(codecs)
    limits.streamWindowBytesMax = UInt64(windowBytesMax)
    return limits
  }
}

/// A call that has ended, for logs and counters.
public struct CallRecord: Sendable {
  public let requestID: String
  public let method: String
  public let code: StatusCode
  public let message: String
  public let reason: String
  public let duration: Duration
  public let clientSoftware: String
  /// The 32 digits of the W3C trace id that the call belongs to; empty: none.
  public let traceID: String
  /// What the handler threw, if it was no `RPCError` or carried a cause.
  public let cause: String?
}

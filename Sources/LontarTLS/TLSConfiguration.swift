/// Which certificates a server asks of its clients.
public enum TLSClientCertificates: Sendable, Equatable {
  /// The server asks for none; `TLSPeer` is nil.
  case none
  /// A client may show one; if it does, the certificate must be good.
  case optional(trustRootsPath: String)
  /// A client without a good certificate is refused.
  case required(trustRootsPath: String)

  package var trustRootsPath: String? {
    switch self {
    case .none: nil
    case .optional(let path), .required(let path): path
    }
  }
}

/// A certificate chain and its private key, both PEM files. The chain starts with the leaf; each next one issued the one before.
public struct TLSCredentialFiles: Sendable, Equatable {
  public var certificateChainPath: String
  public var privateKeyPath: String

  public init(certificateChainPath: String, privateKeyPath: String) {
    self.certificateChainPath = certificateChainPath
    self.privateKeyPath = privateKeyPath
  }
}

/// How long a connection may take to open and close, and how much it may hold meanwhile.
public struct TLSLimits: Sendable, Equatable {
  /// From the connection's start to the last handshake byte. A peer that says nothing costs a descriptor for this long.
  public var handshakeTimeout: Duration = .seconds(10)
  /// From our close_notify to the peer's. Afterwards the connection is closed all the same.
  public var closeTimeout: Duration = .seconds(5)
  /// Plaintext bytes that may wait for the end of the handshake. One more ends the connection: a gap in a stream has no cure.
  public var queuedBytesMax: Int = 262_144
  /// Answers of TLS itself, to the peer's requests for new keys, that may wait for a peer that reads nothing: some hundred of them.
  public var unreadAnswerBytesMax: Int = 4_096

  public init() {}
}

/// What a server needs to speak TLS 1.3.
public struct TLSServerConfiguration: Sendable, Equatable {
  public var credentials: TLSCredentialFiles
  public var clientCertificates: TLSClientCertificates
  /// ALPN names, the preferred one first. With a non-empty list a client must offer one of them.
  public var applicationProtocols: [String]
  public var limits: TLSLimits
  /// Where session secrets are appended for a packet analyser. For debugging only: whoever reads the file reads the traffic.
  public var keyLogPath: String?

  public init(
    credentials: TLSCredentialFiles, clientCertificates: TLSClientCertificates = .none, applicationProtocols: [String],
    limits: TLSLimits = TLSLimits(), keyLogPath: String? = nil
  ) {
    self.credentials = credentials
    self.clientCertificates = clientCertificates
    self.applicationProtocols = applicationProtocols
    self.limits = limits
    self.keyLogPath = keyLogPath
  }
}

/// What a client needs to speak TLS 1.3. The server's certificate is always verified, and so is its name.
public struct TLSClientConfiguration: Sendable, Equatable {
  /// PEM file of the authorities to trust; nil means those of the operating system.
  public var trustRootsPath: String?
  /// Shown to servers that ask for a certificate.
  public var credentials: TLSCredentialFiles?
  /// Host name or IP address literal that the server's certificate must carry. Sent as SNI when it is a name.
  public var serverName: String
  /// ALPN names, the preferred one first. With a non-empty list the server must select one of them.
  public var applicationProtocols: [String]
  public var limits: TLSLimits
  /// Where session secrets are appended for a packet analyser. For debugging only: whoever reads the file reads the traffic.
  public var keyLogPath: String?

  public init(
    trustRootsPath: String?, serverName: String, applicationProtocols: [String], credentials: TLSCredentialFiles? = nil,
    limits: TLSLimits = TLSLimits(), keyLogPath: String? = nil
  ) {
    self.trustRootsPath = trustRootsPath
    self.serverName = serverName
    self.applicationProtocols = applicationProtocols
    self.credentials = credentials
    self.limits = limits
    self.keyLogPath = keyLogPath
  }
}

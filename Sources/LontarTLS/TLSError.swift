/// Why a certificate could not be loaded, a connection not opened, or a connection ended.
///
/// `message` is one line that names the object, `remedy` says what to do about it, `detail` is OpenSSL's own account for the log.
public struct TLSError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A stable name for programs and translations.
  public enum Code: String, Sendable, CaseIterable {
    // Loading
    case configurationInvalid = "TLS_CONFIGURATION_INVALID"
    case fileMissing = "TLS_FILE_MISSING"
    case fileUnreadable = "TLS_FILE_UNREADABLE"
    case certificateMalformed = "TLS_CERTIFICATE_MALFORMED"
    case certificateExpired = "TLS_CERTIFICATE_EXPIRED"
    case certificateNotYetValid = "TLS_CERTIFICATE_NOT_YET_VALID"
    case chainOrderWrong = "TLS_CHAIN_ORDER_WRONG"
    case keyMalformed = "TLS_KEY_MALFORMED"
    case keyMismatch = "TLS_KEY_MISMATCH"
    case trustRootsMalformed = "TLS_TRUST_ROOTS_MALFORMED"
    // Opening
    case handshakeTimeout = "TLS_HANDSHAKE_TIMEOUT"
    case handshakeFailed = "TLS_HANDSHAKE_FAILED"
    case notTLS = "TLS_NOT_TLS"
    case versionUnsupported = "TLS_VERSION_UNSUPPORTED"
    case alpnMismatch = "TLS_ALPN_MISMATCH"
    case alpnMissing = "TLS_ALPN_MISSING"
    case peerExpired = "TLS_PEER_EXPIRED"
    case peerNotYetValid = "TLS_PEER_NOT_YET_VALID"
    case peerUntrusted = "TLS_PEER_UNTRUSTED"
    case peerNameMismatch = "TLS_PEER_NAME_MISMATCH"
    case peerCertificateMissing = "TLS_PEER_CERTIFICATE_MISSING"
    case peerIdentityInvalid = "TLS_PEER_IDENTITY_INVALID"
    case refusedByPeer = "TLS_REFUSED_BY_PEER"
    case queueFull = "TLS_QUEUE_FULL"
    // Afterwards
    case recordInvalid = "TLS_RECORD_INVALID"
    case truncated = "TLS_TRUNCATED"
    case connectionLost = "TLS_CONNECTION_LOST"
    case closed = "TLS_CLOSED"
    case answersUnread = "TLS_ANSWERS_UNREAD"
    case internalFault = "TLS_INTERNAL_FAULT"
  }

  public let code: Code
  public let message: String
  public let remedy: String
  public let detail: String
  /// What the message was made from, for translations: path, subject, not_after, name, alert, phase and the like.
  public let parameters: [String: String]

  package init(_ code: Code, _ message: String, remedy: String, detail: String = "", parameters: [String: String] = [:]) {
    self.code = code
    self.message = message
    self.remedy = remedy
    self.detail = detail
    self.parameters = parameters
  }

  /// The network's fault, or a passing one of the peer: connecting again may help. All else stays until a person has changed something.
  public var isPassing: Bool {
    switch code {
    case .connectionLost, .truncated, .closed, .handshakeTimeout: true
    default: false
    }
  }

  public var description: String {
    detail.isEmpty ? "\(code.rawValue): \(message); \(remedy)" : "\(code.rawValue): \(message); \(remedy) [\(detail)]"
  }
}

extension TLSError {
  /// The transport ended without the peer's close_notify: what was read may be less than what was sent.
  static func truncated(duringHandshake: Bool) -> TLSError {
    TLSError(
      .truncated,
      duringHandshake
        ? "the peer ended the connection during the TLS handshake" : "the connection ended without the peer's close_notify",
      remedy: duringHandshake
        ? "look for the reason in the peer's log" : "treat unfinished messages as lost and connect again",
      parameters: ["phase": duringHandshake ? "handshake" : "data"])
  }

  static func connectionLost(_ cause: any Error) -> TLSError {
    TLSError(.connectionLost, "the connection was lost", remedy: "connect again", detail: "\(cause)")
  }

  static func closed() -> TLSError {
    TLSError(.closed, "the connection is closed for writing", remedy: "connect again")
  }

  static func answersUnread(limitBytes: Int) -> TLSError {
    TLSError(
      .answersUnread, "the peer asks for new keys again and again and does not read the answers",
      remedy: "see who connects from there", parameters: ["limit_bytes": "\(limitBytes)"])
  }

  static func handshakeTimeout(after limit: Duration) -> TLSError {
    TLSError(
      .handshakeTimeout, "the TLS handshake took longer than \(limit)", remedy: "check that the peer speaks TLS 1.3 on this port",
      parameters: ["limit": "\(limit)"])
  }

  static func queueFull(limitBytes: Int) -> TLSError {
    TLSError(
      .queueFull, "more than \(limitBytes) bytes were written before the TLS handshake ended",
      remedy: "wait for the handshake before writing", parameters: ["limit_bytes": "\(limitBytes)"])
  }

  static func alpnMissing(expected: [String]) -> TLSError {
    TLSError(
      .alpnMissing, "the peer did not agree on an application protocol",
      remedy: "connect with one that speaks \(expected.joined(separator: ", "))",
      parameters: ["expected": expected.joined(separator: ",")])
  }

  static func alpnMismatch(expected: [String]) -> TLSError {
    TLSError(
      .alpnMismatch, "the peer speaks none of our application protocols",
      remedy: "connect with one that speaks \(expected.joined(separator: ", "))",
      parameters: ["expected": expected.joined(separator: ",")])
  }
}

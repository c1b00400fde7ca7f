internal import COpenSSL

extension TLSError {
  /// A failed handshake, record or shutdown, told in our words.
  ///
  /// - Parameters:
  ///   - faults: the error queue right after the call.
  ///   - verifyResult: `SSL_get_verify_result`, meaningful when the queue says that verification failed.
  ///   - expectedProtocols: our ALPN list.
  ///   - serverName: what a client expects in the server's certificate.
  static func from(
    _ faults: [OpenSSLFault], verifyResult: Int, expectedProtocols: [String], serverName: String?, handshaking: Bool
  ) -> TLSError {
    let detail = OpenSSLErrorQueue.describe(faults)
    if let error = fromCallback(faults, expectedProtocols: expectedProtocols, detail: detail) { return error }
    if let alert = faults.lazy.compactMap(\.alert).first {
      return fromAlert(alert, expectedProtocols: expectedProtocols, detail: detail)
    }
    if faults.contains(where: { $0.isSSL(SSL_R_CERTIFICATE_VERIFY_FAILED) }) {
      return fromVerification(Int32(truncatingIfNeeded: verifyResult), serverName: serverName, detail: detail)
    }
    for fault in faults {
      if let error = fromReason(fault, expectedProtocols: expectedProtocols, handshaking: handshaking, detail: detail) {
        return error
      }
    }
    return handshaking
      ? TLSError(.handshakeFailed, "the TLS handshake failed", remedy: "see the detail", detail: detail)
      : TLSError(.recordInvalid, "the peer sent a TLS record that is not valid", remedy: "connect again", detail: detail)
  }

  private static func fromCallback(_ faults: [OpenSSLFault], expectedProtocols: [String], detail: String) -> TLSError? {
    guard let fault = faults.first(where: { $0.library == ERR_LIB_USER }) else { return nil }
    switch CallbackReason(rawValue: fault.reason) {
    case .alpnMissing: return alpnMissing(expected: expectedProtocols)
    case .identityInvalid:
      return TLSError(
        .peerIdentityInvalid, "the peer's certificate names no usable identity: \(fault.data)",
        remedy: "issue one with exactly one spiffe:// URI and CA:FALSE", detail: detail, parameters: ["fault": fault.data])
    case nil: return nil
    }
  }

  private static func fromAlert(_ alert: Int32, expectedProtocols: [String], detail: String) -> TLSError {
    let name = SSL_alert_desc_string_long(alert).map { String(cString: $0) } ?? "\(alert)"
    switch alert {
    case SSL_AD_NO_APPLICATION_PROTOCOL: return alpnMismatch(expected: expectedProtocols)
    case SSL_AD_PROTOCOL_VERSION: return versionUnsupported(detail: detail)
    default:
      return TLSError(
        .refusedByPeer, "the peer ended the connection with the TLS alert \"\(name)\"", remedy: alertRemedy(alert),
        detail: detail,
        parameters: ["alert": "\(alert)", "name": name])
    }
  }

  private static func alertRemedy(_ alert: Int32) -> String {
    switch alert {
    case SSL_AD_BAD_CERTIFICATE, SSL_AD_UNSUPPORTED_CERTIFICATE, SSL_AD_CERTIFICATE_UNKNOWN:
      "check the certificate that this side shows"
    case SSL_AD_CERTIFICATE_EXPIRED: "renew the certificate that this side shows"
    case SSL_AD_UNKNOWN_CA: "let the peer trust the authority that issued this side's certificate"
    case SSL_AD_CERTIFICATE_REQUIRED: "configure a client certificate"
    default: "look for the reason in the peer's log"
    }
  }

  private static func fromVerification(_ result: Int32, serverName: String?, detail: String) -> TLSError {
    let reason = X509_verify_cert_error_string(Int(result)).map { String(cString: $0) } ?? "error \(result)"
    let parameters = ["reason": reason, "name": serverName ?? ""]
    let whose = serverName.map { "certificate of \($0)" } ?? "client's certificate"
    switch result {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return TLSError(.peerExpired, "the \(whose) has expired", remedy: "renew it there", detail: detail, parameters: parameters)
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return TLSError(
        .peerNotYetValid, "the \(whose) is not valid yet", remedy: "check the clocks", detail: detail, parameters: parameters)
    case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
      return TLSError(
        .peerNameMismatch, "the server's certificate is not for \(serverName ?? "this host")",
        remedy: "connect by a name that the certificate carries, or issue one for this name", detail: detail,
        parameters: parameters)
    default:
      return TLSError(
        .peerUntrusted, "the \(whose) is not trusted: \(reason)",
        remedy: "check the trust roots and the chain that the peer sends",
        detail: detail, parameters: parameters)
    }
  }

  private static func fromReason(
    _ fault: OpenSSLFault, expectedProtocols: [String], handshaking: Bool, detail: String
  ) -> TLSError? {
    guard handshaking else { return nil }
    if fault.isSSL(SSL_R_NO_APPLICATION_PROTOCOL) { return alpnMismatch(expected: expectedProtocols) }
    if fault.isSSL(SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
      return TLSError(
        .peerCertificateMissing, "the client showed no certificate", remedy: "configure a client certificate there",
        detail: detail)
    }
    if fault.isSSL(SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST, SSL_R_WRONG_VERSION_NUMBER, SSL_R_PACKET_LENGTH_TOO_LONG) {
      return TLSError(.notTLS, "the peer does not speak TLS", remedy: "connect with TLS 1.3 from the first byte", detail: detail)
    }
    if fault.isSSL(SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_VERSION_TOO_LOW, SSL_R_NO_PROTOCOLS_AVAILABLE) {
      return versionUnsupported(detail: detail)
    }
    return nil
  }

  private static func versionUnsupported(detail: String) -> TLSError {
    TLSError(.versionUnsupported, "the peer does not speak TLS 1.3", remedy: "update the peer's TLS library", detail: detail)
  }
}

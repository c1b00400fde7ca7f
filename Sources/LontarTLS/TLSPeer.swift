/// Who is at the other end, as far as a verified certificate says.
public struct TLSPeer: Sendable, Hashable {
  /// The one `spiffe://` URI of the certificate. A server always has it for a client that showed a certificate; a client has it
  /// for its server only if the server's certificate carries exactly one.
  public let spiffeID: String?
  /// RFC 2253 form, for logs; never for decisions.
  public let subject: String
  /// Lower-case hexadecimal SHA-256 of the certificate's DER bytes, 64 digits.
  public let fingerprintSHA256: String
  /// Seconds since 1970: a connection that lives longer than its peer's certificate should be ended.
  public let notAfter: Int64

  package init(spiffeID: String?, subject: String, fingerprintSHA256: String, notAfter: Int64) {
    self.spiffeID = spiffeID
    self.subject = subject
    self.fingerprintSHA256 = fingerprintSHA256
    self.notAfter = notAfter
  }
}

/// What a client certificate must be to name a workload (SPIFFE X509-SVID, sections 2, 3 and 4).
enum PeerIdentity {
  /// A fault in words, for the log and for the error's parameters.
  struct Fault: Error, Equatable {
    let text: String
  }

  static func check(uris: [String?], isAuthority: Bool, maySignCertificates: Bool) -> Result<SpiffeID, Fault> {
    if isAuthority { return .failure(Fault(text: "it is an authority's certificate (CA:TRUE)")) }
    if maySignCertificates { return .failure(Fault(text: "its key usage allows signing certificates or revocation lists")) }
    guard uris.count == 1 else {
      return .failure(Fault(text: uris.isEmpty ? "it has no URI name" : "it has \(uris.count) URI names, not one"))
    }
    guard let uri = uris[0], let id = SpiffeID(uri) else { return .failure(Fault(text: "its URI name is not a SPIFFE identity")) }
    return .success(id)
  }
}

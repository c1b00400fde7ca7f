internal import COpenSSL
internal import Glibc

/// A certificate that OpenSSL owns, read without taking ownership.
///
/// SAFETY: the pointer must outlive this value, so a `Certificate` never leaves the function that made it.
struct Certificate {
  let pointer: OpaquePointer

  /// RFC 2253 form. OpenSSL escapes control characters and everything outside ASCII.
  var subject: String { Self.text(of: X509_get_subject_name(pointer)) }
  var issuer: String { Self.text(of: X509_get_issuer_name(pointer)) }

  /// Seconds since 1970.
  var notBefore: Int64 { Self.seconds(X509_get0_notBefore(pointer)) }
  var notAfter: Int64 { Self.seconds(X509_get0_notAfter(pointer)) }

  var isAuthority: Bool { X509_get_extension_flags(pointer) & UInt32(EXFLAG_CA) != 0 }

  /// False when the certificate has no key usage at all, which OpenSSL reports as "everything".
  var maySignCertificates: Bool {
    let usage = X509_get_key_usage(pointer)
    return usage != UInt32.max && usage & UInt32(KU_KEY_CERT_SIGN | KU_CRL_SIGN) != 0
  }

  /// The URI names, in order; nil for one that is not UTF-8 or holds a NUL.
  var uris: [String?] {
    guard let extensions = X509_get_ext_d2i(pointer, NID_subject_alt_name, nil, nil) else { return [] }
    // SAFETY: X509_get_ext_d2i returned a GENERAL_NAMES that is ours; it is freed after the names are copied.
    let names = OpaquePointer(extensions)
    defer { GENERAL_NAMES_free(names) }
    var found: [String?] = []
    for index in 0..<lontar_name_count(names) {
      var count: Int32 = 0
      guard let bytes = lontar_name_uri(names, index, &count) else { continue }
      let raw = UnsafeBufferPointer(start: bytes, count: Int(count))
      found.append(raw.contains(0) ? nil : String(validating: raw, as: UTF8.self))
    }
    return found
  }

  var fingerprintSHA256: String {
    // SAFETY: X509_digest writes 32 bytes for SHA-256, within the 64 that EVP_MAX_MD_SIZE promises.
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Int(EVP_MAX_MD_SIZE)) { digest in
      var count: UInt32 = 0
      guard X509_digest(pointer, EVP_sha256(), digest.baseAddress, &count) == 1 else { return "" }
      return digest.prefix(Int(count)).map { $0 < 16 ? "0\(String($0, radix: 16))" : String($0, radix: 16) }.joined()
    }
  }

  func wasIssued(by issuer: Certificate) -> Bool {
    X509_check_issued(issuer.pointer, pointer) == X509_V_OK
  }

  /// The identity this certificate gives a client, or why it gives none.
  func identity() -> Result<SpiffeID, PeerIdentity.Fault> {
    PeerIdentity.check(uris: uris, isAuthority: isAuthority, maySignCertificates: maySignCertificates)
  }

  func peer() -> TLSPeer {
    let id = try? identity().get()
    return TLSPeer(spiffeID: id?.description, subject: subject, fingerprintSHA256: fingerprintSHA256, notAfter: notAfter)
  }

  private static func text(of name: OpaquePointer?) -> String {
    guard let name, let memory = BIO_new(BIO_s_mem()) else { return "" }
    // SAFETY: the bytes belong to the memory BIO and are copied before it is freed.
    defer { BIO_free(memory) }
    guard lontar_name_print(memory, name) >= 0 else { return "" }
    var bytes: UnsafeMutablePointer<CChar>?
    let count = lontar_bio_memory(memory, &bytes)
    guard let bytes else { return "" }
    return String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
  }

  private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64 {
    var parts = tm()
    return ASN1_TIME_to_tm(time, &parts) == 1 ? Int64(timegm(&parts)) : 0
  }
}

/// Seconds since 1970 as people write them: `2026-11-21 21:30:00 UTC`.
func utcText(_ seconds: Int64) -> String {
  var parts = tm()
  var time = time_t(seconds)
  gmtime_r(&time, &parts)
  func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
  let day = "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
  return "\(day) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) UTC"
}

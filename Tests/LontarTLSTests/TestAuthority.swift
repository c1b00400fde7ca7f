internal import COpenSSL
internal import Foundation
internal import LontarTLS

/// A folder that is removed with its owner.
final class TemporaryFolder: Sendable {
  let path: String

  init() {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("lontar-tls-\(UUID().uuidString)").path
    try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  func file(_ name: String) -> String { "\(path)/\(name)" }
}

/// What a test wants in a certificate. Times are seconds from now.
struct Wanted {
  var commonName = "localhost"
  var alternativeNames = "DNS:localhost,IP:127.0.0.1,IP:::1"
  var basicConstraints = "critical,CA:FALSE"
  var keyUsage = "critical,digitalSignature"
  var extendedKeyUsage = ""
  /// Signed by its own key and by nobody else.
  var isSelfSigned = false
  var notBefore = -3_600
  var notAfter = 86_400

  static func client(_ alternativeNames: String) -> Wanted {
    Wanted(commonName: "a client", alternativeNames: alternativeNames)
  }
}

/// An authority that issues whatever a test needs, wrong things included, as PEM files.
///
/// SAFETY (`@unchecked Sendable`): key and certificate are set once; OpenSSL counts references atomically and signing only reads.
final class TestAuthority: @unchecked Sendable {
  static let shared = TestAuthority(name: "Test authority")

  let folder = TemporaryFolder()
  let rootsPath: String
  private let key: OpaquePointer
  private let certificate: OpaquePointer

  init(name: String) {
    key = Self.makeKey()
    var wanted = Wanted(
      commonName: name, alternativeNames: "", basicConstraints: "critical,CA:TRUE", keyUsage: "critical,keyCertSign,cRLSign")
    wanted.notBefore = -864_000
    wanted.notAfter = 864_000
    certificate = Self.makeCertificate(wanted, key: key, issuer: nil, issuerKey: key)
    rootsPath = folder.file("ca.pem")
    Self.write(certificates: [certificate], to: rootsPath)
  }

  deinit {
    X509_free(certificate)
    EVP_PKEY_free(key)
  }

  /// A leaf followed by this authority, and its key, in files with a new name.
  func issue(_ wanted: Wanted = Wanted()) -> TLSCredentialFiles {
    let files = TLSCredentialFiles(
      certificateChainPath: folder.file("\(UUID()).pem"), privateKeyPath: folder.file("\(UUID()).key"))
    issue(wanted, into: files)
    return files
  }

  func issue(_ wanted: Wanted, into files: TLSCredentialFiles, leafFirst: Bool = true) {
    let leafKey = Self.makeKey()
    let leaf =
      wanted.isSelfSigned
      ? Self.makeCertificate(wanted, key: leafKey, issuer: nil, issuerKey: leafKey)
      : Self.makeCertificate(wanted, key: leafKey, issuer: certificate, issuerKey: key)
    defer {
      X509_free(leaf)
      EVP_PKEY_free(leafKey)
    }
    let chain = wanted.isSelfSigned ? [leaf] : leafFirst ? [leaf, certificate] : [certificate, leaf]
    Self.write(certificates: chain, to: files.certificateChainPath)
    let out = BIO_new_file(files.privateKeyPath, "w")
    PEM_write_bio_PrivateKey(out, leafKey, nil, nil, 0, nil, nil)
    BIO_free(out)
  }

  private static func makeKey() -> OpaquePointer {
    let context = EVP_PKEY_CTX_new_from_name(nil, "EC", nil)
    defer { EVP_PKEY_CTX_free(context) }
    var key: OpaquePointer?
    precondition(EVP_PKEY_keygen_init(context) == 1 && EVP_PKEY_CTX_set_group_name(context, "P-256") == 1)
    precondition(EVP_PKEY_generate(context, &key) == 1)
    return key!
  }

  private static func makeCertificate(
    _ wanted: Wanted, key: OpaquePointer, issuer: OpaquePointer?, issuerKey: OpaquePointer
  ) -> OpaquePointer {
    let certificate = X509_new()!
    X509_set_version(certificate, 2)
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), UInt64.random(in: 1...UInt64(Int64.max)))
    X509_gmtime_adj(X509_getm_notBefore(certificate), wanted.notBefore)
    X509_gmtime_adj(X509_getm_notAfter(certificate), wanted.notAfter)
    let subject = X509_get_subject_name(certificate)
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, wanted.commonName, -1, -1, 0)
    X509_set_issuer_name(certificate, issuer.map { X509_get_subject_name($0) } ?? subject)
    X509_set_pubkey(certificate, key)
    add(NID_basic_constraints, wanted.basicConstraints, to: certificate)
    add(NID_key_usage, wanted.keyUsage, to: certificate)
    add(NID_ext_key_usage, wanted.extendedKeyUsage, to: certificate)
    add(NID_subject_alt_name, wanted.alternativeNames, to: certificate)
    precondition(X509_sign(certificate, issuerKey, EVP_sha256()) > 0)
    return certificate
  }

  private static func add(_ kind: Int32, _ value: String, to certificate: OpaquePointer) {
    guard !value.isEmpty else { return }
    let addition = X509V3_EXT_conf_nid(nil, nil, kind, value)!
    X509_add_ext(certificate, addition, -1)
    X509_EXTENSION_free(addition)
  }

  private static func write(certificates: [OpaquePointer], to path: String) {
    let out = BIO_new_file(path, "w")
    for certificate in certificates { PEM_write_bio_X509(out, certificate) }
    BIO_free(out)
  }
}

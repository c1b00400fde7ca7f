internal import COpenSSL

/// Digests that have nothing to do with secrets: names for what is compiled in.
package enum Digest {
  /// 32 bytes.
  package static func sha256(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    // SAFETY: both arrays outlive the call; SHA-256 writes exactly the 32 bytes that `digest` has; EVP_sha256() is a static object.
    let done = EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil)
    precondition(done == 1, "libcrypto has no SHA-256")
    return digest
  }
}

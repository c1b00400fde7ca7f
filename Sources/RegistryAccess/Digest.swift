internal import COpenSSL

/// What this module needs of libcrypto, with its C calls in one place.
enum Digest {
  static func sha256(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    // SAFETY: both arrays outlive the call; SHA-256 writes exactly the 32 bytes that `digest` has; EVP_sha256() is a static object.
    let done = EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil)
    precondition(done == 1, "libcrypto has no SHA-256")
    return digest
  }

  /// Whether two secrets are the same, in a time that depends on their length only.
  static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    // SAFETY: both arrays have `left.count` bytes and outlive the call.
    return CRYPTO_memcmp(left, right, left.count) == 0
  }

  /// - Throws: `RANDOM_UNAVAILABLE` where the system gives no entropy.
  static func randomBytes(_ count: Int) throws(AccessError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    // SAFETY: RAND_bytes writes `count` bytes into an array of `count` bytes.
    guard RAND_bytes(&bytes, Int32(count)) == 1 else {
      throw AccessError(.randomUnavailable, "the server has no random numbers; try again later", detail: "RAND_bytes failed")
    }
    return bytes
  }
}

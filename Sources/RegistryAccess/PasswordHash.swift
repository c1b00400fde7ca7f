internal import COpenSSL

/// A password as it is stored: `$scrypt$ln=15,r=8,p=1$salt$hash`, salt and hash in Base64 without padding.
///
/// scrypt (RFC 7914) needs 128·r·2^ln bytes for each guess: 32 MiB with the parameters used here, and about 0.1 s.
package struct PasswordHash: Sendable, Equatable {
  struct Cost: Sendable, Equatable {
    var logN: Int
    var r: Int
    var p: Int

    /// OWASP's second choice for scrypt, at a quarter of the memory of its first: two run at once on a small server.
    static let standard = Cost(logN: 15, r: 8, p: 1)
    /// A stored hash that asks for more than this is damaged, not careful.
    static let memoryBytesMax = 256 * 1024 * 1024

    var memoryBytes: Int { 128 * r << logN }
  }

  static let saltBytes = 16
  static let keyBytes = 32

  let cost: Cost
  let salt: [UInt8]
  let key: [UInt8]

  /// Takes as long as the cost says; call it through `PasswordHasher`.
  init(_ password: String, salt: [UInt8], cost: Cost = .standard) throws(AccessError) {
    self.cost = cost
    self.salt = salt
    key = try Self.derive(password: Array(password.utf8), salt: salt, cost: cost, keyBytes: Self.keyBytes)
  }

  /// - Throws: `PASSWORD_HASH_BROKEN` for text that this module did not write.
  package init(encoded: String) throws(AccessError) {
    let parts = encoded.split(separator: "$", omittingEmptySubsequences: false)
    guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt", let cost = Cost(encoded: parts[2]),
      let salt = Base64.decode(parts[3], .standard), let key = Base64.decode(parts[4], .standard), salt.count >= 8,
      key.count == 32
    else {
      throw AccessError(
        .passwordHashBroken, "the stored password can't be read; ask for a new one",
        detail: "not a $scrypt$ text of this registry")
    }
    self.cost = cost
    self.salt = salt
    self.key = key
  }

  package var encoded: String {
    "$scrypt$\(cost.encoded)$\(Base64.encode(salt, .standard))$\(Base64.encode(key, .standard))"
  }

  /// Takes as long as the cost says; call it through `PasswordHasher`.
  func matches(_ password: String) throws(AccessError) -> Bool {
    let other = try Self.derive(password: Array(password.utf8), salt: salt, cost: cost, keyBytes: key.count)
    return Digest.isEqual(key, other)
  }

  static func derive(password: [UInt8], salt: [UInt8], cost: Cost, keyBytes: Int) throws(AccessError) -> [UInt8] {
    var key = [UInt8](repeating: 0, count: keyBytes)
    // The limit is OpenSSL's check of its own arithmetic: what scrypt takes, and a little for the blocks beside it.
    let memoryMax = UInt64(cost.memoryBytes + 128 * cost.r * (cost.p + 2) + 1_024)
    // SAFETY: the arrays outlive the call, each with the count that is passed beside it; the password's bytes are read as chars.
    let done = password.withUnsafeBytes { bytes in
      EVP_PBE_scrypt(
        bytes.assumingMemoryBound(to: CChar.self).baseAddress, bytes.count, salt, salt.count, UInt64(1) << UInt64(cost.logN),
        UInt64(cost.r), UInt64(cost.p), memoryMax, &key, keyBytes)
    }
    guard done == 1 else {
      throw AccessError(.passwordHashBroken, "the password can't be checked; try again later", detail: "EVP_PBE_scrypt failed")
    }
    return key
  }
}

extension PasswordHash.Cost {
  var encoded: String { "ln=\(logN),r=\(r),p=\(p)" }

  init?(encoded: some StringProtocol) {
    let fields = encoded.split(separator: ",", omittingEmptySubsequences: false)
    let names = ["ln=", "r=", "p="]
    guard fields.count == names.count else { return nil }
    var numbers: [Int] = []
    for (field, name) in zip(fields, names) {
      guard field.hasPrefix(name), let number = Int(field.dropFirst(name.count)), (1...64).contains(number) else { return nil }
      numbers.append(number)
    }
    guard numbers[0] <= 24 else { return nil }
    self.init(logN: numbers[0], r: numbers[1], p: numbers[2])
    guard memoryBytes <= Self.memoryBytesMax else { return nil }
  }
}

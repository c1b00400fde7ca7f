package import RegistryModel

/// What a caller shows with each request: `seratus_r_<43 letters of base64url>_<8 hex digits>`, 62 characters.
///
/// 32 random bytes make it unguessable; the letter says which database login serves it (r region, m ministry, x export), and `api.enter`
/// checks that against the session; the CRC-32 tells a mistyped token from an unknown one and lets scanners find leaked ones. The
/// registry stores `sha256` of the whole text and never the text.
package struct SessionToken: Sendable {
  private static let prefix = "seratus_"
  private static let randomBytes = 32
  private static let randomLetters = 43
  private static let checksumLetters = 8
  private static let length = prefix.utf8.count + 2 + randomLetters + 1 + checksumLetters

  /// A secret: shown once to whoever asked for it, never logged.
  package let text: String
  package let pool: Role.Pool

  /// 32 bytes; how the registry knows the session.
  package var sha256: [UInt8] { Digest.sha256(Array(text.utf8)) }

  /// A new token from the system's random numbers.
  package init(pool: Role.Pool) throws(AccessError) {
    self.init(pool: pool, random: try Digest.randomBytes(Self.randomBytes))
  }

  init(pool: Role.Pool, random: [UInt8]) {
    let body = "\(Self.prefix)\(pool.letter)_\(Base64.encode(random, .url))"
    text = "\(body)_\(Self.checksum(of: body))"
    self.pool = pool
  }

  /// - Throws: `TOKEN_MALFORMED` for text that no registry has issued; the text is not repeated.
  package init(parsing text: String) throws(AccessError) {
    let bytes = Array(text.utf8)
    guard bytes.count == Self.length, text.hasPrefix(Self.prefix) else { throw Self.malformed("its length or prefix is wrong") }
    let underscore = UInt8(ascii: "_")
    let bodyLength = Self.length - 1 - Self.checksumLetters
    guard let pool = Role.Pool.allCases.first(where: { $0.letter.utf8.first == bytes[8] }), bytes[9] == underscore,
      bytes[bodyLength] == underscore
    else { throw Self.malformed("its parts are not where they belong") }
    let random = String(decoding: bytes[10..<bodyLength], as: UTF8.self)
    guard Base64.decode(random, .url)?.count == Self.randomBytes else {
      throw Self.malformed("it holds letters that no token has")
    }
    let body = String(decoding: bytes[..<bodyLength], as: UTF8.self)
    guard String(decoding: bytes[(bodyLength + 1)...], as: UTF8.self) == Self.checksum(of: body) else {
      throw Self.malformed("its checksum is wrong; a letter is missing or mistyped")
    }
    self.text = text
    self.pool = pool
  }

  /// From the metadata `authorization`. The scheme may be written in any case, as in HTTP.
  /// - Throws: `TOKEN_MISSING`, `TOKEN_MALFORMED`.
  package init(authorization: String?) throws(AccessError) {
    guard let authorization, !authorization.isEmpty else {
      throw AccessError(.tokenMissing, "this call needs a token; log in, or choose a profile that has one")
    }
    let parts = authorization.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { throw Self.malformed("the scheme is not Bearer") }
    try self.init(parsing: String(parts[1]))
  }

  private static func checksum(of body: String) -> String {
    let hex = String(CRC32.checksum(body.utf8), radix: 16)
    return String(repeating: "0", count: checksumLetters - hex.count) + hex
  }

  private static func malformed(_ detail: String) -> AccessError {
    AccessError(
      .tokenMalformed, "the token is not one of this registry: \(detail); copy it again or log in", parameters: ["detail": detail]
    )
  }
}

extension SessionToken: CustomStringConvertible, CustomDebugStringConvertible {
  /// Without the secret, so that no log can hold it.
  package var description: String { "seratus_\(pool.letter)_…" }
  package var debugDescription: String { description }
}

extension Role.Pool {
  fileprivate var letter: String {
    switch self {
    case .region: "r"
    case .ministry: "m"
    case .export: "x"
    }
  }
}

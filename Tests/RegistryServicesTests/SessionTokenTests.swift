import RegistryModel
import Testing

@testable import RegistryAccess

@Suite struct SessionTokenTests {
  @Test func `the checksum is the CRC-32 of the standard`() {
    // The check value of CRC-32/ISO-HDLC.
    #expect(CRC32.checksum("123456789".utf8) == 0xCBF4_3926)
    #expect(CRC32.checksum("".utf8) == 0)
  }

  @Test(arguments: [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("foobar", "Zm9vYmFy")])
  func `Base64 is that of RFC 4648, without padding`(text: String, encoded: String) {
    #expect(Base64.encode(Array(text.utf8), .standard) == encoded)
    #expect(Base64.decode(encoded, .standard) == Array(text.utf8))
  }

  @Test(arguments: ["Z", "Zh", "Zm9", "Zg==", "Z g", "Zm-v"])
  func `Base64 has one spelling`(text: String) {
    #expect(Base64.decode(text, .standard) == nil)
  }

  @Test(arguments: [(Role.Pool.region, "r"), (.ministry, "m"), (.export, "x")])
  func `a token says its pool and comes back from its text`(pool: Role.Pool, letter: String) throws {
    let token = try SessionToken(pool: pool)
    #expect(token.text.count == 62)
    #expect(token.text.hasPrefix("seratus_\(letter)_"))
    let again = try SessionToken(parsing: token.text)
    #expect(again.pool == pool)
    #expect(again.sha256 == token.sha256)
    #expect(token.sha256.count == 32)
  }

  @Test func `two tokens are never the same`() throws {
    #expect(try SessionToken(pool: .region).text != SessionToken(pool: .region).text)
  }

  @Test func `the digest is the SHA-256 of the text`() throws {
    // sha256("abc"), FIPS 180-2, appendix B.1.
    let hex = Digest.sha256(Array("abc".utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    #expect(hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test func `one letter changed anywhere makes a token malformed`() throws {
    let text = Array(try SessionToken(pool: .ministry).text)
    for index in text.indices {
      var changed = text
      changed[index] = changed[index] == "A" ? "B" : "A"
      #expect(throws: AccessError.self, "letter \(index)") { try SessionToken(parsing: String(changed)) }
    }
  }

  @Test func `a token truncated at any letter is malformed, and so is one letter more`() throws {
    let text = try SessionToken(pool: .export).text
    for length in 0..<text.count {
      #expect(throws: AccessError.self) { try SessionToken(parsing: String(text.prefix(length))) }
    }
    #expect(throws: AccessError.self) { try SessionToken(parsing: text + "0") }
    #expect(throws: AccessError.self) { try SessionToken(parsing: " " + text) }
  }

  @Test(arguments: ["Bearer", "bearer", "BEARER"])
  func `the scheme is Bearer in any case`(scheme: String) throws {
    let token = try SessionToken(pool: .region)
    #expect(try SessionToken(authorization: "\(scheme) \(token.text)").sha256 == token.sha256)
  }

  static let wrongHeaders: [(String?, AccessError.Reason)] = [
    (nil, .tokenMissing), ("", .tokenMissing), ("Bearer", .tokenMalformed), ("Basic c2lyaQ", .tokenMalformed),
    ("Bearer x", .tokenMalformed),
  ]

  @Test(arguments: wrongHeaders)
  func `a missing token and a wrong one are told apart`(authorization: String?, reason: AccessError.Reason) {
    let error = #expect(throws: AccessError.self) { try SessionToken(authorization: authorization) }
    #expect(error?.reason == reason)
  }

  @Test func `neither an error nor a description repeats the secret`() throws {
    let token = try SessionToken(pool: .region)
    #expect(!"\(token)".contains(token.text.dropFirst(12)))
    #expect(!String(reflecting: token).contains(token.text.dropFirst(12)))
    let error = #expect(throws: AccessError.self) { try SessionToken(parsing: token.text + "x") }
    #expect(!"\(String(describing: error))".contains(token.text.dropFirst(12)))
  }
}

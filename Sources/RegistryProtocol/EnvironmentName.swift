/// The environment of a registry (production, training) as HELLO carries it: 16 bytes, the first half of the SHA-256 of its name.
///
/// People write a name, on the daemon and in their profile; the bytes are equal if the names are. A name is short and says no secret.
package enum EnvironmentName {
  package static let bytesMax = 64

  package static func identifier(_ name: String) -> [UInt8] {
    var sum = SHA256()
    sum.update(name)
    let digits = sum.hex().utf8.map { Character(UnicodeScalar($0)).hexDigitValue ?? 0 }
    return (0..<16).map { UInt8(digits[2 * $0] << 4 | digits[2 * $0 + 1]) }
  }
}

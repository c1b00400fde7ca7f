/// Names one act: the server carries it out once, however often it is asked. 16 bytes, new for each act, kept for its retries.
public struct IdempotencyKey: Sendable, Hashable {
  public let bytes: [UInt8]

  public init() {
    var random = SystemRandomNumberGenerator()
    bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &random) }
  }

  /// 32 hexadecimal digits, with or without the hyphens of a UUID; nil for anything else.
  public init?(_ text: String) {
    let digits = text.utf8.filter { $0 != UInt8(ascii: "-") }.map { Character(UnicodeScalar($0)).hexDigitValue }
    guard digits.count == 32, !digits.contains(nil) else { return nil }
    let values = digits.compactMap { $0 }
    bytes = (0..<16).map { UInt8(values[2 * $0] << 4 | values[2 * $0 + 1]) }
  }
}

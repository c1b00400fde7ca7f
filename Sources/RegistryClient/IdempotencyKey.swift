/// Names one act: the server carries it out once, however often it is asked. 16 bytes, new for each act, kept for its retries.
public struct IdempotencyKey: Sendable, Hashable {
  public let bytes: [UInt8]

  public init() {
    var random = SystemRandomNumberGenerator()
    bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &random) }
  }
}

internal import NIOCore

/// Puts the fragments of one message together. The first says how long the whole is, so a message over the limit is refused before
/// anything is allocated for it.
struct MessageAssembly: Sendable {
  /// The two length words before the first fragment's bytes.
  static let lengthsBytes = 8

  private var message: WireMessage
  private let total: Int

  var heldBytes: Int { message.readableBytes }
  /// Of the whole message with its lengths, as windows count it.
  var wholeBytes: Int { total + Self.lengthsBytes }

  /// What a fragment makes of the assembly.
  enum Outcome {
    case complete(WireMessage)
    case partial(MessageAssembly)
  }

  /// Takes the first fragment: u32 total, u32 uncompressed length, bytes.
  static func start(_ fragment: ByteBuffer, codec: UInt8, more: Bool, limits: WireLimits) throws(StreamFault) -> Outcome {
    var fragment = fragment
    guard let (total, uncompressed) = fragment.readMultipleIntegers(as: (UInt32, UInt32).self) else {
      throw StreamFault(.malformed, "the first fragment of a message lacks its lengths")
    }
    try limits.requireCodec(codec)
    try limits.check(bytes: Int(total), plainBytes: Int(uncompressed), codec: codec)
    guard fragment.readableBytes <= Int(total), more == (fragment.readableBytes < Int(total)) else {
      throw StreamFault(.malformed, "the fragments of a message do not add up to its length")
    }
    if !more { return .complete(WireMessage(fragment, codec: codec, plainBytes: Int(uncompressed))) }
    // Room for all of it at once, so that it is not copied as it grows; bounded by what came, for the rest may never come.
    var bytes = ByteBufferAllocator().buffer(capacity: min(Int(total), 4 * fragment.readableBytes))
    bytes.writeInPieces(fragment, count: fragment.readableBytes)
    return .partial(
      MessageAssembly(message: WireMessage(bytes, codec: codec, plainBytes: Int(uncompressed)), total: Int(total)))
  }

  /// Takes a further fragment.
  consuming func add(_ fragment: ByteBuffer, codec: UInt8, more: Bool) throws(StreamFault) -> Outcome {
    let count = message.readableBytes + fragment.readableBytes
    guard codec == message.codec, count <= total, more == (count < total), fragment.readableBytes > 0
    else { throw StreamFault(.malformed, "the fragments of a message do not add up to its length") }
    message.bytes.writeInPieces(fragment, count: fragment.readableBytes)
    return more ? .partial(self) : .complete(message)
  }
}

internal import NIOCore

/// Puts the fragments of one message together. The first says how long the whole is, so a message over the limit is refused before
/// anything is allocated for it.
struct MessageAssembly: Sendable {
  /// The two length words before the first fragment's bytes.
  static let lengthsBytes = 8

  private var bytes: ByteBuffer
  private let total: Int
  let codec: UInt8

  /// What a fragment makes of the assembly.
  enum Outcome {
    case complete(ByteBuffer)
    case partial(MessageAssembly)
  }

  /// Takes the first fragment: u32 total, u32 uncompressed length, bytes.
  static func start(_ fragment: ByteBuffer, codec: UInt8, more: Bool, bytesMax: Int) throws(StreamFault) -> Outcome {
    var fragment = fragment
    guard let (total, uncompressed) = fragment.readMultipleIntegers(as: (UInt32, UInt32).self) else {
      throw StreamFault(.malformed, "the first fragment of a message lacks its lengths")
    }
    guard codec == 0 else { throw StreamFault(.codecUnsupported, "message codec \(codec) is not supported") }
    guard total == uncompressed else { throw StreamFault(.malformed, "an uncompressed message states two different lengths") }
    guard total <= bytesMax else {
      throw StreamFault(.messageTooLarge, "the message has \(total) bytes; at most \(bytesMax) are allowed")
    }
    guard fragment.readableBytes <= Int(total), more == (fragment.readableBytes < Int(total)) else {
      throw StreamFault(.malformed, "the fragments of a message do not add up to its length")
    }
    if !more { return .complete(fragment) }
    // Room for all of it at once, so that it is not copied as it grows; bounded by what came, for the rest may never come.
    var bytes = ByteBufferAllocator().buffer(capacity: min(Int(total), 4 * fragment.readableBytes))
    bytes.writeImmutableBuffer(fragment)
    return .partial(MessageAssembly(bytes: bytes, total: Int(total), codec: codec))
  }

  /// Takes a further fragment.
  consuming func add(_ fragment: ByteBuffer, codec: UInt8, more: Bool) throws(StreamFault) -> Outcome {
    guard codec == self.codec, bytes.readableBytes + fragment.readableBytes <= total,
      more == (bytes.readableBytes + fragment.readableBytes < total), fragment.readableBytes > 0
    else { throw StreamFault(.malformed, "the fragments of a message do not add up to its length") }
    bytes.writeImmutableBuffer(fragment)
    return more ? .partial(self) : .complete(bytes)
  }
}

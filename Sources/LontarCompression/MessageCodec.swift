package import NIOCore

/// How the bytes of a message are compressed; the raw value is the codec byte of a frame.
public enum MessageCodec: UInt8, Sendable, CaseIterable {
  /// RFC 1952, one member.
  case gzip = 1
  /// RFC 1950: deflate in zlib's envelope, which HTTP calls "deflate".
  case deflate = 2
  /// RFC 8878.
  case zstd = 3

  /// A message that shrinks further travels as it is: a receiver refuses to blow up what came by more than this.
  package static let ratioMax = 100

  /// The bits of HELLO's codec field: identity and all of these.
  package static func bits(_ codecs: some Sequence<MessageCodec>) -> UInt32 {
    codecs.reduce(1) { $0 | 1 << UInt32($1.rawValue) }
  }

  /// The compressed bytes; nil: nothing would be gained, or the receiver would take it for a bomb.
  package func compress(_ plain: ByteBuffer) -> ByteBuffer? {
    guard plain.readableBytes > 0 else { return nil }
    var compressed: ByteBuffer?
    switch self {
    case .gzip: compressed = Zlib.deflate(plain, .gzip)
    case .deflate: compressed = Zlib.deflate(plain, .zlib)
    case .zstd: compressed = Zstd.compress(plain)
    }
    guard let bytes = compressed?.readableBytes, bytes < plain.readableBytes, plain.readableBytes <= bytes * Self.ratioMax else {
      return nil
    }
    return compressed
  }

  /// The message again. It allocates `plainBytes`, whose limit is checked before.
  /// - Throws: `CompressionError` unless the bytes are one whole compressed message of just that length.
  package func inflate(_ compressed: ByteBuffer, plainBytes: Int) throws(CompressionError) -> ByteBuffer {
    switch self {
    case .gzip: try Zlib.inflate(compressed, plainBytes, .gzip)
    case .deflate: try Zlib.inflate(compressed, plainBytes, .zlib)
    case .zstd: try Zstd.inflate(compressed, plainBytes)
    }
  }
}

/// Compressed bytes are not what they say they are.
package struct CompressionError: Error, Sendable, Equatable, CustomStringConvertible {
  package let reason: String

  init(_ reason: String) {
    self.reason = reason
  }

  package var description: String { reason }
}

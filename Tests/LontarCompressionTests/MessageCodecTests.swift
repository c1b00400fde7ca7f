internal import NIOCore
internal import Testing

@testable internal import LontarCompression

/// Messages through zlib and Zstandard and back.
@Suite struct MessageCodecTests {
  /// So many bytes that shrink, but not a hundredfold.
  static func text(_ bytes: Int) -> ByteBuffer {
    var buffer = ByteBuffer()
    var number = 1
    while buffer.readableBytes < bytes {
      number = number * 48_271 % 2_147_483_647
      buffer.writeString("region \(number % 10_000) scored \(number % 500); ")
    }
    return buffer.getSlice(at: 0, length: bytes)!
  }

  @Test(arguments: MessageCodec.allCases, [100, 1_000, 65_536, 65_537, 4_194_304])
  func `a message comes back as it was, and shorter in between`(codec: MessageCodec, bytes: Int) throws {
    let compressed = try #require(codec.compress(Self.text(bytes)))
    #expect(compressed.readableBytes < bytes)
    #expect(try codec.inflate(compressed, plainBytes: bytes) == Self.text(bytes))
  }

  @Test(arguments: MessageCodec.allCases)
  func `what would not shrink, is empty, or would look like a bomb is not compressed`(codec: MessageCodec) {
    #expect(codec.compress(ByteBuffer()) == nil)
    #expect(codec.compress(ByteBuffer(string: "a")) == nil)
    var random = SystemRandomNumberGenerator()
    #expect(codec.compress(ByteBuffer(bytes: (0..<4_096).map { _ in UInt8.random(in: 0...255, using: &random) })) == nil)
    // A million zeros become some thousand bytes at most: more than a hundredfold.
    #expect(codec.compress(ByteBuffer(repeating: 0, count: 1_000_000)) == nil)
  }

  /// Written by other hands: python3's gzip and zlib, and the zstd command.
  static let foreign: [(MessageCodec, [UInt8])] = [
    (
      .gzip,
      [
        0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x4B, 0x4C, 0x24, 0x0E, 0x00, 0x00, 0x25, 0x8A, 0x5B, 0xC9,
        0x28, 0x00, 0x00, 0x00,
      ]
    ),
    (.deflate, [0x78, 0x9C, 0x4B, 0x4C, 0x24, 0x0E, 0x00, 0x00, 0x36, 0xEB, 0x0F, 0x29]),
    (
      .zstd,
      [
        0x28, 0xB5, 0x2F, 0xFD, 0x04, 0x58, 0x45, 0x00, 0x00, 0x10, 0x61, 0x61, 0x01, 0x00, 0x1F, 0x80, 0x05, 0x03, 0xEF, 0x11,
        0x31,
      ]
    ),
  ]

  @Test(arguments: foreign) func `forty times a is read as others write it`(codec: MessageCodec, bytes: [UInt8]) throws {
    #expect(try codec.inflate(ByteBuffer(bytes: bytes), plainBytes: 40) == ByteBuffer(repeating: 0x61, count: 40))
  }

  @Test(arguments: foreign, [0, 1, 39, 41, 4_000_000])
  func `a message that is longer or shorter than it says is refused`(foreign: (MessageCodec, [UInt8]), plainBytes: Int) {
    #expect(throws: CompressionError.self) { try foreign.0.inflate(ByteBuffer(bytes: foreign.1), plainBytes: plainBytes) }
  }

  @Test(arguments: foreign) func `no truncation and nothing behind the end is taken`(codec: MessageCodec, bytes: [UInt8]) {
    for length in 0..<bytes.count {
      #expect(throws: CompressionError.self) { try codec.inflate(ByteBuffer(bytes: bytes.prefix(length)), plainBytes: 40) }
    }
    #expect(throws: CompressionError.self) { try codec.inflate(ByteBuffer(bytes: bytes + [0]), plainBytes: 40) }
  }

  @Test(arguments: foreign) func `several in a row are not one message`(codec: MessageCodec, bytes: [UInt8]) {
    #expect(throws: CompressionError.self) { try codec.inflate(ByteBuffer(bytes: bytes + bytes), plainBytes: 80) }
  }

  /// Zstandard's "skippable frame": eight bytes that hold none.
  @Test func `a frame without data is no message`() {
    let empty: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 0, 0, 0, 0]
    #expect(throws: CompressionError.self) { try MessageCodec.zstd.inflate(ByteBuffer(bytes: empty), plainBytes: 0) }
  }

  /// gzip's time and system, for one, may differ without harm.
  @Test(arguments: foreign) func `no flipped bit gives another message`(codec: MessageCodec, bytes: [UInt8]) {
    for bit in 0..<bytes.count * 8 {
      var flipped = bytes
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      let inflated = try? codec.inflate(ByteBuffer(bytes: flipped), plainBytes: 40)
      #expect(inflated == nil || inflated == ByteBuffer(repeating: 0x61, count: 40))
    }
  }
}

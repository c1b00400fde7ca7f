internal import CZstd
internal import NIOCore

/// Zstandard, a message at a time.
enum Zstd {
  /// The library's own default.
  private static let level: Int32 = 3

  /// Nil only if Zstandard finds no memory.
  static func compress(_ plain: ByteBuffer) -> ByteBuffer? {
    let bound = ZSTD_compressBound(plain.readableBytes)
    return run(plain, roomBytes: bound) { target, source in
      ZSTD_compress(target.baseAddress, bound, source.baseAddress, source.count, level)
    }
  }

  static func inflate(_ compressed: ByteBuffer, _ plainBytes: Int) throws(CompressionError) -> ByteBuffer {
    let plain = run(compressed, roomBytes: plainBytes) { target, source in
      // The library would take several frames, and skip those that hold no data.
      guard ZSTD_findFrameCompressedSize(source.baseAddress, source.count) == source.count,
        source.loadUnaligned(as: UInt32.self).littleEndian == ZSTD_MAGICNUMBER
      else { return -1 }
      return ZSTD_decompress(target.baseAddress, plainBytes, source.baseAddress, source.count)
    }
    guard let plain, plain.readableBytes == plainBytes else {
      throw CompressionError("the bytes are no whole message of that length")
    }
    return plain
  }

  /// SAFETY: the library reads and writes only within the lengths that `step` hands it, and keeps no pointer.
  private static func run(
    _ input: ByteBuffer, roomBytes: Int, _ step: (UnsafeMutableRawBufferPointer, UnsafeRawBufferPointer) -> Int
  ) -> ByteBuffer? {
    var output = ByteBufferAllocator().buffer(capacity: max(1, roomBytes))
    let isWhole = input.withUnsafeReadableBytes { source in
      var isWhole = false
      output.writeWithUnsafeMutableBytes(minimumWritableBytes: max(1, roomBytes)) { target in
        let count = step(target, source)
        isWhole = ZSTD_isError(count) == 0
        return isWhole ? count : 0
      }
      return isWhole
    }
    return isWhole ? output : nil
  }
}

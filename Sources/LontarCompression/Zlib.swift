internal import CZlib
internal import NIOCore

/// zlib, a message at a time.
enum Zlib {
  /// How deflate's bytes are wrapped; the raw value is zlib's "window bits" for it, with the largest window of 32 kB.
  enum Envelope: Int32 {
    case zlib = 15
    case gzip = 31
  }

  /// Level 6 costs several times what level 1 does and saves a few per cent of what we send.
  private static let level: Int32 = 1

  /// Nil only if zlib finds no memory.
  static func deflate(_ plain: ByteBuffer, _ envelope: Envelope) -> ByteBuffer? {
    var stream = z_stream()
    guard lontar_deflate_init(&stream, level, envelope.rawValue) == Z_OK else { return nil }
    defer { deflateEnd(&stream) }
    let bound = Int(deflateBound(&stream, UInt(plain.readableBytes)))
    return try? run(&stream, plain, roomBytes: bound) { stream in
      CZlib.deflate(&stream, Z_FINISH) == Z_STREAM_END
    }
  }

  static func inflate(_ compressed: ByteBuffer, _ plainBytes: Int, _ envelope: Envelope) throws(CompressionError) -> ByteBuffer {
    var stream = z_stream()
    guard lontar_inflate_init(&stream, envelope.rawValue) == Z_OK else { throw CompressionError("zlib finds no memory") }
    defer { inflateEnd(&stream) }
    let plain = try run(&stream, compressed, roomBytes: plainBytes) { stream in
      CZlib.inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_in == 0
    }
    guard plain.readableBytes == plainBytes else { throw CompressionError("the message is shorter than it says") }
    return plain
  }

  /// Feeds all of `input` to zlib, which writes into a buffer of `roomBytes`.
  private static func run(
    _ stream: inout z_stream, _ input: ByteBuffer, roomBytes: Int, _ step: (inout z_stream) -> Bool
  ) throws(CompressionError) -> ByteBuffer {
    var output = ByteBufferAllocator().buffer(capacity: max(1, roomBytes))
    let isDone = input.withUnsafeReadableBytes { source in
      var isDone = false
      output.writeWithUnsafeMutableBytes(minimumWritableBytes: max(1, roomBytes)) { target in
        // SAFETY: zlib reads and writes only within the two lengths, and keeps neither pointer behind this call: `next_in` and
        // `next_out` are cleared, and both buffers live as long as the closures. zlib's input is not const by its history only.
        stream.next_in = UnsafeMutablePointer(mutating: source.bindMemory(to: UInt8.self).baseAddress)
        stream.avail_in = UInt32(source.count)
        stream.next_out = target.bindMemory(to: UInt8.self).baseAddress
        stream.avail_out = UInt32(roomBytes)
        isDone = step(&stream)
        defer { (stream.next_in, stream.next_out) = (nil, nil) }
        return roomBytes - Int(stream.avail_out)
      }
      return isDone
    }
    guard isDone else { throw CompressionError("the bytes are no whole message of that length: \(reason(stream))") }
    return output
  }

  private static func reason(_ stream: z_stream) -> String {
    stream.msg.map { String(cString: $0) } ?? "too short or too long"
  }
}

internal import NIOCore

extension ByteBuffer {
  /// Appends the `count` bytes that lie `offset` bytes behind the reader of `source`, a kilobyte at a time.
  ///
  /// C libraries copy what is longer than about 2 KiB with one instruction, `rep movsb`. Where source and target lie within a page at
  /// nearly the same place (the target 1 to 31 bytes further on, as a message in a batch does, behind its frame's header), processors of
  /// AMD's Zen 3 take twenty times as long for that as for the same bytes in smaller pieces: 9 us and not 0.4 for 16 KiB, which was a
  /// fifth of all that a server spent on a stream of long messages.
  ///
  /// SAFETY: `target` has room for `count` bytes, as asked for, and exactly those are written.
  mutating func writeInPieces(_ source: ByteBuffer, offset: Int = 0, count: Int) {
    guard count > 0 else { return }
    source.withUnsafeReadableBytes { source in
      let source = UnsafeRawBufferPointer(rebasing: source[offset..<offset + count])
      _ = writeWithUnsafeMutableBytes(minimumWritableBytes: count) { target in
        for start in stride(from: 0, to: count, by: 1_024) {
          let piece = UnsafeRawBufferPointer(rebasing: source[start..<min(start + 1_024, count)])
          UnsafeMutableRawBufferPointer(rebasing: target[start...]).copyMemory(from: piece)
        }
        return count
      }
    }
  }
}

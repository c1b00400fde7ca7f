internal import NIOCore

extension ByteBuffer {
  /// Empties the buffer for about `bytes` new bytes, in the old storage if that is free and of a fitting size.
  ///
  /// Storage more than four times too large is given back: a connection that goes from bulk to pings holds little again.
  mutating func reuse(forBytes bytes: Int, allocator: ByteBufferAllocator) {
    if storageCapacity > 4 * Swift.max(bytes, 1_024) {
      self = allocator.buffer(capacity: bytes)
    } else {
      clear(minimumCapacity: bytes)
    }
  }
}

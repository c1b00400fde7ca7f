internal import NIOCore

/// Plaintext between two flushes. One buffer is passed on as it is; a second one makes both be copied into one, so that many small
/// frames become few TLS records and one write.
struct WriteBatch {
  /// Three full records: their ciphertext fits a 64 KiB allocation.
  static let bytesMax = 3 * TLSSession.recordPlaintextBytesMax

  struct Taken {
    let data: ByteBuffer
    let promise: EventLoopPromise<Void>?
    fileprivate let isCopy: Bool
  }

  private var staged = ByteBuffer()
  private var isCopy = false
  private var promise: EventLoopPromise<Void>?
  /// The storage for copies, kept from batch to batch.
  private var scratch = ByteBuffer()
  private var lastCopyBytes = 0

  var isEmpty: Bool { staged.readableBytes == 0 && promise == nil }

  var isFull: Bool { staged.readableBytes >= Self.bytesMax }

  func hasRoom(for data: ByteBuffer) -> Bool {
    staged.readableBytes == 0 || staged.readableBytes + data.readableBytes <= Self.bytesMax
  }

  mutating func append(_ data: ByteBuffer, promise: EventLoopPromise<Void>?, allocator: ByteBufferAllocator) {
    if promise != nil { self.promise.setOrCascade(to: promise) }
    if staged.readableBytes == 0 {
      staged = data
      return
    }
    if !isCopy { startCopy(roomFor: data.readableBytes, allocator: allocator) }
    staged.writeImmutableBuffer(data)
  }

  /// Everything staged and the promise for it. Hand it back with `recycle` when it is encrypted.
  mutating func take() -> Taken {
    let taken = Taken(data: staged, promise: promise, isCopy: isCopy)
    staged = ByteBuffer()
    isCopy = false
    promise = nil
    return taken
  }

  mutating func recycle(_ taken: Taken) {
    guard taken.isCopy, !isCopy else { return }
    lastCopyBytes = taken.data.writerIndex
    scratch = taken.data
  }

  private mutating func startCopy(roomFor bytes: Int, allocator: ByteBufferAllocator) {
    let first = staged
    staged = scratch
    scratch = ByteBuffer()
    staged.reuse(forBytes: max(first.readableBytes + bytes, lastCopyBytes), allocator: allocator)
    staged.writeImmutableBuffer(first)
    isCopy = true
  }
}

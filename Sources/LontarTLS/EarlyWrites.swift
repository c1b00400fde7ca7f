internal import NIOCore

/// Plaintext written before the handshake ended, in order, with the place of the last flush, up to a number of bytes.
struct EarlyWrites {
  struct Entry {
    let data: ByteBuffer
    let promise: EventLoopPromise<Void>?
  }

  let bytesMax: Int
  private var entries = MarkedCircularBuffer<Entry>(initialCapacity: 4)
  private var bytes = 0

  init(bytesMax: Int) {
    self.bytesMax = bytesMax
  }

  /// False if `data` does not fit; it is then not in the queue and its promise is the caller's.
  mutating func append(_ data: ByteBuffer, promise: EventLoopPromise<Void>?) -> Bool {
    guard data.readableBytes <= bytesMax - bytes else { return false }
    bytes += data.readableBytes
    entries.append(Entry(data: data, promise: promise))
    return true
  }

  mutating func markFlush() {
    entries.mark()
  }

  /// The oldest entry, and whether a flush follows it.
  mutating func removeFirst() -> (entry: Entry, endsFlush: Bool)? {
    guard !entries.isEmpty else { return nil }
    let endsFlush = entries.markedElementIndex == entries.startIndex
    let entry = entries.removeFirst()
    bytes -= entry.data.readableBytes
    return (entry, endsFlush)
  }
}

internal import COpenSSL
internal import NIOCore

/// OpenSSL's socket: a BIO that reads ciphertext from one ByteBuffer and writes it to another.
///
/// A memory BIO would do the same with one more copy each way. Always writable; empty for reading means "try again", never the end:
/// the end of a stream is the state machine's business.
///
/// Ownership: the `BIO` belongs to the `SSL` it is given to and points here without a reference. `TLSSession` owns both and frees
/// the `SSL` first.
///
/// Its buffers, and what `TLSSession` and `TLSHandler` keep beside them, are exempted from the checks of exclusive access, which cost a
/// fortieth of a small call's instructions: all of it is confined to one event loop, and nobody else's code runs while any of it is being changed.
final class ByteBufferBIO {
  @exclusivity(unchecked) private(set) var inbound = ByteBuffer()
  @exclusivity(unchecked) private var outbound = ByteBuffer()
  private let allocator: ByteBufferAllocator
  /// Ciphertext bytes that OpenSSL has taken in all, for the size of the next plaintext read.
  @exclusivity(unchecked) private(set) var takenBytes = 0

  init(allocator: ByteBufferAllocator) {
    self.allocator = allocator
  }

  // MARK: The handler's side

  var inboundBytes: Int { inbound.readableBytes }

  func receive(_ ciphertext: ByteBuffer) {
    if inbound.readableBytes == 0 {
      inbound = ciphertext
    } else {
      inbound.writeImmutableBuffer(ciphertext)
    }
  }

  /// Lets go of a receive buffer that has been read to its end, so that the channel can use it again.
  func releaseInbound() {
    if inbound.readableBytes == 0 { inbound = ByteBuffer() }
  }

  /// Room for what OpenSSL is about to write, so that it is not copied while the buffer grows.
  func prepareOutbound(bytes: Int) {
    if outbound.readableBytes == 0 {
      outbound.reuse(forBytes: bytes, allocator: allocator)
    } else {
      outbound.reserveCapacity(minimumWritableBytes: bytes)
    }
  }

  /// The ciphertext written since the last call, nil if there is none.
  func takeOutbound() -> ByteBuffer? {
    guard outbound.readableBytes > 0 else { return nil }
    defer { outbound.moveReaderIndex(to: outbound.writerIndex) }
    return outbound
  }

  // MARK: OpenSSL's side

  /// A BIO for `SSL_set_bio`, which takes it over.
  func makeBIO() -> OpaquePointer? {
    guard let bio = BIO_new(Self.method) else { return nil }
    // SAFETY: see "Ownership" above.
    BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
    BIO_set_init(bio, 1)
    return bio
  }

  private func read(into target: UnsafeMutableRawPointer, atMost count: Int) -> Int {
    // SAFETY: `target` holds `count` bytes by BIO_read's contract, and no more than those are copied.
    let taken = inbound.readWithUnsafeReadableBytes { source in
      let taken = min(count, source.count)
      if taken > 0 { target.copyMemory(from: source.baseAddress!, byteCount: taken) }
      return taken
    }
    takenBytes &+= taken
    return taken
  }

  private func write(_ bytes: UnsafeRawBufferPointer) {
    outbound.writeBytes(bytes)
  }

  /// OpenSSL asks a dozen questions about each record, nearly all of them about what only sockets can do: those are answered without a
  /// look at the buffers.
  private static func control(_ bio: OpaquePointer?, _ command: Int32) -> Int {
    guard command == BIO_CTRL_PENDING || command == BIO_CTRL_WPENDING, let data = BIO_get_data(bio) else {
      return command == BIO_CTRL_FLUSH ? 1 : 0
    }
    let buffers = Unmanaged<ByteBufferBIO>.fromOpaque(data).takeUnretainedValue()
    return command == BIO_CTRL_PENDING ? buffers.inbound.readableBytes : buffers.outbound.readableBytes
  }

  /// SAFETY: filled once, never changed or freed; OpenSSL only reads it.
  private nonisolated(unsafe) static let method: OpaquePointer = {
    guard let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "ByteBuffer") else {
      fatalError("OpenSSL has no memory for a BIO method")
    }
    BIO_meth_set_read_ex(method) { bio, target, count, readCount in
      lontar_bio_clear_retry(bio)
      guard let target, let data = BIO_get_data(bio) else { return 0 }
      let taken = Unmanaged<ByteBufferBIO>.fromOpaque(data).takeUnretainedValue().read(into: target, atMost: count)
      readCount?.pointee = taken
      if taken > 0 { return 1 }
      lontar_bio_set_retry_read(bio)
      return 0
    }
    BIO_meth_set_write_ex(method) { bio, source, count, writtenCount in
      lontar_bio_clear_retry(bio)
      guard let data = BIO_get_data(bio) else { return 0 }
      Unmanaged<ByteBufferBIO>.fromOpaque(data).takeUnretainedValue().write(UnsafeRawBufferPointer(start: source, count: count))
      writtenCount?.pointee = count
      return 1
    }
    BIO_meth_set_ctrl(method) { bio, command, _, _ in control(bio, command) }
    return method
  }()
}

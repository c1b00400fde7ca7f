internal import LontarCompression
internal import LontarWire
internal import NIOCore
internal import SwiftProtobuf

/// A ByteBuffer as swift-protobuf's bag of bytes, so that messages are read from and written to buffers without a copy between.
struct MessageBytes: SwiftProtobufContiguousBytes {
  var buffer: ByteBuffer

  init(_ buffer: ByteBuffer) {
    self.buffer = buffer
  }

  /// For swift-protobuf, which asks for zeros and then writes each of these bytes: they are not filled here.
  ///
  /// SAFETY: nobody reads them before that, since `serializedBytes` returns only what it has filled to the last byte.
  init(repeating byte: UInt8, count: Int) {
    buffer = ByteBufferAllocator().buffer(capacity: count)
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { _ in count }
  }

  init(_ sequence: some Sequence<UInt8>) {
    buffer = ByteBuffer(bytes: sequence)
  }

  var count: Int { buffer.readableBytes }

  func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try buffer.withUnsafeReadableBytes(body)
  }

  mutating func withUnsafeMutableBytes<R>(_ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R {
    try buffer.withUnsafeMutableReadableBytes(body)
  }
}

extension Message {
  init(lontarBytes buffer: ByteBuffer) throws {
    try self.init(serializedBytes: MessageBytes(buffer))
  }

  func lontarBytes() throws -> ByteBuffer {
    let bytes: MessageBytes = try serializedBytes()
    return bytes.buffer
  }
}

extension WireMessage {
  /// Work on messages longer than this leaves the event loop: other calls must not wait for it.
  fileprivate static let largeBytes = 64 * 1024

  /// The message's bytes, inflated if it came compressed.
  /// - Throws: `CompressionError`
  func plain() async throws -> ByteBuffer {
    if codec == 0 { return bytes }
    guard let codec = MessageCodec(rawValue: codec) else { preconditionFailure("the wire takes no codec that we don't have") }
    return plainBytes > Self.largeBytes ? try await inflatedElsewhere(codec) : try inflated(codec)
  }

  /// The same at once; nil: it is long, or malformed.
  var plainIfSmall: ByteBuffer? {
    guard plainBytes <= Self.largeBytes else { return nil }
    return codec == 0 ? bytes : MessageCodec(rawValue: codec).flatMap { try? inflated($0) }
  }

  private func inflated(_ codec: MessageCodec) throws(CompressionError) -> ByteBuffer {
    try codec.inflate(bytes, plainBytes: Int(plainBytes))
  }

  @concurrent private func inflatedElsewhere(_ codec: MessageCodec) async throws -> ByteBuffer {
    try await withTaskExecutorPreference(globalConcurrentExecutor) { try inflated(codec) }
  }
}

extension ByteBuffer {
  /// The message to send; as it is if compressing gains nothing.
  func wireMessage(_ codec: MessageCodec?) async -> WireMessage {
    guard let codec else { return WireMessage(self) }
    return readableBytes > WireMessage.largeBytes ? await compressedElsewhere(codec) : compressed(codec)
  }

  private func compressed(_ codec: MessageCodec) -> WireMessage {
    guard let compressed = codec.compress(self) else { return WireMessage(self) }
    return WireMessage(compressed, codec: codec.rawValue, plainBytes: readableBytes)
  }

  @concurrent private func compressedElsewhere(_ codec: MessageCodec) async -> WireMessage {
    await withTaskExecutorPreference(globalConcurrentExecutor) { compressed(codec) }
  }
}

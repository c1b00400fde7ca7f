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

internal import NIOCore

/// Metadata as it travels: u16 count, then per entry u8 key length, key, u16 value length, value.
///
/// The block is checked when it is decoded and taken apart only when somebody looks. Keys are `[0-9a-z_.-]{1,64}`; values are any bytes.
package struct MetadataBlock: Sendable, Equatable {
  package let count: Int
  /// The entries without the count.
  let entries: ByteBuffer

  package static let empty = MetadataBlock(count: 0, entries: ByteBuffer())

  private init(count: Int, entries: ByteBuffer) {
    self.count = count
    self.entries = entries
  }

  /// Encodes entries.
  /// - Throws: `StreamFault` that names the key or the limit.
  package init(_ pairs: some Collection<(key: String, value: [UInt8])>, limits: WireLimits) throws(StreamFault) {
    guard pairs.count <= limits.metadataEntriesMax else {
      throw StreamFault(.malformed, "metadata has \(pairs.count) entries; at most \(limits.metadataEntriesMax) are allowed")
    }
    var buffer = ByteBuffer()
    for (key, value) in pairs {
      guard !key.isEmpty, key.utf8.count <= 64, key.utf8.allSatisfy(Self.isKeyByte) else {
        throw StreamFault(.malformed, "metadata key \"\(key)\" is not of the form [0-9a-z_.-]{1,64}")
      }
      guard value.count <= 4096 else {
        throw StreamFault(.malformed, "the value of metadata key \"\(key)\" is longer than 4,096 bytes")
      }
      buffer.writeInteger(UInt8(key.utf8.count))
      buffer.writeString(key)
      buffer.writeInteger(UInt16(value.count))
      buffer.writeBytes(value)
    }
    guard buffer.readableBytes <= limits.metadataBytesMax else {
      throw StreamFault(.malformed, "metadata has \(buffer.readableBytes) bytes; at most \(limits.metadataBytesMax) are allowed")
    }
    self.init(count: pairs.count, entries: buffer)
  }

  /// The same in storage of its own.
  package func compacted() -> MetadataBlock {
    isEmpty ? .empty : MetadataBlock(count: count, entries: ByteBuffer(bytes: entries.readableBytesView))
  }

  package var isEmpty: Bool { count == 0 }
  var encodedBytes: Int { 2 + entries.readableBytes }

  func write(to buffer: inout ByteBuffer) {
    buffer.writeInteger(UInt16(count))
    buffer.writeImmutableBuffer(entries)
  }

  /// Takes a block off the front of `buffer` and checks it.
  static func read(from buffer: inout ByteBuffer, limits: WireLimits) throws(WireError) -> MetadataBlock {
    guard let count = buffer.readInteger(as: UInt16.self) else { throw truncated }
    guard count <= limits.metadataEntriesMax else {
      throw WireError(.protocolError, "metadata has \(count) entries; at most \(limits.metadataEntriesMax) are allowed")
    }
    let start = buffer
    for _ in 0..<count {
      guard let keyBytes = buffer.readInteger(as: UInt8.self), keyBytes >= 1, keyBytes <= 64,
        let key = buffer.readSlice(length: Int(keyBytes)), key.readableBytesView.allSatisfy(isKeyByte)
      else { throw WireError(.protocolError, "a metadata key is not of the form [0-9a-z_.-]{1,64}") }
      guard let valueBytes = buffer.readInteger(as: UInt16.self), valueBytes <= 4096,
        buffer.readSlice(length: Int(valueBytes)) != nil
      else { throw truncated }
    }
    let bytes = start.readableBytes - buffer.readableBytes
    guard bytes <= limits.metadataBytesMax else {
      throw WireError(.protocolError, "metadata has \(bytes) bytes; at most \(limits.metadataBytesMax) are allowed")
    }
    return MetadataBlock(count: Int(count), entries: start.getSlice(at: start.readerIndex, length: bytes)!)
  }

  /// Calls `body` for each entry in order.
  package func forEach(_ body: (_ key: String, _ value: [UInt8]) -> Void) {
    var buffer = entries
    while let keyBytes = buffer.readInteger(as: UInt8.self),
      let key = buffer.readString(length: Int(keyBytes)),
      let valueBytes = buffer.readInteger(as: UInt16.self),
      let value = buffer.readBytes(length: Int(valueBytes))
    {
      body(key, value)
    }
  }

  private static let truncated = WireError(.protocolError, "a metadata block is cut short")

  static func isKeyByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."): true
    default: false
    }
  }
}

public import SwiftProtobuf

/// A message of which nothing is known but its bytes: for programs that learn the types of a call only while they run.
///
/// With `Method<RawMessage, RawMessage>` all four kinds of calls carry bytes. Their outer form is checked in both directions: tags,
/// lengths and varints must be protobuf's.
public struct RawMessage: Sendable {
  public var unknownFields = UnknownStorage()

  public init() {}

  /// - Throws: `BinaryDecodingError` for bytes that are no message of any type.
  public init(_ bytes: [UInt8]) throws {
    try self.init(serializedBytes: bytes)
  }

  /// The message in protobuf's wire form.
  public var bytes: [UInt8] { Array(unknownFields.data) }
}

extension RawMessage: Message, _MessageImplementationBase {
  public static let protoMessageName = "bytes"

  public mutating func decodeMessage<D: Decoder>(decoder: inout D) throws {
    // No field is known: each is kept as it came.
    while try decoder.nextFieldNumber() != nil {}
  }

  public func traverse<V: Visitor>(visitor: inout V) throws {
    try unknownFields.traverse(visitor: &visitor)
  }
}

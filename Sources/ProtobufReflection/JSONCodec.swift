/// JSON to messages and back by their descriptors, after protobuf's JSON mapping, without compiled-in types.
///
/// Reading: fields by their JSON name or the name of the .proto file; unknown fields, two members of a oneof, numbers out of range and
/// null in lists are refused. Writing: JSON names, 64-bit integers as texts, bytes as Base64, enums by name, fields in the order of their
/// numbers; unknown fields are left out.
package struct JSONCodec: Sendable {
  package static let depthMax = 100

  package let pool: DescriptorPool
  /// Writes fields that have their default value, too, as far as they can't be absent.
  package var writesDefaults = false

  package init(_ pool: DescriptorPool) {
    self.pool = pool
  }

  /// - Parameter type: full name.
  /// - Throws: `UNKNOWN_TYPE`, and what the text lacks, with the path of the field.
  package func bytes(_ json: JSONValue, as type: String) throws(CodecFault) -> [UInt8] {
    try bytes(json, try message(type), depth: 1)
  }

  package func json(_ bytes: [UInt8], as type: String) throws(CodecFault) -> JSONValue {
    try json(bytes[...], try message(type), depth: 1)
  }

  func message(_ name: String) throws(CodecFault) -> MessageType {
    guard let type = pool.messages[name] else { throw CodecFault(.unknownType, ["type": name]) }
    return type
  }

  func checkDepth(_ depth: Int) throws(CodecFault) {
    guard depth <= Self.depthMax else { throw CodecFault(.tooDeep, ["max": "\(Self.depthMax)"]) }
  }
}

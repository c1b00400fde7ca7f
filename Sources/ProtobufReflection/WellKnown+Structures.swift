/// `google.protobuf.Struct`, `Value`, `ListValue` and `Any`, with the field numbers of struct.proto and any.proto.
extension JSONCodec {
  func structBytes(_ json: JSONValue, depth: Int) throws(CodecFault) -> [UInt8] {
    try checkDepth(depth)
    guard case .object(let members) = json else { throw Self.expected("an object", json) }
    var writer = WireWriter()
    for member in members {
      var entry = WireWriter()
      entry.write(1, Array(member.name.utf8))
      do throws(CodecFault) {
        entry.write(2, try valueBytes(member.value, depth: depth + 1))
      } catch {
        throw error.inside(member.name)
      }
      writer.write(1, entry.bytes)
    }
    return writer.bytes
  }

  func listBytes(_ json: JSONValue, depth: Int) throws(CodecFault) -> [UInt8] {
    try checkDepth(depth)
    guard case .list(let elements) = json else { throw Self.expected("a list", json) }
    var writer = WireWriter()
    for (index, element) in elements.enumerated() {
      do throws(CodecFault) {
        writer.write(1, try valueBytes(element, depth: depth + 1))
      } catch {
        throw error.inside("[\(index)]")
      }
    }
    return writer.bytes
  }

  func valueBytes(_ json: JSONValue, depth: Int) throws(CodecFault) -> [UInt8] {
    var writer = WireWriter()
    switch json {
    case .null: writer.write(1, .varint(0))
    case .number: writer.write(2, .fixed64(try Numbers.double(json).bitPattern))
    case .text(let text): writer.write(3, Array(text.utf8))
    case .bool(let flag): writer.write(4, .varint(flag ? 1 : 0))
    case .object: writer.write(5, try structBytes(json, depth: depth + 1))
    case .list: writer.write(6, try listBytes(json, depth: depth + 1))
    }
    return writer.bytes
  }

  func structJSON(_ content: MessageContent, _ type: MessageType, depth: Int) throws(CodecFault) -> JSONValue {
    guard let fields = type.field(1) else { return .object([]) }
    let members = try members(content, type, depth: depth)
    return members.first { $0.name == fields.jsonName }?.value ?? .object([])
  }

  func listJSON(_ content: MessageContent, _ type: MessageType, depth: Int) throws(CodecFault) -> JSONValue {
    guard let values = type.field(1) else { return .list([]) }
    let members = try members(content, type, depth: depth)
    return members.first { $0.name == values.jsonName }?.value ?? .list([])
  }

  /// - Throws: `MESSAGE_MALFORMED` for a value of no kind and for numbers that JSON does not have.
  func valueJSON(_ content: MessageContent, _ type: MessageType, depth: Int) throws(CodecFault) -> JSONValue {
    let members = try members(content, type, depth: depth)
    guard let value = members.first?.value else {
      throw CodecFault(.messageMalformed, ["what": "a \(type.name) without a value"])
    }
    if members[0].name == type.field(2)?.jsonName, case .text = value {
      throw CodecFault(.messageMalformed, ["what": "a \(type.name) with a number that JSON does not have"])
    }
    return value
  }

  // MARK: Any

  private static let typeMember = "@type"

  func anyBytes(_ json: JSONValue, depth: Int) throws(CodecFault) -> [UInt8] {
    guard case .object(var members) = json else { throw Self.expected("an object", json) }
    if members.isEmpty { return [] }
    guard let place = members.firstIndex(where: { $0.name == Self.typeMember }), case .text(let url) = members[place].value else {
      throw Self.malformed("", "an object with its type in \"\(Self.typeMember)\"")
    }
    members.remove(at: place)
    let type = try message(Self.typeName(url))
    var content: [UInt8]
    if WellKnown(rawValue: type.name) != nil {
      guard members.count == 1, members[0].name == "value" else {
        throw Self.malformed(type.name, "an object with \"\(Self.typeMember)\" and \"value\"")
      }
      do throws(CodecFault) {
        content = try bytes(members[0].value, type, depth: depth + 1)
      } catch {
        throw error.inside("value")
      }
    } else {
      try checkDepth(depth + 1)
      content = try bytes(members, type, depth: depth + 1)
    }
    var writer = WireWriter()
    writer.write(1, Array(url.utf8))
    if !content.isEmpty { writer.write(2, content) }
    return writer.bytes
  }

  /// Of a type that is not known here the bytes are shown, so that the rest of the message can be.
  func anyJSON(_ content: MessageContent, _ type: MessageType, depth: Int) throws(CodecFault) -> JSONValue {
    var url = ""
    var bytes: ArraySlice<UInt8> = []
    if let field = type.field(1), case .bytes(let text)? = content.value(field) { url = try Self.string(text) }
    if let field = type.field(2), case .bytes(let value)? = content.value(field) { bytes = value }
    if url.isEmpty, bytes.isEmpty { return .object([]) }
    let head = JSONValue.Member(Self.typeMember, .text(url))
    guard let inner = pool.messages[Self.typeName(url)] else {
      return .object([head, .init("@unknown", .text(Base64Text.encode(bytes)))])
    }
    let value = try json(bytes, inner, depth: depth + 1)
    if WellKnown(rawValue: inner.name) == nil, case .object(let members) = value { return .object([head] + members) }
    return .object([head, .init("value", value)])
  }

  private static func typeName(_ url: String) -> String {
    url.lastIndex(of: "/").map { String(url[url.index(after: $0)...]) } ?? url
  }
}

/// Reading JSON.
extension JSONCodec {
  func bytes(_ json: JSONValue, _ type: MessageType, depth: Int) throws(CodecFault) -> [UInt8] {
    try checkDepth(depth)
    if let known = WellKnown(rawValue: type.name) { return try wellKnownBytes(json, known, type, depth: depth) }
    guard case .object(let members) = json else { throw Self.expected("an object", json) }
    return try bytes(members, type, depth: depth)
  }

  func bytes(_ members: [JSONValue.Member], _ type: MessageType, depth: Int) throws(CodecFault) -> [UInt8] {
    var parts: [Int32: [UInt8]] = [:]
    var oneofs: [String: String] = [:]
    var seen: Set<Int32> = []
    for member in members {
      guard let field = type.field(named: member.name) else { throw unknownField(member.name, type) }
      guard seen.insert(field.number).inserted else { throw CodecFault(.duplicateField, ["name": member.name]) }
      if member.value == .null, field.isRepeated || !takesNull(field) { continue }
      if let oneof = field.oneof {
        if let other = oneofs.updateValue(member.name, forKey: oneof) {
          throw CodecFault(.oneofConflict, ["name": member.name, "other": other, "oneof": oneof])
        }
      }
      do throws(CodecFault) {
        parts[field.number] = try bytes(of: field, member.value, depth: depth)
      } catch {
        throw error.inside(member.name)
      }
    }
    return type.fields.flatMap { parts[$0.number] ?? [] }
  }

  private func unknownField(_ name: String, _ type: MessageType) -> CodecFault {
    let near = NearNames.of(name, among: Set(type.fields.flatMap { [$0.name, $0.jsonName] }))
    return CodecFault(.unknownField, ["name": name, "type": type.name, "near": near.joined(separator: ", ")])
  }

  /// null is a value of these types, not an absence.
  private func takesNull(_ field: FieldType) -> Bool {
    field.kind == .message(WellKnown.value.rawValue) || field.kind == .enumeration(WellKnown.nullValue)
  }

  private func bytes(of field: FieldType, _ json: JSONValue, depth: Int) throws(CodecFault) -> [UInt8] {
    if let (key, value) = pool.mapEntry(field) { return try mapBytes(field, key, value, json, depth: depth) }
    var writer = WireWriter()
    guard field.isRepeated else {
      let value = try wireValue(json, field, depth: depth)
      if field.hasPresence || !field.kind.isDefault(value) { writer.write(field.number, value) }
      return writer.bytes
    }
    guard case .list(let elements) = json else { throw Self.expected("a list", json) }
    var packed = WireWriter()
    for (index, element) in elements.enumerated() {
      do throws(CodecFault) {
        if element == .null, !takesNull(field) { throw CodecFault(.nullElement) }
        let value = try wireValue(element, field, depth: depth)
        if field.isPacked { packed.writeUntagged(value) } else { writer.write(field.number, value) }
      } catch {
        throw error.inside("[\(index)]")
      }
    }
    if field.isPacked, !packed.bytes.isEmpty { writer.write(field.number, packed.bytes) }
    return writer.bytes
  }

  private func mapBytes(
    _ field: FieldType, _ key: FieldType, _ value: FieldType, _ json: JSONValue, depth: Int
  ) throws(CodecFault) -> [UInt8] {
    guard case .object(let members) = json else { throw Self.expected("an object", json) }
    var writer = WireWriter()
    var keys: Set<[UInt8]> = []
    for member in members {
      do throws(CodecFault) {
        if member.value == .null, !takesNull(value) { throw CodecFault(.nullElement) }
        var entry = WireWriter()
        entry.write(1, try keyValue(member.name, key))
        guard keys.insert(entry.bytes).inserted else { throw CodecFault(.duplicateField, ["name": member.name]) }
        entry.write(2, try wireValue(member.value, value, depth: depth))
        writer.write(field.number, entry.bytes)
      } catch {
        throw error.inside("[\"\(member.name)\"]")
      }
    }
    return writer.bytes
  }

  /// The keys of an object are texts, whatever they stand for.
  private func keyValue(_ text: String, _ key: FieldType) throws(CodecFault) -> WireValue {
    guard key.kind == .bool else { return try scalar(.text(text), key.kind) }
    guard text == "true" || text == "false" else {
      throw CodecFault(.malformedValue, ["value": text, "expected": "true or false"])
    }
    return .varint(text == "true" ? 1 : 0)
  }

  private func wireValue(_ json: JSONValue, _ field: FieldType, depth: Int) throws(CodecFault) -> WireValue {
    switch field.kind {
    case .message(let name): .bytes(try bytes(json, try message(name), depth: depth + 1)[...])
    case .enumeration(let name): .varint(UInt64(bitPattern: Int64(try enumNumber(json, name))))
    case .group(let name): throw CodecFault(.unknownType, ["type": name])
    default: try scalar(json, field.kind)
    }
  }

  private func enumNumber(_ json: JSONValue, _ name: String) throws(CodecFault) -> Int32 {
    switch json {
    case .null where name == WellKnown.nullValue: return 0
    case .number: return Int32(try Numbers.integer(json, in: Int64(Int32.min)...Int64(Int32.max), "an enum's number"))
    case .text(let word):
      guard let type = pool.enums[name] else { throw CodecFault(.unknownType, ["type": name]) }
      if let number = type.number(of: word) { return number }
      let near = NearNames.of(word, among: type.values.map(\.name))
      throw CodecFault(.unknownEnumValue, ["value": word, "type": name, "near": near.joined(separator: ", ")])
    default: throw Self.expected("the name or number of a value of \(name)", json)
    }
  }

  /// Every kind but messages and enums.
  func scalar(_ json: JSONValue, _ kind: FieldType.Kind) throws(CodecFault) -> WireValue {
    switch kind {
    case .double: return .fixed64(try Numbers.double(json).bitPattern)
    case .float: return .fixed32(try Numbers.float(json).bitPattern)
    case .int32: return .varint(UInt64(bitPattern: Int64(try Numbers.int32(json, kind))))
    case .int64: return .varint(UInt64(bitPattern: try Numbers.int64(json, kind)))
    case .uint32: return .varint(UInt64(try Numbers.uint32(json, kind)))
    case .uint64: return .varint(try Numbers.uint64(json, kind))
    case .sint32:
      let number = try Numbers.int32(json, kind)
      return .varint(UInt64(UInt32(bitPattern: number << 1 ^ number >> 31)))
    case .sint64:
      let number = try Numbers.int64(json, kind)
      return .varint(UInt64(bitPattern: number << 1 ^ number >> 63))
    case .fixed32: return .fixed32(try Numbers.uint32(json, kind))
    case .fixed64: return .fixed64(try Numbers.uint64(json, kind))
    case .sfixed32: return .fixed32(UInt32(bitPattern: try Numbers.int32(json, kind)))
    case .sfixed64: return .fixed64(UInt64(bitPattern: try Numbers.int64(json, kind)))
    case .bool:
      guard case .bool(let flag) = json else { throw Self.expected("true or false", json) }
      return .varint(flag ? 1 : 0)
    case .string: return .bytes(Array(try Self.text(json).utf8)[...])
    case .bytes:
      let text = try Self.text(json)
      guard let bytes = Base64Text.decode(text) else {
        throw CodecFault(.malformedValue, ["value": String(text.prefix(40)), "expected": "Base64"])
      }
      return .bytes(bytes[...])
    case .message(let name), .enumeration(let name), .group(let name): throw CodecFault(.unknownType, ["type": name])
    }
  }

  static func text(_ json: JSONValue) throws(CodecFault) -> String {
    guard case .text(let text) = json else { throw expected("a text", json) }
    return text
  }

  static func expected(_ what: String, _ found: JSONValue) -> CodecFault {
    CodecFault(.wrongType, ["expected": what, "found": found.kind])
  }
}

extension FieldType.Kind {
  /// A varint of these may have more bits, which do not count.
  private var is32Bit: Bool {
    switch self {
    case .int32, .uint32, .sint32, .enumeration: true
    default: false
    }
  }

  /// Left out of a message unless its absence would be told apart.
  func isDefault(_ value: WireValue) -> Bool {
    switch value {
    case .varint(let number): is32Bit ? UInt32(truncatingIfNeeded: number) == 0 : number == 0
    case .fixed64(let number): number == 0
    case .fixed32(let number): number == 0
    case .bytes(let content):
      if case .message = self { false } else { content.isEmpty }
    }
  }
}

/// Writing JSON.
extension JSONCodec {
  func json(_ bytes: ArraySlice<UInt8>, _ type: MessageType, depth: Int) throws(CodecFault) -> JSONValue {
    try checkDepth(depth)
    let content = try MessageContent(bytes, type)
    if let known = WellKnown(rawValue: type.name) { return try wellKnownJSON(content, known, type, depth: depth) }
    return .object(try members(content, type, depth: depth))
  }

  func members(_ content: MessageContent, _ type: MessageType, depth: Int) throws(CodecFault) -> [JSONValue.Member] {
    var members: [JSONValue.Member] = []
    for field in type.fields {
      do throws(CodecFault) {
        if let value = try json(of: field, content, depth: depth) { members.append(.init(field.jsonName, value)) }
      } catch {
        throw error.inside(field.jsonName)
      }
    }
    return members
  }

  /// nil: the field is left out.
  private func json(of field: FieldType, _ content: MessageContent, depth: Int) throws(CodecFault) -> JSONValue? {
    if let (key, value) = pool.mapEntry(field) { return try mapJSON(field, key, value, content, depth: depth) }
    if field.isRepeated {
      var elements: [JSONValue] = []
      for value in try content.elements(field) { elements.append(try json(value, field, depth: depth)) }
      return elements.isEmpty && !writesDefaults ? nil : .list(elements)
    }
    if let value = content.value(field) {
      if !field.hasPresence, !writesDefaults, field.kind.isDefault(value) { return nil }
      return try json(value, field, depth: depth)
    }
    guard writesDefaults, !field.hasPresence, let value = field.kind.defaultValue else { return nil }
    return try json(value, field, depth: depth)
  }

  private func mapJSON(
    _ field: FieldType, _ key: FieldType, _ value: FieldType, _ content: MessageContent, depth: Int
  ) throws(CodecFault) -> JSONValue? {
    var members: [JSONValue.Member] = []
    var places: [[UInt8]: Int] = [:]
    let entryType = MessageType(mapEntry: key, value)
    for case .bytes(let bytes) in content.values(field) {
      let entry = try MessageContent(bytes, entryType)
      let name = try keyText(try json(entry.value(key) ?? key.kind.defaultValue ?? .varint(0), key, depth: depth))
      let json = try json(entry.value(value) ?? value.kind.defaultValue ?? .bytes([]), value, depth: depth)
      let nameBytes = Array(name.utf8)
      if let place = places[nameBytes] {
        members[place].value = json
      } else {
        places[nameBytes] = members.count
        members.append(.init(name, json))
      }
    }
    return members.isEmpty && !writesDefaults ? nil : .object(members)
  }

  private func keyText(_ key: JSONValue) throws(CodecFault) -> String {
    switch key {
    case .text(let text), .number(let text): text
    case .bool(let flag): flag ? "true" : "false"
    default: throw CodecFault(.messageMalformed, ["what": "a map's key that is none"])
    }
  }

  private func json(_ value: WireValue, _ field: FieldType, depth: Int) throws(CodecFault) -> JSONValue {
    switch (field.kind, value) {
    case (.message(let name), .bytes(let bytes)): return try json(bytes, try message(name), depth: depth + 1)
    case (.enumeration(let name), .varint(let number)):
      let number = Int32(truncatingIfNeeded: number)
      if name == WellKnown.nullValue { return .null }
      return pool.enums[name]?.name(of: number).map { .text($0) } ?? .number("\(number)")
    default: return try scalarJSON(value, field.kind)
    }
  }

  /// Every kind but messages and enums.
  func scalarJSON(_ value: WireValue, _ kind: FieldType.Kind) throws(CodecFault) -> JSONValue {
    switch (kind, value) {
    case (.double, .fixed64(let bits)): return Numbers.json(Double(bitPattern: bits))
    case (.float, .fixed32(let bits)): return Numbers.json(Float(bitPattern: bits))
    case (.int32, .varint(let number)): return .number("\(Int32(truncatingIfNeeded: number))")
    case (.uint32, .varint(let number)): return .number("\(UInt32(truncatingIfNeeded: number))")
    case (.sint32, .varint(let number)):
      let number = UInt32(truncatingIfNeeded: number)
      return .number("\(Int32(bitPattern: number >> 1) ^ -Int32(number & 1))")
    case (.int64, .varint(let number)): return .text("\(Int64(bitPattern: number))")
    case (.uint64, .varint(let number)): return .text("\(number)")
    case (.sint64, .varint(let number)): return .text("\(Int64(bitPattern: number >> 1) ^ -Int64(number & 1))")
    case (.fixed32, .fixed32(let number)): return .number("\(number)")
    case (.sfixed32, .fixed32(let number)): return .number("\(Int32(bitPattern: number))")
    case (.fixed64, .fixed64(let number)): return .text("\(number)")
    case (.sfixed64, .fixed64(let number)): return .text("\(Int64(bitPattern: number))")
    case (.bool, .varint(let number)): return .bool(number != 0)
    case (.string, .bytes(let bytes)): return .text(try Self.string(bytes))
    case (.bytes, .bytes(let bytes)): return .text(Base64Text.encode(bytes))
    default: throw CodecFault(.messageMalformed, ["what": "a field of another type"])
    }
  }

  static func string(_ bytes: ArraySlice<UInt8>) throws(CodecFault) -> String {
    guard let string = String(validating: bytes, as: UTF8.self) else {
      throw CodecFault(.messageMalformed, ["what": "a text that is not UTF-8"])
    }
    return string
  }
}

/// The fields of a message, by number, as they came. What the type does not have, or has as another type, is left out.
struct MessageContent {
  private var values: [Int32: [WireValue]] = [:]

  init(_ bytes: ArraySlice<UInt8>, _ type: MessageType) throws(CodecFault) {
    var reader = WireReader(bytes)
    var members: [String: Int32] = [:]
    while let (number, value) = try reader.next() {
      guard let field = type.field(number), field.kind.takes(value, repeated: field.isRepeated) else { continue }
      // Of the members of a oneof the last one counts.
      if let oneof = field.oneof, let other = members.updateValue(number, forKey: oneof), other != number {
        values[other] = nil
      }
      values[number, default: []].append(value)
    }
  }

  func values(_ field: FieldType) -> [WireValue] { values[field.number] ?? [] }

  /// Of a scalar that came more than once the last counts; messages are merged, which is what their bytes one behind the other mean.
  func value(_ field: FieldType) -> WireValue? {
    let all = values(field)
    guard all.count > 1, case .message = field.kind else { return all.last }
    var merged: ArraySlice<UInt8> = []
    for case .bytes(let bytes) in all { merged += bytes }
    return .bytes(merged)
  }

  /// Of a repeated field, packed or not.
  func elements(_ field: FieldType) throws(CodecFault) -> [WireValue] {
    guard field.kind.isNumeric else { return values(field) }
    var elements: [WireValue] = []
    for value in values(field) {
      guard case .bytes(let packed) = value else {
        elements.append(value)
        continue
      }
      var reader = WireReader(packed)
      while !reader.isAtEnd { elements.append(try reader.value(field.kind.wireType)) }
    }
    return elements
  }
}

extension FieldType.Kind {
  /// The lowest three bits of the tag of an unpacked value.
  var wireType: UInt8 {
    switch self {
    case .double, .fixed64, .sfixed64: 1
    case .float, .fixed32, .sfixed32: 5
    case .string, .bytes, .message: 2
    case .group: 3
    default: 0
    }
  }

  func takes(_ value: WireValue, repeated: Bool) -> Bool {
    value.type == wireType || (repeated && isNumeric && value.type == 2)
  }

  /// nil: messages have none.
  var defaultValue: WireValue? {
    switch wireType {
    case 0: .varint(0)
    case 1: .fixed64(0)
    case 5: .fixed32(0)
    case 2: if case .message = self { nil } else { .bytes([]) }
    default: nil
    }
  }
}

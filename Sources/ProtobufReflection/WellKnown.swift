/// The types that protobuf's JSON mapping writes in a form of their own.
enum WellKnown: String, CaseIterable {
  case timestamp = "google.protobuf.Timestamp"
  case duration = "google.protobuf.Duration"
  case fieldMask = "google.protobuf.FieldMask"
  case any = "google.protobuf.Any"
  case structure = "google.protobuf.Struct"
  case value = "google.protobuf.Value"
  case list = "google.protobuf.ListValue"
  case double = "google.protobuf.DoubleValue"
  case float = "google.protobuf.FloatValue"
  case int64 = "google.protobuf.Int64Value"
  case uint64 = "google.protobuf.UInt64Value"
  case int32 = "google.protobuf.Int32Value"
  case uint32 = "google.protobuf.UInt32Value"
  case bool = "google.protobuf.BoolValue"
  case string = "google.protobuf.StringValue"
  case bytes = "google.protobuf.BytesValue"

  static let nullValue = "google.protobuf.NullValue"

  /// What a wrapper wraps, in its field 1.
  var wrapped: FieldType.Kind? {
    switch self {
    case .double: .double
    case .float: .float
    case .int64: .int64
    case .uint64: .uint64
    case .int32: .int32
    case .uint32: .uint32
    case .bool: .bool
    case .string: .string
    case .bytes: .bytes
    default: nil
    }
  }
}

extension JSONCodec {
  func wellKnownBytes(
    _ json: JSONValue, _ known: WellKnown, _ type: MessageType, depth: Int
  ) throws(CodecFault) -> [UInt8] {
    var writer = WireWriter()
    if let kind = known.wrapped {
      let value = try scalar(json, kind)
      if !kind.isDefault(value) { writer.write(1, value) }
      return writer.bytes
    }
    switch known {
    case .timestamp:
      let text = try Self.text(json)
      guard let moment = TimeText.timestamp(text) else { throw Self.malformed(text, "a time like 2022-12-05T08:00:00Z") }
      return Self.secondsAndNanos(moment)
    case .duration:
      let text = try Self.text(json)
      guard let span = TimeText.duration(text) else { throw Self.malformed(text, "a duration in seconds like 1.5s") }
      return Self.secondsAndNanos(span)
    case .fieldMask:
      for path in try Self.text(json).split(separator: ",", omittingEmptySubsequences: true) {
        guard let name = FieldMaskText.fileName(path) else { throw Self.malformed("\(path)", "a path like someField.other") }
        writer.write(1, Array(name.utf8))
      }
      return writer.bytes
    case .structure: return try structBytes(json, depth: depth)
    case .list: return try listBytes(json, depth: depth)
    case .value: return try valueBytes(json, depth: depth)
    default: return try anyBytes(json, depth: depth)
    }
  }

  func wellKnownJSON(
    _ content: MessageContent, _ known: WellKnown, _ type: MessageType, depth: Int
  ) throws(CodecFault) -> JSONValue {
    if let kind = known.wrapped, let field = type.field(1), let value = content.value(field) ?? kind.defaultValue {
      return try scalarJSON(value, kind)
    }
    switch known {
    case .timestamp, .duration:
      let (seconds, nanos) = (content.number(1, type), content.number(2, type))
      let text = known == .timestamp ? TimeText.timestamp(seconds, nanos) : TimeText.duration(seconds, nanos)
      guard let text else { throw CodecFault(.messageMalformed, ["what": "a \(type.name) out of its range"]) }
      return .text(text)
    case .fieldMask:
      var paths: [String] = []
      for case .bytes(let bytes) in type.field(1).map(content.values) ?? [] {
        let path = try Self.string(bytes)
        guard let text = FieldMaskText.jsonName(path) else {
          throw CodecFault(.messageMalformed, ["what": "a path without JSON"])
        }
        paths.append(text)
      }
      return .text(paths.joined(separator: ","))
    case .structure: return try structJSON(content, type, depth: depth)
    case .list: return try listJSON(content, type, depth: depth)
    case .value: return try valueJSON(content, type, depth: depth)
    default: return try anyJSON(content, type, depth: depth)
    }
  }

  private static func secondsAndNanos(_ pair: (seconds: Int64, nanos: Int32)) -> [UInt8] {
    var writer = WireWriter()
    if pair.seconds != 0 { writer.write(1, .varint(UInt64(bitPattern: pair.seconds))) }
    if pair.nanos != 0 { writer.write(2, .varint(UInt64(bitPattern: Int64(pair.nanos)))) }
    return writer.bytes
  }

  static func malformed(_ text: String, _ expected: String) -> CodecFault {
    CodecFault(.malformedValue, ["value": String(text.prefix(60)), "expected": expected])
  }
}

extension MessageContent {
  /// An integer field; 0: it is not there.
  func number(_ field: Int32, _ type: MessageType) -> Int64 {
    guard let field = type.field(field), case .varint(let bits)? = value(field) else { return 0 }
    return Int64(bitPattern: bits)
  }
}

/// Paths of a `google.protobuf.FieldMask`: `some_field.other` in messages, `someField.other` in JSON.
enum FieldMaskText {
  /// nil for what would not come back the same.
  static func jsonName(_ path: String) -> String? {
    var text = ""
    var capitalises = false
    for letter in path.unicodeScalars {
      switch letter {
      case "A"..."Z": return nil
      case "_" where capitalises: return nil
      case "_": capitalises = true
      case "a"..."z" where capitalises:
        text += String(letter).uppercased()
        capitalises = false
      case _ where capitalises: return nil
      default: text.unicodeScalars.append(letter)
      }
    }
    return capitalises ? nil : text
  }

  static func fileName(_ path: Substring) -> String? {
    var name = ""
    for letter in path.unicodeScalars {
      switch letter {
      case "_", " ": return nil
      case "A"..."Z": name += "_" + String(letter).lowercased()
      default: name.unicodeScalars.append(letter)
      }
    }
    return name
  }
}

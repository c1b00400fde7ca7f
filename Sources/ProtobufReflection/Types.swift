internal import SwiftProtobuf

package struct MessageType: Sendable {
  /// `package.Message`.
  package let name: String
  /// By rising number.
  package let fields: [FieldType]
  package let isMapEntry: Bool
  package let comment: String
  private let byNumber: [Int32: Int]
  private let byName: [String: Int]

  init(
    _ proto: Google_Protobuf_DescriptorProto, scope: String, _ comments: Comments.Place, _ rules: PresenceRules
  ) {
    name = scope.isEmpty ? proto.name : "\(scope).\(proto.name)"
    isMapEntry = proto.options.mapEntry
    comment = comments.text
    let oneofs = proto.oneofDecl.map(\.name)
    // Other numbers are no fields; the descriptors may be those of a server that nobody vouches for.
    fields = proto.field.enumerated().filter { (1...536_870_911).contains($1.number) }.map { index, field in
      FieldType(field, oneofs: oneofs, comments.below(2, index).text, rules)
    }.sorted { $0.number < $1.number }
    byNumber = Dictionary(fields.enumerated().map { ($1.number, $0) }) { first, _ in first }
    // A name of the file goes before a JSON name that another field has taken.
    byName = Dictionary(fields.enumerated().map { ($1.jsonName, $0) } + fields.enumerated().map { ($1.name, $0) }) { $1 }
  }

  /// The message around the key and value of a map's entry.
  init(mapEntry key: FieldType, _ value: FieldType) {
    name = ""
    fields = [key, value]
    isMapEntry = true
    comment = ""
    byNumber = [1: 0, 2: 1]
    byName = [:]
  }

  package func field(_ number: Int32) -> FieldType? { byNumber[number].map { fields[$0] } }
  /// By its name in the .proto file or in JSON.
  package func field(named name: String) -> FieldType? { byName[name].map { fields[$0] } }
}

package struct FieldType: Sendable {
  package enum Kind: Sendable, Equatable {
    case double, float, int32, int64, uint32, uint64, sint32, sint64, fixed32, fixed64, sfixed32, sfixed64, bool, string, bytes
    /// By full name.
    case message(String)
    case enumeration(String)
    /// proto2's; it is neither read nor written.
    case group(String)
  }

  package let name: String
  package let jsonName: String
  package let number: Int32
  package let kind: Kind
  package let isRepeated: Bool
  let isPacked: Bool
  /// The oneof that it is a member of; `optional` is none.
  package let oneof: String?
  /// `optional` in proto3.
  package let isOptional: Bool
  /// Whether a default value that is there differs from one that is not.
  let hasPresence: Bool
  package let comment: String

  init(_ proto: Google_Protobuf_FieldDescriptorProto, oneofs: [String], _ comment: String, _ rules: PresenceRules) {
    name = proto.name
    jsonName = proto.hasJsonName ? proto.jsonName : Self.jsonName(proto.name)
    number = proto.number
    kind = Self.kind(proto)
    isRepeated = proto.label == .repeated
    isOptional = proto.proto3Optional
    let isInOneof = proto.hasOneofIndex && oneofs.indices.contains(Int(proto.oneofIndex))
    oneof = isInOneof && !proto.proto3Optional ? oneofs[Int(proto.oneofIndex)] : nil
    let features = proto.options.features
    let isExplicit = features.hasFieldPresence ? features.fieldPresence != .implicit : rules.isExplicit
    hasPresence = !isRepeated && (isInOneof || isExplicit)
    let packs = features.hasRepeatedFieldEncoding ? features.repeatedFieldEncoding == .packed : rules.packs
    isPacked = isRepeated && kind.isNumeric && (proto.options.hasPacked ? proto.options.packed : packs)
    self.comment = comment
  }

  private static func kind(_ proto: Google_Protobuf_FieldDescriptorProto) -> Kind {
    let type = proto.typeName.hasPrefix(".") ? String(proto.typeName.dropFirst()) : proto.typeName
    return switch proto.type {
    case .double: .double
    case .float: .float
    case .int64: .int64
    case .uint64: .uint64
    case .int32: .int32
    case .fixed64: .fixed64
    case .fixed32: .fixed32
    case .bool: .bool
    case .string: .string
    case .group: .group(type)
    case .message: .message(type)
    case .bytes: .bytes
    case .uint32: .uint32
    case .enum: .enumeration(type)
    case .sfixed32: .sfixed32
    case .sfixed64: .sfixed64
    case .sint32: .sint32
    case .sint64: .sint64
    }
  }

  /// As protoc makes them: an underscore is dropped, and the letter behind it becomes a capital.
  private static func jsonName(_ name: String) -> String {
    var result = ""
    var capitalises = false
    for letter in name {
      if letter == "_" {
        capitalises = true
      } else {
        result += capitalises ? letter.uppercased() : String(letter)
        capitalises = false
      }
    }
    return result
  }
}

extension FieldType.Kind {
  /// May stand in a packed field.
  var isNumeric: Bool {
    switch self {
    case .string, .bytes, .message, .group: false
    default: true
    }
  }

  /// As .proto files write it; messages and enums by full name.
  package var word: String {
    switch self {
    case .message(let name), .enumeration(let name), .group(let name): name
    default: "\(self)"
    }
  }
}

package struct EnumType: Sendable {
  package struct Value: Sendable {
    package let name: String
    package let number: Int32
    package let comment: String
  }

  package let name: String
  package let values: [Value]
  package let comment: String

  init(_ proto: Google_Protobuf_EnumDescriptorProto, scope: String, _ comments: Comments.Place) {
    name = scope.isEmpty ? proto.name : "\(scope).\(proto.name)"
    comment = comments.text
    values = proto.value.enumerated().map { index, value in
      Value(name: value.name, number: value.number, comment: comments.below(2, index).text)
    }
  }

  func number(of name: String) -> Int32? { values.first { $0.name == name }?.number }
  /// Of aliases the first.
  func name(of number: Int32) -> String? { values.first { $0.number == number }?.name }
}

package struct ServiceType: Sendable {
  package let name: String
  package let methods: [MethodType]
  package let comment: String

  init(_ proto: Google_Protobuf_ServiceDescriptorProto, scope: String, _ comments: Comments.Place) {
    name = scope.isEmpty ? proto.name : "\(scope).\(proto.name)"
    comment = comments.text
    methods = proto.method.enumerated().map { MethodType($1, comments.below(2, $0).text) }
  }
}

package struct MethodType: Sendable {
  package let name: String
  /// Full names.
  package let request: String
  package let response: String
  package let streamsRequests: Bool
  package let streamsResponses: Bool
  package let comment: String

  init(_ proto: Google_Protobuf_MethodDescriptorProto, _ comment: String) {
    name = proto.name
    request = String(proto.inputType.drop { $0 == "." })
    response = String(proto.outputType.drop { $0 == "." })
    streamsRequests = proto.clientStreaming
    streamsResponses = proto.serverStreaming
    self.comment = comment
  }
}

package import SwiftProtobuf

/// The types and services of some .proto files, by full name.
package struct DescriptorPool: Sendable {
  package private(set) var messages: [String: MessageType] = [:]
  package private(set) var enums: [String: EnumType] = [:]
  package private(set) var services: [String: ServiceType] = [:]

  /// - Parameter files: with all they import, in any order; of files with one name the first counts.
  package init(_ files: [Google_Protobuf_FileDescriptorProto]) {
    var names: Set<String> = []
    for file in files where names.insert(file.name).inserted { add(file) }
  }

  private mutating func add(_ file: Google_Protobuf_FileDescriptorProto) {
    let comments = Comments(file)
    let rules = PresenceRules(file)
    for (index, type) in file.messageType.enumerated() {
      add(type, scope: file.package, comments.below(4, index), rules)
    }
    for (index, type) in file.enumType.enumerated() {
      add(EnumType(type, scope: file.package, comments.below(5, index)))
    }
    for (index, service) in file.service.enumerated() {
      let type = ServiceType(service, scope: file.package, comments.below(6, index))
      services[type.name] = type
    }
  }

  private mutating func add(
    _ proto: Google_Protobuf_DescriptorProto, scope: String, _ comments: Comments.Place, _ rules: PresenceRules
  ) {
    let type = MessageType(proto, scope: scope, comments, rules)
    messages[type.name] = type
    for (index, nested) in proto.nestedType.enumerated() { add(nested, scope: type.name, comments.below(3, index), rules) }
    for (index, nested) in proto.enumType.enumerated() {
      add(EnumType(nested, scope: type.name, comments.below(4, index)))
    }
  }

  private mutating func add(_ type: EnumType) { enums[type.name] = type }

  /// The key and value of a map field; nil: the field is no map.
  package func mapEntry(_ field: FieldType) -> (key: FieldType, value: FieldType)? {
    guard field.isRepeated, case .message(let name) = field.kind, let entry = messages[name], entry.isMapEntry,
      let key = entry.field(1), let value = entry.field(2)
    else { return nil }
    return (key, value)
  }

  /// A method by `package.Service/Method` or `package.Service.Method`; nil: there is none.
  package func method(_ name: String) -> (service: ServiceType, method: MethodType)? {
    guard let (service, method) = Self.parts(ofMethod: name), let type = services[service],
      let found = type.methods.first(where: { $0.name == method })
    else { return nil }
    return (type, found)
  }

  /// Splits behind the last `/`, or else the last `.`.
  package static func parts(ofMethod name: String) -> (service: String, method: String)? {
    guard let cut = name.lastIndex(of: "/") ?? name.lastIndex(of: ".") else { return nil }
    let (service, method) = (name[..<cut], name[name.index(after: cut)...])
    return service.isEmpty || method.isEmpty ? nil : (String(service), String(method))
  }
}

/// The comments of a .proto file, by the path of what they describe (descriptor.proto, `SourceCodeInfo.Location.path`).
struct Comments {
  private let texts: [[Int32]: String]

  init(_ file: Google_Protobuf_FileDescriptorProto) {
    var texts: [[Int32]: String] = [:]
    for location in file.sourceCodeInfo.location {
      let text = [location.leadingComments, location.trailingComments].map(Self.plain).filter { !$0.isEmpty }
      if !text.isEmpty { texts[location.path] = text.joined(separator: " ") }
    }
    self.texts = texts
  }

  /// On one line.
  private static func plain(_ comment: String) -> String {
    comment.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  struct Place {
    fileprivate let comments: Comments
    fileprivate let path: [Int32]

    var text: String { comments.texts[path] ?? "" }

    /// - Parameters:
    ///   - field: its number in the descriptor around.
    ///   - index: in the list that this field holds.
    func below(_ field: Int32, _ index: Int) -> Place { Place(comments: comments, path: path + [field, Int32(index)]) }
  }

  func below(_ field: Int32, _ index: Int) -> Place { Place(comments: self, path: [field, Int32(index)]) }
}

/// What a file says of fields that don't say it themselves.
struct PresenceRules {
  /// proto2 and editions: a field that is there differs from one that is not, whatever its value.
  let isExplicit: Bool
  /// Repeated numbers stand in one piece.
  let packs: Bool

  init(_ file: Google_Protobuf_FileDescriptorProto) {
    let isProto3 = file.syntax == "proto3"
    let isEditions = file.syntax == "editions"
    isExplicit = isEditions ? file.options.features.fieldPresence != .implicit : !isProto3
    packs = isEditions ? file.options.features.repeatedFieldEncoding != .expanded : isProto3
  }
}

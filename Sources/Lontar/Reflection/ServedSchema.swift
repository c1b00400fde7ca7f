internal import LontarTLS
internal import SwiftProtobuf

/// The files that describe what a server serves, and where in them each name is.
struct ServedSchema: Sendable {
  private struct File: Sendable {
    let bytes: [UInt8]
    let imports: [String]
  }

  /// Full names of the served services, sorted.
  let services: [String]
  private var files: [String: File] = [:]
  /// The file of each service, method, message and enum, by full name.
  private var symbols: [String: String] = [:]
  /// The file of each extension, by the message that it extends and its number.
  private var extensions: [String: [Int32: String]] = [:]
  private var messages: Set<String> = []
  /// First 8 bytes of the SHA-256 of the files without their comments, as a `FileDescriptorSet` in the order of their names.
  let hash: UInt64

  /// - Parameter sets: may hold more than is served; what no served service and no error needs is left out.
  init(services: [String], sets: [DescriptorSet]) {
    self.services = services.sorted()
    let all = Dictionary(sets.flatMap(\.files).map { ($0.name, $0) }) { first, _ in first }
    let served = Self.needed(Set(services), all)
    hash = Self.hash(served)
    for file in served {
      guard let bytes: [UInt8] = try? file.serializedBytes() else { continue }
      files[file.name] = File(bytes: bytes, imports: file.dependency)
      index(file)
    }
  }

  /// The files of these services with all they import, and those of the error details that every server may send.
  private static func needed(
    _ services: Set<String>, _ all: [String: Google_Protobuf_FileDescriptorProto]
  ) -> [Google_Protobuf_FileDescriptorProto] {
    var open = all.values.filter { file in
      file.package == "google.rpc" || file.service.contains { services.contains(qualified(file.package, $0.name)) }
    }
    var found: [String: Google_Protobuf_FileDescriptorProto] = [:]
    while let file = open.popLast() {
      guard found.updateValue(file, forKey: file.name) == nil else { continue }
      open += file.dependency.compactMap { all[$0] }
    }
    return found.values.sorted { $0.name < $1.name }
  }

  private static func hash(_ files: [Google_Protobuf_FileDescriptorProto]) -> UInt64 {
    guard !files.isEmpty else { return 0 }
    var set = Google_Protobuf_FileDescriptorSet()
    set.file = files.map { file in
      var file = file
      file.clearSourceCodeInfo()
      return file
    }
    guard let bytes: [UInt8] = try? set.serializedBytes() else { return 0 }
    return Digest.sha256(bytes).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  // MARK: Names

  private mutating func index(_ file: Google_Protobuf_FileDescriptorProto) {
    for service in file.service {
      let name = Self.qualified(file.package, service.name)
      symbols[name] = file.name
      for method in service.method { symbols["\(name).\(method.name)"] = file.name }
    }
    for type in file.enumType { symbols[Self.qualified(file.package, type.name)] = file.name }
    for type in file.messageType { index(type, Self.qualified(file.package, type.name), file.name) }
    index(file.extension, file.package, file.name)
  }

  private mutating func index(_ message: Google_Protobuf_DescriptorProto, _ name: String, _ file: String) {
    symbols[name] = file
    messages.insert(name)
    for type in message.enumType { symbols["\(name).\(type.name)"] = file }
    for type in message.nestedType { index(type, "\(name).\(type.name)", file) }
    index(message.extension, name, file)
  }

  private mutating func index(_ fields: [Google_Protobuf_FieldDescriptorProto], _ scope: String, _ file: String) {
    for field in fields {
      symbols[Self.qualified(scope, field.name)] = file
      let extended = field.extendee.hasPrefix(".") ? String(field.extendee.dropFirst()) : field.extendee
      extensions[extended, default: [:]][field.number] = file
    }
  }

  private static func qualified(_ package: String, _ name: String) -> String { package.isEmpty ? name : "\(package).\(name)" }

  // MARK: Questions

  func file(ofSymbol symbol: String) -> String? { symbols[symbol] }
  func file(ofExtension number: Int32, of message: String) -> String? { extensions[message]?[number] }
  func has(file: String) -> Bool { files[file] != nil }

  /// Sorted; nil: there is no such message.
  func extensionNumbers(of message: String) -> [Int32]? {
    messages.contains(message) ? (extensions[message]?.keys.sorted() ?? []) : nil
  }

  /// A file and behind it, of all it imports, what is not in `sent`, which is added there. Each file is a `FileDescriptorProto`.
  func bytes(_ name: String, without sent: inout Set<String>) -> [[UInt8]] {
    var bytes: [[UInt8]] = []
    var open = [name]
    while let next = open.popLast() {
      guard sent.insert(next).inserted || bytes.isEmpty, let file = files[next] else { continue }
      bytes.append(file.bytes)
      open += file.imports.reversed()
    }
    return bytes
  }
}

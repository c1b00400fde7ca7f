internal import Foundation

/// A JSON file of settings: nested objects whose leaves are texts, whole numbers or booleans.
enum SettingsFile {
  /// A file of settings has a few hundred bytes; more is another file.
  private static let bytesMax = 65_536

  /// The leaves by their dotted keys.
  static func read(_ path: String) throws(SettingsError) -> [String: String] {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw SettingsError(
        .fileUnreadable, "the configuration \(path) can't be read; check the path and its rights",
        id: "berkas pengaturan \(path) tidak dapat dibaca; periksa jalur dan izinnya")
    }
    guard data.count <= bytesMax else {
      throw SettingsError(
        .fileMalformed, "the configuration \(path) has \(data.count) bytes; at most \(bytesMax) are read",
        id: "berkas pengaturan \(path) berisi \(data.count) bita; paling banyak \(bytesMax) yang dibaca")
    }
    let node: Node
    do {
      node = try JSONDecoder().decode(Node.self, from: data)
    } catch {
      throw SettingsError(
        .fileMalformed, "the configuration \(path) is not a JSON object of texts and numbers; correct it (\(place(of: error)))",
        id: "berkas pengaturan \(path) bukan objek JSON berisi teks dan angka; perbaiki (\(place(of: error)))")
    }
    guard case .object = node else {
      throw SettingsError(
        .fileMalformed, "the configuration \(path) is not a JSON object; begin it with {",
        id: "berkas pengaturan \(path) bukan objek JSON; mulailah dengan {")
    }
    var leaves: [String: String] = [:]
    node.collect(under: "", into: &leaves)
    return leaves
  }

  private static func place(of error: any Error) -> String {
    guard let error = error as? DecodingError else { return "unreadable" }
    switch error {
    case .dataCorrupted(let context): return context.debugDescription
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context):
      let path = context.codingPath.map(\.stringValue).joined(separator: ".")
      return path.isEmpty ? context.debugDescription : "at \(path)"
    @unknown default: return "unreadable"
    }
  }

  private indirect enum Node: Decodable {
    case object([String: Node])
    case leaf(String)

    init(from decoder: any Decoder) throws {
      if let object = try? decoder.container(keyedBy: Key.self) {
        var nodes: [String: Node] = [:]
        for key in object.allKeys { nodes[key.stringValue] = try object.decode(Node.self, forKey: key) }
        self = .object(nodes)
        return
      }
      let value = try decoder.singleValueContainer()
      if let flag = try? value.decode(Bool.self) {
        self = .leaf(flag ? "true" : "false")
      } else if let number = try? value.decode(Int.self) {
        self = .leaf("\(number)")
      } else {
        self = .leaf(try value.decode(String.self))
      }
    }

    func collect(under prefix: String, into leaves: inout [String: String]) {
      switch self {
      case .leaf(let value): leaves[prefix] = value
      case .object(let nodes):
        for (key, node) in nodes { node.collect(under: prefix.isEmpty ? key : "\(prefix).\(key)", into: &leaves) }
      }
    }
  }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}

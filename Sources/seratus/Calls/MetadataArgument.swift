internal import ArgumentParser
internal import Lontar
internal import ProtobufReflection

/// `key=value`; the value of a key that ends with `-bin` is Base64.
struct MetadataArgument: ExpressibleByArgument, Equatable {
  private static let keyBytesMax = 64
  private static let binarySuffix = "-bin"

  let key: String
  let value: [UInt8]

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, (1...Self.keyBytesMax).contains(parts[0].utf8.count),
      parts[0].utf8.allSatisfy({ "0123456789abcdefghijklmnopqrstuvwxyz_.-".utf8.contains($0) })
    else { return nil }
    key = String(parts[0])
    guard key.hasSuffix(Self.binarySuffix) else {
      value = Array(parts[1].utf8)
      return
    }
    guard let bytes = Base64Text.decode(String(parts[1])) else { return nil }
    value = bytes
  }

  /// `key: value` for each entry.
  static func lines(_ metadata: Metadata) -> [String] {
    metadata.entries.map { entry in
      let isText = !entry.key.hasSuffix(binarySuffix)
      let text = isText ? String(validating: entry.value, as: UTF8.self) : nil
      return "\(entry.key): \(text ?? Base64Text.encode(entry.value))"
    }
  }
}

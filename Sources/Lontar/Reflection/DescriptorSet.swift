package import SwiftProtobuf

/// What .proto files say, compiled in by `protoc-gen-lontar`: a `google.protobuf.FileDescriptorSet` with all imports.
public struct DescriptorSet: Sendable {
  package let files: [Google_Protobuf_FileDescriptorProto]

  /// - Parameter base64: the set as `protoc-gen-lontar` writes it, in lines. What is not such a set is a fault of the build.
  public init(base64: String) {
    guard let bytes = Self.decode(base64), let set = try? Google_Protobuf_FileDescriptorSet(serializedBytes: bytes) else {
      preconditionFailure("the compiled-in descriptors are damaged; run scripts/generate")
    }
    files = set.file
  }

  package init(files: [Google_Protobuf_FileDescriptorProto]) {
    self.files = files
  }

  private static func decode(_ base64: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(base64.utf8.count * 3 / 4)
    var (bits, count): (UInt32, Int) = (0, 0)
    for letter in base64.utf8 where letter != UInt8(ascii: "\n") && letter != UInt8(ascii: "=") {
      guard let value = value(letter) else { return nil }
      bits = bits << 6 | UInt32(value)
      count += 6
      guard count >= 8 else { continue }
      count -= 8
      bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
    }
    return bytes
  }

  private static func value(_ letter: UInt8) -> UInt8? {
    switch letter {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): letter - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): letter - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): letter - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}

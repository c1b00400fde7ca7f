internal import FoundationEssentials
package import SwiftProtobuf

/// What .proto files say, compiled in by `protoc-gen-lontar`: a `google.protobuf.FileDescriptorSet` with all imports.
public struct DescriptorSet: Sendable {
  package let files: [Google_Protobuf_FileDescriptorProto]

  /// - Parameter base64: the set as `protoc-gen-lontar` writes it, in lines. What is not such a set is a fault of the build.
  public init(base64: String) {
    guard let bytes = Data(base64Encoded: base64, options: .ignoreUnknownCharacters),
      let set = try? Google_Protobuf_FileDescriptorSet(serializedBytes: bytes)
    else {
      preconditionFailure("the compiled-in descriptors are damaged; run scripts/generate")
    }
    files = set.file
  }

  package init(files: [Google_Protobuf_FileDescriptorProto]) {
    self.files = files
  }
}

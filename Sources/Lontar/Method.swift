internal import NIOCore
public import SwiftProtobuf

public enum MethodKind: Sendable, Equatable {
  case unary
  case clientStreaming
  case serverStreaming
  case bidirectional

  var takesOneRequest: Bool { self == .unary || self == .serverStreaming }
}

/// One method of a service, as the generated code names it.
public struct Method<Request: Message & Sendable, Response: Message & Sendable>: Sendable {
  /// `package.Service/Name`.
  public let name: String
  public let kind: MethodKind
  /// The name as OPEN carries it, made once.
  let nameBytes: ByteBuffer

  public init(service: String, name: String, kind: MethodKind) {
    self.name = "\(service)/\(name)"
    self.kind = kind
    nameBytes = ByteBuffer(string: self.name)
  }
}

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
  /// Its .proto says so (`idempotency_level`): calling it twice does no more than calling it once. Only such methods are hedged.
  public let isIdempotent: Bool
  /// The name as OPEN carries it, made once.
  let nameBytes: ByteBuffer

  public init(service: String, name: String, kind: MethodKind, isIdempotent: Bool = false) {
    self.name = "\(service)/\(name)"
    self.kind = kind
    self.isIdempotent = isIdempotent
    nameBytes = ByteBuffer(string: self.name)
  }
}

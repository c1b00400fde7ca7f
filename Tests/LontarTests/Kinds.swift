internal import Foundation
internal import Lontar
internal import LontarTesting

/// Tests that hold for calls of every kind.
extension MethodKind {
  static let all: [MethodKind] = [.unary, .serverStreaming, .clientStreaming, .bidirectional]

  var answersStream: Bool { self == .serverStreaming || self == .bidirectional }
}

extension EchoClient {
  /// Sends one request by a call of this kind, and takes all answers to it.
  func answers(
    _ kind: MethodKind, _ request: EchoRequest = EchoRequest(), options: CallOptions = CallOptions()
  ) async throws -> [EchoResponse] {
    switch kind {
    case .unary:
      return [try await unary(request, options: options)]
    case .serverStreaming:
      return try await Self.all(try await serverStream(request, options: options))
    case .clientStreaming:
      let call = try await clientStream(options: options)
      try await call.requests.write(request)
      return [try await call.response()]
    case .bidirectional:
      let call = try await bidiStream(options: options)
      try await call.requests.write(request)
      call.requests.finish()
      return try await Self.all(call.responses)
    }
  }

  private static func all(_ stream: ResponseStream<EchoResponse>) async throws -> [EchoResponse] {
    let (messages, error) = await stream.collect()
    if let error { throw error }
    return messages
  }
}

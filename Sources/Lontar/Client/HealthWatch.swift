internal import LontarWire
internal import NIOCore

/// The stream by which a connection's server says whether it serves: `grpc.health.v1.Health/Watch`, by gRPC's rules (A17).
///
/// Unchecked because it is confined to its connection's event loop.
final class HealthWatch: @unchecked Sendable {
  /// Its stream; 0: none yet.
  var stream: UInt32 = 0
  let frame = OpenFrame(method: Grpc_Health_V1_Health.watch.nameBytes)
  let request: WireMessage
  private let since = NIODeadline.now()
  var hasAnswered = false

  init(service: String) {
    var request = Grpc_Health_V1_HealthCheckRequest()
    request.service = service
    self.request = WireMessage((try? request.lontarBytes()) ?? ByteBuffer())
  }

  static func health(_ message: WireMessage) -> Subchannel.Health {
    guard let bytes = message.plainIfSmall, let response = try? Grpc_Health_V1_HealthCheckResponse(lontarBytes: bytes) else {
      return .notServing
    }
    return response.status == .serving ? .serving : .notServing
  }

  /// A server without health checks is taken to be well. One that has answered ends the stream when its longest time for a call is over:
  /// that says nothing of its health, unless it comes at once.
  func health(_ end: RPCError) -> Subchannel.Health {
    if end.code == .unimplemented { return .unknown }
    return .watchEnded(end, isRoutine: hasAnswered && .now() - since > .seconds(1))
  }
}

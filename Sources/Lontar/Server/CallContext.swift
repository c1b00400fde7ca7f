public import LontarTLS
internal import LontarWire
internal import NIOCore
internal import Synchronization

/// What a handler knows of its call.
public struct CallContext: Sendable {
  /// `package.Service/Method`.
  public let method: String
  public let metadata: Metadata
  /// Names the call in logs and errors; unique for as long as the logs live.
  public let requestID: String
  /// The same for each attempt of one act; 16 bytes.
  public let idempotencyKey: [UInt8]?
  public let attempt: Int
  /// Who the client is by its certificate, if it showed one.
  public let peer: TLSPeer?
  let deadline: NIODeadline?
  let trailer = TrailerBox()

  /// What is left of the caller's deadline; nil: it set none.
  public var remaining: Duration? {
    deadline.map { .nanoseconds(Int64(clamping: $0.remainingNanoseconds)) }
  }

  /// Metadata that goes with the status.
  public func setTrailingMetadata(_ metadata: Metadata) {
    trailer.metadata.withLock { $0 = metadata }
  }
}

/// Holds what a handler says for the end of its call.
final class TrailerBox: Sendable {
  let metadata = Mutex<Metadata?>(nil)
}

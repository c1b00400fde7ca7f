internal import DequeModule
internal import NIOCore

/// One call as the wire sees it: what may still come, what still has to go.
struct StreamState {
  let stream: UInt32
  /// The upper layer's object for this call.
  var attachment: AnyObject?

  /// The peer has not half-closed.
  var receiveOpen = true
  var assembly: MessageAssembly?
  var receiveWindow: ReceiveWindow
  /// Whole messages that the upper layer was given and has not yet taken: their credit is held back.
  var untakenBytes = 0

  /// We have not half-closed (client) or not sent the status (server).
  var sendOpen = true
  var sendWindow: SendWindow
  var outbound: Deque<Outbound> = []
  var outboundBytes = 0
  /// Somebody waits for room in `outbound`.
  var writerWaits = false
  /// In the round-robin of streams that have something to send.
  var scheduled = false

  /// What a stream has to send, in order.
  enum Outbound {
    /// `sent` bytes of the message are already on the wire.
    case message(ByteBuffer, sent: Int, end: Bool)
    case halfClose
    case status(StatusFrame, message: ByteBuffer?)
  }
}

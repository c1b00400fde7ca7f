internal import LontarWire
internal import NIOCore

/// One running call on the server. Confined to its connection's event loop.
final class ServerCall {
  let stream: UInt32
  let handler: any MethodHandler
  let context: CallContext
  let started: NIODeadline
  var task: Task<Void, Never>?
  /// The request, once it is whole.
  var message: ByteBuffer?
  /// The handler runs or has run: what still comes of the request is a fault.
  var isRunning = false
  /// A status was sent, or nobody wants one any more.
  var isOver = false
  /// Why the task was cancelled, if it was: the deadline or the client.
  var ending: RPCError?
  /// A writer that waits for room in the stream.
  var writer: CheckedContinuation<Void, any Error>?

  init(stream: UInt32, handler: any MethodHandler, context: CallContext) {
    self.stream = stream
    self.handler = handler
    self.context = context
    started = .now()
  }

  func wakeWriter(throwing error: RPCError? = nil) {
    guard let waiting = writer else { return }
    writer = nil
    if let error { waiting.resume(throwing: error) } else { waiting.resume() }
  }
}

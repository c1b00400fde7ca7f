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
  /// Writers that wait for room in the stream: a handler may write from several tasks.
  var writers: [CheckedContinuation<Void, any Error>] = []

  init(stream: UInt32, handler: any MethodHandler, context: CallContext) {
    self.stream = stream
    self.handler = handler
    self.context = context
    started = .now()
  }

  func wakeWriters(throwing error: RPCError? = nil) {
    let waiting = writers
    writers = []
    for writer in waiting {
      if let error { writer.resume(throwing: error) } else { writer.resume() }
    }
  }
}

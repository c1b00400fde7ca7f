internal import DequeModule
internal import LontarWire
internal import NIOCore
internal import Synchronization

/// Cancels its call when the last who reads or writes lets go of it, and takes them to its event loop.
final class CallLease: Sendable {
  private let call: ClientCall
  /// A stream that outlives its client's last other owner goes on.
  private let client: LontarClient
  private var core: ClientCore { client.core }

  init(call: ClientCall, client: LontarClient) {
    self.call = call
    self.client = client
  }

  deinit {
    let (call, core) = (call, core)
    core.onLoop { core.cancel(call, RPCError(.cancelled, "nobody reads the stream any more")) }
  }

  /// All messages that have come; waits for one if there is none. nil: the stream has ended well.
  func take() async throws(RPCError) -> Deque<WireMessage>? {
    let (call, core) = (call, core)
    do {
      return try await cancelling {
        try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<Deque<WireMessage>?, any Error>) in
          core.onLoop {
            call.link?.messagesTaken(call)
            call.inbox.park(continuation)
          }
        }
      }
    } catch let error as RPCError {
      throw error
    } catch {
      throw RPCError(.internalError, "reading failed: \(error)", cause: error)
    }
  }

  /// Queues a request; returns when there is room for the next.
  func send(_ message: OutgoingMessage) async throws(RPCError) {
    let (call, core) = (call, core)
    let limit = core.wireLimits.messageBytesMax
    guard message.plain.readableBytes <= limit else { throw .requestTooLarge(message.plain.readableBytes, limit: limit) }
    if core.eventLoop.inEventLoop, try !call.send(message, core) { return }
    let isQueued = core.eventLoop.inEventLoop
    do {
      try await cancelling {
        try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<Void, any Error>) in
          core.onLoop {
            do throws(RPCError) {
              let mustWait = isQueued ? true : try call.send(message, core)
              if mustWait { call.parkWriter(continuation) } else { continuation.resume() }
            } catch {
              continuation.resume(throwing: error)
            }
          }
        }
      }
    } catch let error as RPCError {
      throw error
    } catch {
      throw RPCError(.internalError, "writing failed: \(error)", cause: error)
    }
  }

  func halfClose() {
    let (call, core) = (call, core)
    core.onLoop { call.halfClose() }
  }

  /// Initial metadata, once HEAD, the first message or the end has come.
  func initialMetadata() async throws(RPCError) -> Metadata {
    let (call, core) = (call, core)
    try? await cancelling {
      try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<Void, any Error>) in
        core.onLoop { call.parkForHead(continuation) }
      }
    }
    return Metadata(call.initialMetadata)
  }

  /// Empty until the stream has been read to its end.
  var trailingMetadata: Metadata { call.endIsKnown.load(ordering: .acquiring) ? Metadata(call.trailingMetadata) : Metadata() }

  private func cancelling<Result>(_ body: () async throws -> Result) async throws -> Result {
    let (call, core) = (call, core)
    return try await withTaskCancellationHandler {
      try await body()
    } onCancel: {
      core.onLoop { core.cancel(call) }
    }
  }
}

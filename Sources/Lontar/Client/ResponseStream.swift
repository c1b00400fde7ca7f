internal import DequeModule
internal import LontarWire
internal import NIOCore
public import SwiftProtobuf

/// The answers of a server-streaming call, to be read once. Whoever reads slowly holds the server back.
public struct ResponseStream<Response: Message & Sendable>: AsyncSequence, Sendable {
  public typealias Element = Response
  public typealias Failure = RPCError

  let lease: CallLease

  init(call: ClientCall, core: ClientCore) {
    lease = CallLease(call: call, core: core)
  }

  public func makeAsyncIterator() -> Iterator {
    Iterator(lease: lease)
  }

  public struct Iterator: AsyncIteratorProtocol {
    let lease: CallLease
    /// Taken from the call in one go, so that most messages cost no visit to the event loop.
    var batch: Deque<ByteBuffer> = []

    public mutating func next() async throws(RPCError) -> Response? {
      try await next(isolation: nil)
    }

    public mutating func next(isolation actor: isolated (any Actor)?) async throws(RPCError) -> Response? {
      while batch.isEmpty {
        guard let next = try await lease.take() else { return nil }
        batch = next
      }
      return try Response(answer: batch.removeFirst())
    }
  }
}

/// Cancels its call when the last reader lets go of it.
final class CallLease: Sendable {
  private let call: ClientCall
  private let core: ClientCore

  init(call: ClientCall, core: ClientCore) {
    self.call = call
    self.core = core
  }

  deinit {
    let (call, core) = (call, core)
    core.onLoop { core.cancel(call, RPCError(.cancelled, "nobody reads the stream any more")) }
  }

  /// All messages that have come; waits for one if there is none. nil: the stream has ended well.
  func take() async throws(RPCError) -> Deque<ByteBuffer>? {
    let (call, core) = (call, core)
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<Result<Deque<ByteBuffer>, RPCError>, Never>) in
        core.onLoop {
          if !call.messages.isEmpty {
            continuation.resume(returning: .success(call.takeMessages()))
            core.messagesTaken(call)
          } else if let outcome = call.outcome {
            core.ended(call)
            continuation.resume(returning: outcome.map { Deque() })
          } else {
            call.reader = continuation
            core.messagesTaken(call)
          }
        }
      }
    } onCancel: {
      core.onLoop { core.cancel(call, RPCError(.cancelled, "the caller cancelled the call")) }
    }
    let messages = try result.get()
    return messages.isEmpty ? nil : messages
  }
}

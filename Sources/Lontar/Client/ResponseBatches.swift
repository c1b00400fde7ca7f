internal import DequeModule
internal import LontarWire
public import SwiftProtobuf

/// The answers of a call as they come, to be read once: each element is all that has come since the last, at least one message. For
/// many small answers, which cost less this way than one at a time.
public struct ResponseBatches<Response: Message & Sendable>: AsyncSequence, Sendable {
  public typealias Element = [Response]
  public typealias Failure = RPCError

  let lease: CallLease

  public func makeAsyncIterator() -> Iterator {
    Iterator(lease: lease)
  }

  public struct Iterator: AsyncIteratorProtocol {
    let lease: CallLease
    var waiting: Deque<WireMessage> = []
    /// Of the message behind those that were given out; nothing follows it.
    var failure: RPCError?

    public mutating func next() async throws(RPCError) -> [Response]? {
      try await next(isolation: nil)
    }

    public mutating func next(isolation actor: isolated (any Actor)?) async throws(RPCError) -> [Response]? {
      if let failure { throw failure }
      while waiting.isEmpty {
        guard let next = try await lease.take() else { return nil }
        waiting = next
      }
      let messages = waiting.takeBatch()
      var batch: [Response] = []
      batch.reserveCapacity(messages.count)
      do throws(RPCError) {
        for message in messages {
          batch.append(message.codec == 0 ? try Response(plainAnswer: message.bytes) : try await Response(answer: message))
        }
      } catch {
        failure = error
        if batch.isEmpty { throw error }
      }
      return batch
    }
  }
}

extension ResponseStream {
  /// The same answers by arrays. Read a stream in one of the two ways.
  public var batches: ResponseBatches<Response> { ResponseBatches(lease: lease) }
}

internal import DequeModule
internal import LontarWire
public import SwiftProtobuf

/// The requests of a call as they come, to be read once: each element is all that has come since the last, at least one message.
public struct RequestBatches<Request: Message & Sendable>: AsyncSequence, Sendable {
  public typealias Element = [Request]

  let channel: any CallChannel
  let context: CallContext

  public func makeAsyncIterator() -> Iterator {
    Iterator(channel: channel, context: context)
  }

  public struct Iterator: AsyncIteratorProtocol {
    let channel: any CallChannel
    let context: CallContext
    var waiting: Deque<WireMessage> = []
    /// Of the message behind those that were given out; nothing follows it.
    var failure: RPCError?

    /// - Throws: `RPCError` when the call is over before the client has half-closed.
    public mutating func next() async throws -> [Request]? {
      if let failure { throw failure }
      while waiting.isEmpty {
        guard let next = try await channel.takeRequests() else { return nil }
        waiting = next
      }
      let messages = waiting.takeBatch()
      var batch: [Request] = []
      batch.reserveCapacity(messages.count)
      do throws(RPCError) {
        for message in messages {
          batch.append(
            message.codec == 0
              ? try Request(plainRequest: message.bytes, context) : try await Request(request: message, context))
        }
      } catch {
        failure = error
        if batch.isEmpty { throw error }
      }
      return batch
    }
  }
}

extension RequestStream {
  /// The same requests by arrays. Read a stream in one of the two ways.
  public var batches: RequestBatches<Request> { RequestBatches(channel: channel, context: context) }
}

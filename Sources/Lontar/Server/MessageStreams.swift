internal import DequeModule
internal import LontarWire
internal import NIOCore
public import SwiftProtobuf

/// Sends the messages of a stream. A slow reader holds `write` back, so memory stays bounded.
public struct ResponseWriter<Response: Message & Sendable>: Sendable {
  let sink: any ResponseSink
  let context: CallContext

  /// - Parameter compressed: false: this message goes as it is, also in a call that compresses its answers.
  /// - Throws: `RPCError` or `CancellationError` when the call is over; stop then.
  public func write(_ message: Response, compressed: Bool = true) async throws {
    try await sink.send(try await message.wireMessage(context, compressed: compressed))
  }
}

/// The requests of a client-streaming or bidirectional call, to be read once. Whoever reads slowly holds the client back.
public struct RequestStream<Request: Message & Sendable>: AsyncSequence, Sendable {
  public typealias Element = Request

  let channel: any CallChannel
  let context: CallContext

  public func makeAsyncIterator() -> Iterator {
    Iterator(channel: channel, context: context)
  }

  public struct Iterator: AsyncIteratorProtocol {
    let channel: any CallChannel
    let context: CallContext
    /// Taken in one go, so that most messages cost no visit to the event loop.
    var batch: Deque<WireMessage> = []

    /// - Throws: `RPCError` when the call is over before the client has half-closed.
    public mutating func next() async throws -> Request? {
      while batch.isEmpty {
        guard let next = try await channel.takeRequests() else { return nil }
        batch = next
      }
      return try await Request(request: batch.removeFirst(), context)
    }
  }
}

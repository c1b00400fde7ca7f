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
    let compresses = compressed && context.facts.answerCodec != nil
    let message = compresses ? try await message.wireMessage(context) : WireMessage(try message.lontarBytes())
    switch try sink.sendNow(message) {
    case .queued: return
    case .full: try await sink.waitForRoom()
    case .elsewhere: try await sink.send(message)
    }
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
      let message = batch.removeFirst()
      if message.codec == 0 { return try Request(plainRequest: message.bytes, context) }
      return try await Request(request: message, context)
    }
  }
}

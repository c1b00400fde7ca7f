internal import DequeModule
internal import NIOCore
public import SwiftProtobuf

/// Sends the messages of a stream. A slow reader holds `write` back, so memory stays bounded.
public struct ResponseWriter<Response: Message & Sendable>: Sendable {
  let sink: any ResponseSink

  /// - Throws: `RPCError` or `CancellationError` when the call is over; stop then.
  public func write(_ message: Response) async throws {
    let bytes = try message.lontarBytes()
    switch try sink.sendNow(bytes) {
    case .queued: return
    case .full: try await sink.waitForRoom()
    case .elsewhere: try await sink.send(bytes)
    }
  }
}

/// The requests of a client-streaming or bidirectional call, to be read once. Whoever reads slowly holds the client back.
public struct RequestStream<Request: Message & Sendable>: AsyncSequence, Sendable {
  public typealias Element = Request

  let channel: any CallChannel

  public func makeAsyncIterator() -> Iterator {
    Iterator(channel: channel)
  }

  public struct Iterator: AsyncIteratorProtocol {
    let channel: any CallChannel
    /// Taken in one go, so that most messages cost no visit to the event loop.
    var batch: Deque<ByteBuffer> = []

    /// - Throws: `RPCError` when the call is over before the client has half-closed.
    public mutating func next() async throws -> Request? {
      while batch.isEmpty {
        guard let next = try await channel.takeRequests() else { return nil }
        batch = next
      }
      return try Request(request: batch.removeFirst())
    }
  }
}

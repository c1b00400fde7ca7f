internal import DequeModule
internal import LontarWire
internal import NIOCore
public import SwiftProtobuf

/// The answers of a call, to be read once. Whoever reads slowly holds the server back.
public struct ResponseStream<Response: Message & Sendable>: AsyncSequence, Sendable {
  public typealias Element = Response
  public typealias Failure = RPCError

  let lease: CallLease

  public func makeAsyncIterator() -> Iterator {
    Iterator(lease: lease)
  }

  /// What the server said before its first message; waits for that.
  public var initialMetadata: Metadata {
    get async throws(RPCError) { try await lease.initialMetadata() }
  }

  /// What the server said with the status; empty until the stream has been read to its end.
  public var trailingMetadata: Metadata { lease.trailingMetadata }

  public struct Iterator: AsyncIteratorProtocol {
    let lease: CallLease
    /// Taken from the call in one go, so that most messages cost no visit to the event loop.
    var batch: Deque<WireMessage> = []

    public mutating func next() async throws(RPCError) -> Response? {
      try await next(isolation: nil)
    }

    public mutating func next(isolation actor: isolated (any Actor)?) async throws(RPCError) -> Response? {
      while batch.isEmpty {
        guard let next = try await lease.take() else { return nil }
        batch = next
      }
      let message = batch.removeFirst()
      if message.codec == 0 { return try Response(plainAnswer: message.bytes) }
      return try await Response(answer: message)
    }
  }
}

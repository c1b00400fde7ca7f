internal import DequeModule
internal import NIOCore
public import SwiftProtobuf

/// Sends the requests of a client-streaming or bidirectional call. A slow server holds `write` back, so memory stays bounded.
public struct RequestWriter<Request: Message & Sendable>: Sendable {
  let lease: CallLease

  /// - Throws: the call's end. CANCELLED with a server that has answered early: stop writing, the answer is there.
  public func write(_ message: Request) async throws(RPCError) {
    let bytes: ByteBuffer
    do {
      bytes = try message.lontarBytes()
    } catch {
      throw RPCError(.internalError, "the request can't be encoded: \(error)", cause: error)
    }
    try await lease.send(bytes)
  }

  /// No more requests follow. A second time does nothing.
  public func finish() {
    lease.halfClose()
  }
}

/// A stream of requests and the one answer to it.
public struct ClientStreamingCall<Request: Message & Sendable, Response: Message & Sendable>: Sendable {
  public let requests: RequestWriter<Request>
  let lease: CallLease

  /// Half-closes and waits for the answer. Ask once.
  public func response() async throws(RPCError) -> Response {
    lease.halfClose()
    var messages: Deque<ByteBuffer> = []
    while let next = try await lease.take() { messages += next }
    guard messages.count == 1 else { throw ClientCall.cardinality(messages.count) }
    return try Response(answer: messages[0])
  }

  /// What the server said with the status; empty before that.
  public var trailingMetadata: Metadata { lease.trailingMetadata }
}

/// Streams both ways.
public struct BidirectionalCall<Request: Message & Sendable, Response: Message & Sendable>: Sendable {
  public let requests: RequestWriter<Request>
  public let responses: ResponseStream<Response>
}

internal import DequeModule
internal import LontarCompression
internal import LontarWire
internal import NIOCore
public import SwiftProtobuf

/// Sends the requests of a client-streaming or bidirectional call. A slow server holds `write` back, so memory stays bounded.
public struct RequestWriter<Request: Message & Sendable>: Sendable {
  let lease: CallLease
  let codec: MessageCodec?

  /// - Parameter compressed: false: this message goes as it is, also in a call that compresses its requests.
  /// - Throws: the call's end. CANCELLED with a server that has answered early: stop writing, the answer is there.
  public func write(_ message: Request, compressed: Bool = true) async throws(RPCError) {
    let bytes: ByteBuffer
    do {
      bytes = try message.lontarBytes()
    } catch {
      throw RPCError(.internalError, "the request can't be encoded: \(error)", cause: error)
    }
    let compresses = compressed && codec != nil
    try await lease.send(compresses ? await OutgoingMessage(bytes, codec) : OutgoingMessage(bytes))
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
    var messages: Deque<WireMessage> = []
    while let next = try await lease.take() { messages += next }
    guard messages.count == 1 else { throw ClientCall.cardinality(messages.count) }
    return try await Response(answer: messages[0])
  }

  /// What the server said with the status; empty before that.
  public var trailingMetadata: Metadata { lease.trailingMetadata }
}

/// Streams both ways.
public struct BidirectionalCall<Request: Message & Sendable, Response: Message & Sendable>: Sendable {
  public let requests: RequestWriter<Request>
  public let responses: ResponseStream<Response>
}

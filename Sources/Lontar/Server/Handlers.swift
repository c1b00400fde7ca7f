internal import DequeModule
internal import LontarCompression
internal import LontarWire
internal import NIOCore
internal import SwiftProtobuf

/// A handler without its types: bytes in, bytes out.
protocol MethodHandler: Sendable {
  /// - Parameter message: the request of a method that takes just one; nil for the others, who take theirs from the channel.
  /// - Returns: the message that goes with the status; nil for streams.
  func answer(_ message: WireMessage?, _ context: CallContext, _ channel: any CallChannel) async throws -> WireMessage?
}

/// Where a stream's messages go.
protocol ResponseSink: AnyObject, Sendable {
  /// Queues the message without a suspension where that is possible, which is nearly always.
  func sendNow(_ message: WireMessage) throws -> SendResult
  /// Waits for room.
  func waitForRoom() async throws
  /// From any actor: returns when there is room for more; throws when the call is over.
  func send(_ message: WireMessage) async throws
}

extension ResponseSink {
  func sendNow(_ message: WireMessage) throws -> SendResult { .elsewhere }
  func waitForRoom() async throws {}
}

/// What became of a message: `full` is queued, but its writer has to wait; `elsewhere` is not, for this is not the event loop.
enum SendResult { case queued, full, elsewhere }

/// A call's messages both ways.
protocol CallChannel: ResponseSink {
  /// All requests that have come; waits for one if there is none. nil: the client has half-closed.
  func takeRequests() async throws -> Deque<WireMessage>?
}

struct UnaryHandler<Request: Message & Sendable, Response: Message & Sendable>: MethodHandler {
  let handler: @Sendable (Request, CallContext) async throws -> Response

  func answer(_ message: WireMessage?, _ context: CallContext, _ channel: any CallChannel) async throws -> WireMessage? {
    let request =
      if (message?.codec ?? 0) == 0 {
        try Request(plainRequest: message?.bytes ?? ByteBuffer(), context)
      } else {
        try await Request(request: message, context)
      }
    let answer = try await handler(request, context)
    guard context.facts.answerCodec != nil else { return WireMessage(try answer.lontarBytes()) }
    return try await answer.wireMessage(context)
  }
}

struct ServerStreamingHandler<Request: Message & Sendable, Response: Message & Sendable>: MethodHandler {
  let handler: @Sendable (Request, ResponseWriter<Response>, CallContext) async throws -> Void

  func answer(_ message: WireMessage?, _ context: CallContext, _ channel: any CallChannel) async throws -> WireMessage? {
    try await handler(Request(request: message, context), ResponseWriter(sink: channel, context: context), context)
    return nil
  }
}

struct ClientStreamingHandler<Request: Message & Sendable, Response: Message & Sendable>: MethodHandler {
  let handler: @Sendable (RequestStream<Request>, CallContext) async throws -> Response

  func answer(_ message: WireMessage?, _ context: CallContext, _ channel: any CallChannel) async throws -> WireMessage? {
    try await handler(RequestStream(channel: channel, context: context), context).wireMessage(context)
  }
}

struct BidirectionalHandler<Request: Message & Sendable, Response: Message & Sendable>: MethodHandler {
  let handler: @Sendable (RequestStream<Request>, ResponseWriter<Response>, CallContext) async throws -> Void

  func answer(_ message: WireMessage?, _ context: CallContext, _ channel: any CallChannel) async throws -> WireMessage? {
    try await handler(
      RequestStream(channel: channel, context: context), ResponseWriter(sink: channel, context: context), context)
    return nil
  }
}

extension Message {
  /// A request that came as it is. One that came compressed is for `init(request:)`: an asynchronous call costs as much as the
  /// decoding of a small message, and few messages need it.
  /// - Throws: `RPCError` INTERNAL if the bytes are not what they should be.
  init(plainRequest bytes: ByteBuffer, _ context: CallContext) throws(RPCError) {
    context.facts.noteRequest(0)
    do {
      try self.init(lontarBytes: bytes)
    } catch {
      throw RPCError(.internalError, "the request is not a \(Self.protoMessageName) message", cause: error)
    }
  }

  /// - Throws: `RPCError` INTERNAL if the bytes are not what they should be.
  init(request message: WireMessage?, _ context: CallContext) async throws(RPCError) {
    context.facts.noteRequest(message?.codec ?? 0)
    do {
      try self.init(lontarBytes: await message?.plain() ?? ByteBuffer())
    } catch {
      throw RPCError(.internalError, "the request is not a \(Self.protoMessageName) message", cause: error)
    }
  }

  /// As an answer of this call, compressed if its handler has said so.
  func wireMessage(_ context: CallContext, compressed: Bool = true) async throws -> WireMessage {
    let bytes = try lontarBytes()
    guard compressed, let codec = context.facts.answerCodec else { return WireMessage(bytes) }
    return await bytes.wireMessage(codec)
  }
}

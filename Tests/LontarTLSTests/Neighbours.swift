internal import NIOCore

// Handlers before and behind the TLS handler that do what it must be able to bear.

/// Stands for a socket that becomes unwritable, and writable again, in the middle of a write.
final class WritabilityFlicker: ChannelOutboundHandler {
  typealias OutboundIn = ByteBuffer
  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    context.write(data, promise: promise)
    context.fireChannelWritabilityChanged()
  }
}

/// What the transport is asked to do, in order.
final class TransportNotes: ChannelOutboundHandler {
  typealias OutboundIn = ByteBuffer
  private(set) var acts: [String] = []

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    acts.append("write")
    context.write(data, promise: promise)
  }

  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    acts.append("close")
    context.close(mode: mode, promise: promise)
  }
}

/// Passes what it reads on and closes the channel.
final class ClosesOnRead: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    context.fireChannelRead(data)
    context.close(promise: nil)
  }
}

final class ReadCounter: ChannelOutboundHandler {
  typealias OutboundIn = ByteBuffer
  private(set) var count = 0
  func read(context: ChannelHandlerContext) {
    count += 1
    context.read()
  }
}

/// A handler behind the TLS handler that does something at each event.
final class Meddler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  private let meddle: () -> Void

  init(_ meddle: @escaping () -> Void) {
    self.meddle = meddle
  }

  func channelActive(context: ChannelHandlerContext) {
    meddle()
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    meddle()
    context.fireChannelInactive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    meddle()
    context.fireUserInboundEventTriggered(event)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    meddle()
    context.fireChannelRead(data)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    meddle()
    context.fireChannelReadComplete()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    meddle()
    context.fireChannelWritabilityChanged()
  }
}

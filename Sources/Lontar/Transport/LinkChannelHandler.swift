internal import LontarTLS
internal import NIOCore

/// Joins a link to a socket's channel, behind TLS.
final class LinkChannelHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let link: any Link

  init(_ link: any Link) {
    self.link = link
  }

  func handlerAdded(context: ChannelHandlerContext) {
    link.attach(ChannelPipe(context))
    if context.channel.isActive { link.pipeIsActive() }
  }

  func channelActive(context: ChannelHandlerContext) {
    link.pipeIsActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    link.pipeClosed()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let completed = event as? TLSHandshakeCompleted { link.pipeIsOpen(peer: completed.peer) }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    link.receive(unwrapInboundIn(data))
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { link.pipeIsWritable() }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    link.pipeFailed(error)
  }
}

@available(*, unavailable)
extension LinkChannelHandler: Sendable {}

/// A channel as a link sees it.
private final class ChannelPipe: BytePipe {
  private let context: ChannelHandlerContext

  init(_ context: ChannelHandlerContext) {
    self.context = context
  }

  var eventLoop: any EventLoop { context.eventLoop }
  var isWritable: Bool { context.channel.isWritable }

  var remoteAddress: String? {
    guard let address = context.channel.remoteAddress, let host = address.ipAddress else { return nil }
    let port = address.port ?? 0
    return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }

  func write(_ bytes: ByteBuffer) {
    context.write(NIOAny(bytes), promise: nil)
  }

  func flush() {
    context.flush()
  }

  func close() {
    context.close(promise: nil)
  }

  func closeBehindWrites() {
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenComplete { _ in self.close() }
    context.writeAndFlush(NIOAny(ByteBuffer()), promise: written)
  }
}

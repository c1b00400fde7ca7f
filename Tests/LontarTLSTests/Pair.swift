internal import LontarTLS
internal import NIOCore
internal import NIOEmbedded
internal import Testing

/// A client and a server without sockets: the test carries the bytes.
final class Pair {
  let client: EmbeddedChannel
  let server: EmbeddedChannel
  let clientEvents = EventLog()
  let serverEvents = EventLog()

  init(
    client clientConfiguration: TLSClientConfiguration = Fitting.client(),
    server serverConfiguration: TLSServerConfiguration = Fitting.server()
  ) throws {
    client = EmbeddedChannel()
    server = EmbeddedChannel()
    try client.pipeline.syncOperations.addHandlers([TLSHandler(context: TLSContext(client: clientConfiguration)), clientEvents])
    try server.pipeline.syncOperations.addHandlers([TLSHandler(context: TLSContext(server: serverConfiguration)), serverEvents])
    let address = try SocketAddress(ipAddress: "127.0.0.1", port: 1)
    try client.connect(to: address).wait()
    try server.connect(to: address).wait()
  }

  /// The ClientHello.
  func firstMessage() throws -> ByteBuffer { try #require(try take(from: client)) }

  /// All ciphertext that waits to be carried.
  func take(from channel: EmbeddedChannel) throws -> ByteBuffer? {
    var all: ByteBuffer?
    while let next = try channel.readOutbound(as: ByteBuffer.self) { all.setOrWriteImmutableBuffer(next) }
    return all
  }

  /// Carries bytes until both sides are silent, in pieces if wanted, with a look before each delivery.
  func pump(pieceBytes: Int = .max, before: () -> Void = {}) throws {
    while true {
      let (up, down) = (try take(from: client), try take(from: server))
      if up == nil, down == nil { return }
      try deliver(up, to: server, pieceBytes, before)
      try deliver(down, to: client, pieceBytes, before)
    }
  }

  private func deliver(_ bytes: ByteBuffer?, to channel: EmbeddedChannel, _ pieceBytes: Int, _ before: () -> Void) throws {
    guard var rest = bytes else { return }
    while let piece = rest.readSlice(length: min(pieceBytes, rest.readableBytes)), piece.readableBytes > 0 {
      before()
      channel.pipeline.fireChannelRead(piece)
      before()
      channel.pipeline.fireChannelReadComplete()
    }
  }

  /// All plaintext that has arrived, and in how many reads.
  func plaintext(of channel: EmbeddedChannel) throws -> (bytes: ByteBuffer, reads: Int) {
    var (all, reads) = (ByteBuffer(), 0)
    while let next = try channel.readInbound(as: ByteBuffer.self) {
      all.writeImmutableBuffer(next)
      reads += 1
    }
    return (all, reads)
  }
}

/// Notes events and errors, passes bytes on.
final class EventLog: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  private(set) var completed: [TLSHandshakeCompleted] = []
  private(set) var errors: [TLSError] = []
  private(set) var isInactive = false
  var onWritabilityChanged: ((ChannelHandlerContext) -> Void)?

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let event = event as? TLSHandshakeCompleted { completed.append(event) }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if let error = error as? TLSError { errors.append(error) }
  }

  func channelInactive(context: ChannelHandlerContext) {
    isInactive = true
    context.fireChannelInactive()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    onWritabilityChanged?(context)
    context.fireChannelWritabilityChanged()
  }

  var codes: [TLSError.Code] { errors.map(\.code) }
}

package import NIOCore

/// Fired once, before the first plaintext, when both ends have proven what they must.
package struct TLSHandshakeCompleted: Sendable, Equatable {
  /// Nil only if our own configuration names no application protocol.
  package let applicationProtocol: String?
  /// Nil on a server whose client showed no certificate.
  package let peer: TLSPeer?
}

/// Turns ciphertext into plaintext and back. The first handler of a pipeline.
///
/// Inbound: one `ByteBuffer` for each batch of reads. Outbound: writes are collected until the flush, which makes one TLS write and one
/// channel write of them; their promises are fulfilled with it. Writability is the channel's and passes through: whoever writes is
/// expected to look at it.
///
/// Errors: exactly one `TLSError` through `errorCaught`, then the channel closes. A clean end fires none.
/// With the channel option `allowRemoteHalfClosure`, the peer's close_notify fires `ChannelEvent.inputClosed` and writing goes on;
/// without it, the connection is closed.
package final class TLSHandler: ChannelDuplexHandler {
  package typealias InboundIn = ByteBuffer
  package typealias InboundOut = ByteBuffer
  package typealias OutboundIn = ByteBuffer
  package typealias OutboundOut = ByteBuffer

  let session: TLSSession
  let limits: TLSLimits
  let allocator: ByteBufferAllocator
  @exclusivity(unchecked) var machine = TLSStateMachine()

  /// Decrypted and not yet handed on.
  @exclusivity(unchecked) var plaintext = ByteBuffer()
  /// A reader asked for bytes and has not got any since.
  @exclusivity(unchecked) var readRequested = false

  var early: EarlyWrites
  var batch = WriteBatch()
  /// Set while a batch goes out piece by piece: what is written meanwhile must wait its turn.
  @exclusivity(unchecked) var isEncrypting = false
  @exclusivity(unchecked) var flushAfterEncrypting = false
  /// Answers of OpenSSL's own (to key updates) since the peer last took what we sent.
  var unreadAnswerBytes = 0

  var handshakeTimer: Scheduled<Void>?
  var closeTimer: Scheduled<Void>?
  var closePromise: EventLoopPromise<Void>?

  /// - Throws: `TLSError` if OpenSSL cannot make a session.
  package init(context: TLSContext, allocator: ByteBufferAllocator = ByteBufferAllocator()) throws(TLSError) {
    session = try context.makeSession(allocator: allocator)
    limits = context.limits
    early = EarlyWrites(bytesMax: context.limits.queuedBytesMax)
    self.allocator = allocator
  }

  // MARK: Life

  package func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { start(context) }
  }

  package func channelActive(context: ChannelHandlerContext) {
    start(context)
    context.fireChannelActive()
  }

  package func channelInactive(context: ChannelHandlerContext) {
    deliverPlaintext(context)
    end(context)
    context.fireChannelInactive()
  }

  package func handlerRemoved(context: ChannelHandlerContext) {
    end(context)
  }

  package func errorCaught(context: ChannelHandlerContext, error: any Error) {
    fail(context, error as? TLSError ?? .connectionLost(error))
  }

  package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .some(.inputClosed) = event as? ChannelEvent {
      inputClosed(context)
    } else {
      context.fireUserInboundEventTriggered(event)
    }
  }

  // MARK: Handshake

  private func start(_ context: ChannelHandlerContext) {
    guard machine.start() else { return }
    handshakeTimer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limits.handshakeTimeout)) {
      guard self.machine.handshakeTimedOut() else { return }
      self.fail(context, .handshakeTimeout(after: self.limits.handshakeTimeout))
    }
    advanceHandshake(context)
    context.read()
  }

  func advanceHandshake(_ context: ChannelHandlerContext) {
    switch session.handshake() {
    case .needsBytes:
      session.releaseInbound()
      sendCiphertext(context)
    case .failed(let error): fail(context, error)
    case .done:
      sendCiphertext(context)
      if machine.handshakeFinished() { verify(context) }
    }
  }

  /// OpenSSL lets a handshake pass in which a side names no protocol; here that is a failure, though not a fatal one for OpenSSL, so the
  /// peer hears a close_notify.
  private func verify(_ context: ChannelHandlerContext) {
    let wanted = session.context.protocols.names
    let agreed = session.applicationProtocol
    guard wanted.isEmpty || agreed.map(wanted.contains) == true else {
      session.sendCloseNotify()
      return fail(context, .alpnMissing(expected: wanted))
    }
    guard machine.verified() else { return }
    handshakeTimer?.cancel()
    handshakeTimer = nil
    context.fireUserInboundEventTriggered(TLSHandshakeCompleted(applicationProtocol: agreed, peer: session.peer))
    sendEarlyWrites(context)
    // The peer's first bytes may have come right behind its Finished.
    if machine.inbound() != .ignore { decrypt(context) }
  }

  // MARK: Ends

  /// Reports the connection's first failure, lets the peer have OpenSSL's alert, and closes.
  func fail(_ context: ChannelHandlerContext, _ error: TLSError) {
    guard machine.fail() else { return }
    cancelTimers()
    // Before the plaintext, whose reader may close the channel.
    sendCiphertext(context)
    deliverPlaintext(context)
    failWrites(error)
    context.fireErrorCaught(error)
    context.close(promise: takeClosePromise())
  }

  /// The transport has ended, or this handler has been taken out.
  private func end(_ context: ChannelHandlerContext) {
    cancelTimers()
    switch machine.endOfStream() {
    case .clean: failWrites(.closed())
    case .truncated(let duringHandshake):
      let error = TLSError.truncated(duringHandshake: duringHandshake)
      failWrites(error)
      context.fireErrorCaught(error)
    }
    takeClosePromise()?.succeed()
  }

  /// A FIN with the other direction still open. After a close_notify it says nothing new; without one it is a truncation.
  private func inputClosed(_ context: ChannelHandlerContext) {
    switch machine.state {
    case .idle, .handshaking, .verifying: fail(context, .truncated(duringHandshake: true))
    case .active, .outputClosed: fail(context, .truncated(duringHandshake: false))
    case .closing: closeTransport(context)
    case .inputClosed, .closed: return
    }
  }

  func cancelTimers() {
    handshakeTimer?.cancel()
    handshakeTimer = nil
    closeTimer?.cancel()
    closeTimer = nil
  }

  func takeClosePromise() -> EventLoopPromise<Void>? {
    defer { closePromise = nil }
    return closePromise
  }
}

@available(*, unavailable)
extension TLSHandler: Sendable {}

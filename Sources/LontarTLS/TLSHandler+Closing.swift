package import NIOCore

extension TLSHandler {
  package func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    guard !isEncrypting else {
      // Asked for in the middle of a batch: our close_notify must not stand before the batch's end.
      return context.eventLoop.assumeIsolated().execute { self.close(context: context, mode: mode, promise: promise) }
    }
    switch mode {
    case .all: closeAll(context, promise)
    case .output: closeOutput(context, promise)
    case .input: promise?.fail(ChannelError.operationUnsupported)
    }
  }

  /// Ends the transport at once; whatever had to be said has been said.
  func closeTransport(_ context: ChannelHandlerContext) {
    cancelTimers()
    failWrites(.closed())
    context.close(promise: takeClosePromise())
  }

  /// Our last word, then the transport's end as soon as the word has left, or when the close timer says so.
  func sendCloseNotifyAndClose(_ context: ChannelHandlerContext) {
    handOutLastWords(context)
    startCloseTimer(context)
    let sent = context.eventLoop.makePromise(of: Void.self)
    sent.futureResult.assumeIsolated().whenComplete { _ in self.closeTransport(context) }
    sendCiphertext(context, promise: sent)
  }

  private func closeAll(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
    closePromise.setOrCascade(to: promise)
    switch machine.close() {
    case .closeTransport: closeTransport(context)
    case .sendCloseNotifyAndClose: sendCloseNotifyAndClose(context)
    case .sendCloseNotifyAndWait:
      handOutLastWords(context)
      sendCiphertext(context)
      startCloseTimer(context)
      context.read()
    case .wait:
      startCloseTimer(context)
      context.read()
    }
  }

  private func closeOutput(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
    switch machine.closeOutput() {
    case .sendCloseNotify:
      handOutLastWords(context)
      sendCiphertext(context)
      context.close(mode: .output, promise: promise)
    case .sendCloseNotifyAndClose:
      closePromise.setOrCascade(to: promise)
      sendCloseNotifyAndClose(context)
    case .refuse: promise?.fail(ChannelError.outputClosed)
    }
  }

  /// Encrypts what was written and not flushed, with our close_notify behind it.
  private func handOutLastWords(_ context: ChannelHandlerContext) {
    let last = batch.take()
    if case .done = session.write(last.data), let ciphertext = session.takeCiphertext() {
      context.write(Self.wrapOutboundOut(ciphertext), promise: last.promise)
    } else {
      last.promise?.succeed()
    }
    session.sendCloseNotify()
  }

  private func startCloseTimer(_ context: ChannelHandlerContext) {
    guard closeTimer == nil else { return }
    closeTimer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limits.closeTimeout)) {
      self.closeTimer = nil
      _ = self.machine.fail()
      self.closeTransport(context)
    }
  }
}

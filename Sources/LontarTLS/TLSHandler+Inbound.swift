package import NIOCore

extension TLSHandler {
  package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch machine.inbound() {
    case .handshake:
      session.receive(Self.unwrapInboundIn(data))
      advanceHandshake(context)
    case .decrypt, .decryptAndDiscard:
      session.receive(Self.unwrapInboundIn(data))
      decrypt(context)
    case .ignore: return
    }
  }

  package func channelReadComplete(context: ChannelHandlerContext) {
    if plaintext.readableBytes > 0 {
      deliverPlaintext(context)
      context.fireChannelReadComplete()
    } else if readRequested || machine.needsBytes {
      // A part of a record, or a handshake step: whoever asked for bytes has none yet.
      context.read()
    }
  }

  package func read(context: ChannelHandlerContext) {
    readRequested = true
    context.read()
  }

  /// Reads all records there are into one buffer. Calls nobody until the last one is read.
  func decrypt(_ context: ChannelHandlerContext) {
    if plaintext.readableBytes == 0 { plaintext.reuse(forBytes: session.plaintextBytesBound, allocator: allocator) }
    var end: TLSSession.ReadResult?
    reading: while session.mayHavePlaintext {
      let result = session.read(into: &plaintext)
      switch result {
      case .bytes: continue
      case .needsBytes: break reading
      case .closeNotify, .failed:
        end = result
        break reading
      }
    }
    session.releaseInbound()
    if machine.inbound() == .decryptAndDiscard { plaintext.clear() }
    switch end {
    case .failed(let error): fail(context, error)
    case .closeNotify: closeNotifyReceived(context)
    case .bytes, .needsBytes, nil: answerPeer(context)
    }
  }

  /// Sends what OpenSSL answers by itself. A peer that makes it answer and takes nothing would fill our memory.
  private func answerPeer(_ context: ChannelHandlerContext) {
    guard let answer = session.takeCiphertext() else { return }
    unreadAnswerBytes = context.channel.isWritable ? 0 : unreadAnswerBytes + answer.readableBytes
    let limit = limits.unreadAnswerBytesMax
    guard unreadAnswerBytes <= limit else { return fail(context, TLSError.answersUnread(limitBytes: limit)) }
    context.writeAndFlush(Self.wrapOutboundOut(answer), promise: nil)
  }

  func deliverPlaintext(_ context: ChannelHandlerContext) {
    guard plaintext.readableBytes > 0 else { return }
    let delivered = plaintext
    // Before the call: the reader may write, close, or make the channel read again. The storage is reused if the reader lets go of it.
    plaintext.moveReaderIndex(to: plaintext.writerIndex)
    readRequested = false
    context.fireChannelRead(Self.wrapInboundOut(delivered))
  }

  private func closeNotifyReceived(_ context: ChannelHandlerContext) {
    let keepsOutput = (try? context.channel.syncOptions?.getOption(.allowRemoteHalfClosure)) ?? false
    deliverPlaintext(context)
    switch machine.closeNotifyReceived(keepsOutput: keepsOutput) {
    case .reportInputClosed:
      context.fireChannelReadComplete()
      context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    case .answerAndClose: sendCloseNotifyAndClose(context)
    case .closeTransport: closeTransport(context)
    case .ignore: return
    }
  }
}

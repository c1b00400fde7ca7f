package import NIOCore

extension TLSHandler {
  package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    let data = Self.unwrapOutboundIn(data)
    switch machine.outbound() {
    case .encrypt: stage(context, data, promise)
    case .queue:
      guard !early.append(data, promise: promise) else { return }
      let error = TLSError.queueFull(limitBytes: limits.queuedBytesMax)
      promise?.fail(error)
      fail(context, error)
    case .refuse: promise?.fail(TLSError.closed())
    }
  }

  package func flush(context: ChannelHandlerContext) {
    switch machine.outbound() {
    case .queue: early.markFlush()
    case .encrypt:
      if isEncrypting {
        flushAfterEncrypting = true
      } else {
        encryptBatch(context)
        context.flush()
      }
    case .refuse: context.flush()
    }
  }

  func sendEarlyWrites(_ context: ChannelHandlerContext) {
    while machine.outbound() == .encrypt, let (entry, endsFlush) = early.removeFirst() {
      stage(context, entry.data, entry.promise)
      if endsFlush { flush(context: context) }
    }
  }

  /// Ciphertext that OpenSSL made on its own account (handshake, alerts, close_notify), at once.
  func sendCiphertext(_ context: ChannelHandlerContext, promise: EventLoopPromise<Void>? = nil) {
    if let ciphertext = session.takeCiphertext() {
      context.writeAndFlush(Self.wrapOutboundOut(ciphertext), promise: promise)
    } else {
      promise?.succeed()
    }
  }

  func failWrites(_ error: TLSError) {
    while let (entry, _) = early.removeFirst() { entry.promise?.fail(error) }
    batch.take().promise?.fail(error)
  }

  /// A full batch goes to the channel before the flush, where its bytes count for writability.
  private func stage(_ context: ChannelHandlerContext, _ data: ByteBuffer, _ promise: EventLoopPromise<Void>?) {
    if !isEncrypting, !batch.hasRoom(for: data) { encryptBatch(context) }
    batch.append(data, promise: promise, allocator: allocator)
    // Nothing more fits: whoever wrote this can have its storage back now.
    if !isEncrypting, batch.isFull { encryptBatch(context) }
  }

  /// Encrypts what is staged and writes it to the channel, without a flush.
  ///
  /// A channel write may call back into this handler through a change of writability. What is written then is staged and goes out in
  /// another round, behind the rest of this one.
  private func encryptBatch(_ context: ChannelHandlerContext) {
    isEncrypting = true
    while !batch.isEmpty {
      let taken = batch.take()
      let failure = encrypt(context, taken.data, taken.promise)
      batch.recycle(taken)
      if let failure {
        isEncrypting = false
        taken.promise?.fail(failure)
        return fail(context, failure)
      }
      guard flushAfterEncrypting else { break }
      flushAfterEncrypting = false
    }
    isEncrypting = false
  }

  private func encrypt(_ context: ChannelHandlerContext, _ data: ByteBuffer, _ promise: EventLoopPromise<Void>?) -> TLSError? {
    var rest = data
    repeat {
      guard machine.outbound() == .encrypt else { return .closed() }
      let isLast = rest.readableBytes <= WriteBatch.bytesMax
      switch session.write(isLast ? rest : rest.readSlice(length: WriteBatch.bytesMax)!) {
      case .done: break
      case .failed(let error): return error
      case .needsBytes: return TLSError(.internalFault, "OpenSSL did not encrypt", remedy: "connect again")
      }
      // An empty write with a promise becomes an empty channel write, which keeps the promise's place in the order.
      let ciphertext = session.takeCiphertext() ?? ByteBuffer()
      context.write(Self.wrapOutboundOut(ciphertext), promise: isLast ? promise : nil)
      if isLast { return nil }
    } while true
  }
}

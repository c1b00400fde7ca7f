internal import COpenSSL
internal import LontarTLS
internal import NIOCore
internal import NIOEmbedded
internal import Testing

/// The handler's finer points, byte by byte and without sockets.
@Suite struct HandlerTests {
  private func active(
    client: TLSClientConfiguration = Fitting.client(), server: TLSServerConfiguration = Fitting.server()
  ) throws -> Pair {
    let pair = try Pair(client: client, server: server)
    try pair.pump()
    try #require(pair.clientEvents.completed.count == 1 && pair.serverEvents.completed.count == 1)
    return pair
  }

  private func staleEntry() { lontar_err_raise(99, "left behind by someone else") }

  @Test(arguments: [1, 2, 3, 5, 1_000])
  func `entries that others left in OpenSSL's error queue do no harm`(pieceBytes: Int) throws {
    staleEntry()
    let pair = try Pair()
    try pair.pump(pieceBytes: pieceBytes, before: staleEntry)
    #expect(pair.serverEvents.completed.count == 1)
    for bytes in [1, 16_385] {
      staleEntry()
      pair.client.write(pattern(bytes), promise: nil)
      staleEntry()
      pair.client.flush()
      try pair.pump(pieceBytes: pieceBytes, before: staleEntry)
      #expect(try pair.plaintext(of: pair.server).bytes == pattern(bytes))
    }
    staleEntry()
    pair.client.close(promise: nil)
    try pair.pump(pieceBytes: pieceBytes, before: staleEntry)
    #expect(pair.clientEvents.errors.isEmpty && pair.serverEvents.errors.isEmpty)
    #expect(pair.clientEvents.isInactive && pair.serverEvents.isInactive)
    ERR_clear_error()
  }

  /// Whoever is called from within the handler may use OpenSSL too: each event and each read leaves an entry, between one OpenSSL call
  /// of the handler and its next.
  @Test(arguments: [1, 7, 1_000]) func `entries that are left amid the handler's work do no harm`(pieceBytes: Int) throws {
    let pair = try Pair()
    for channel in [pair.client, pair.server] {
      try channel.pipeline.syncOperations.addHandler(Meddler(staleEntry))
    }
    try pair.pump(pieceBytes: pieceBytes, before: staleEntry)
    #expect(pair.clientEvents.completed.count == 1 && pair.serverEvents.completed.count == 1)
    for (from, to) in [(pair.client, pair.server), (pair.server, pair.client)] {
      for bytes in [1, 16_384, 100_000] {
        // Several pieces, an OpenSSL call each, and a meddler's between them.
        from.writeAndFlush(pattern(bytes), promise: nil)
        try pair.pump(pieceBytes: pieceBytes == 1 ? 5_000 : .max, before: staleEntry)
        #expect(try pair.plaintext(of: to).bytes == pattern(bytes))
      }
    }
    pair.server.close(promise: nil)
    try pair.pump(pieceBytes: pieceBytes, before: staleEntry)
    #expect(pair.clientEvents.errors.isEmpty && pair.serverEvents.errors.isEmpty)
    #expect(pair.clientEvents.isInactive && pair.serverEvents.isInactive)
    ERR_clear_error()
  }

  @Test func `writes between two flushes leave as one record and one write`() throws {
    let pair = try active()
    for _ in 0..<10 { pair.client.write(pattern(100), promise: nil) }
    #expect(try pair.client.readOutbound(as: ByteBuffer.self) == nil, "nothing leaves before the flush")
    pair.client.flush()
    // RFC 8446, section 5.2: header 5, content type 1, tag 16.
    #expect(try pair.client.readOutbound(as: ByteBuffer.self)?.readableBytes == 1_000 + 22)
    #expect(try pair.client.readOutbound(as: ByteBuffer.self) == nil)
  }

  @Test func `a large write leaves in pieces of three full records`() throws {
    let pair = try active()
    pair.client.writeAndFlush(pattern(100_000), promise: nil)
    var sizes: [Int] = []
    while let piece = try pair.client.readOutbound(as: ByteBuffer.self) { sizes.append(piece.readableBytes) }
    #expect(sizes == [3 * 16_406, 3 * 16_406, 100_000 - 6 * 16_384 + 22])
  }

  @Test func `all records of a batch of reads arrive as one buffer`() throws {
    let pair = try active()
    for number in 0..<5 as Range<UInt8> { pair.client.writeAndFlush(ByteBuffer(repeating: number, count: 20_000), promise: nil) }
    while let piece = try pair.client.readOutbound(as: ByteBuffer.self) { pair.server.pipeline.fireChannelRead(piece) }
    #expect(try pair.server.readInbound(as: ByteBuffer.self) == nil)
    pair.server.pipeline.fireChannelReadComplete()
    let arrived = try pair.plaintext(of: pair.server)
    #expect(arrived.reads == 1)
    #expect(arrived.bytes == ByteBuffer(bytes: (0..<5 as Range<UInt8>).flatMap { [UInt8](repeating: $0, count: 20_000) }))
  }

  @Test func `bytes behind the last handshake message are delivered`() throws {
    let pair = try Pair()
    pair.client.writeAndFlush(ByteBuffer(string: "early"), promise: nil)
    pair.server.pipeline.fireChannelRead(try pair.firstMessage())
    let flight = try #require(try pair.take(from: pair.server))
    pair.client.pipeline.fireChannelRead(flight)
    let finishedAndData = try #require(try pair.take(from: pair.client))
    pair.server.pipeline.fireChannelRead(finishedAndData)
    pair.server.pipeline.fireChannelReadComplete()
    #expect(pair.serverEvents.completed.count == 1)
    #expect(try pair.plaintext(of: pair.server).bytes == ByteBuffer(string: "early"))
  }

  @Test func `a write before the handshake without a flush waits for one`() throws {
    let pair = try Pair()
    pair.client.write(ByteBuffer(string: "one "), promise: nil)
    pair.client.flush()
    pair.client.write(ByteBuffer(string: "two"), promise: nil)
    try pair.pump()
    #expect(try pair.plaintext(of: pair.server).bytes == ByteBuffer(string: "one "))
    pair.client.flush()
    try pair.pump()
    #expect(try pair.plaintext(of: pair.server).bytes == ByteBuffer(string: "two"))
  }

  @Test(arguments: [(1_000, true), (1_001, false)])
  func `the queue before the handshake holds its bytes and not one more`(bytes: Int, fits: Bool) throws {
    let pair = try Pair(client: Fitting.client { $0.limits.queuedBytesMax = 1_000 })
    let first = pair.client.write(pattern(600))
    let second = pair.client.write(pattern(bytes - 600))
    pair.client.flush()
    try pair.pump()
    #expect(pair.clientEvents.codes == (fits ? [] : [.queueFull]))
    #expect(pair.serverEvents.completed.count == (fits ? 1 : 0))
    if fits {
      try first.wait()
      try second.wait()
    } else {
      #expect(throws: TLSError.self) { try first.wait() }
      #expect(throws: TLSError.self) { try second.wait() }
      #expect(!pair.client.isActive)
    }
  }

  @Test(arguments: [(9_999, false), (10_000, true)])
  func `a handshake has ten seconds`(milliseconds: Int64, isOver: Bool) throws {
    let pair = try Pair(server: Fitting.server { $0.limits = TLSLimits() })
    pair.server.embeddedEventLoop.advanceTime(by: .milliseconds(milliseconds))
    #expect(pair.serverEvents.codes == (isOver ? [.handshakeTimeout] : []))
    #expect(pair.server.isActive == !isOver)
  }

  @Test func `an established connection has no such limit`() throws {
    let pair = try active()
    pair.server.embeddedEventLoop.advanceTime(by: .hours(1))
    #expect(pair.serverEvents.codes.isEmpty && pair.server.isActive)
  }

  @Test(arguments: [(4_999, false), (5_000, true)])
  func `a peer has five seconds to answer a close`(milliseconds: Int64, isOver: Bool) throws {
    let pair = try active(client: Fitting.client { $0.limits = TLSLimits() })
    let closed = pair.client.close()
    #expect(pair.client.isActive)
    pair.client.embeddedEventLoop.advanceTime(by: .milliseconds(milliseconds))
    #expect(pair.client.isActive == !isOver)
    if !isOver { try pair.pump() }
    try closed.wait()
    #expect(pair.clientEvents.errors.isEmpty)
  }

  @Test func `two sides that close at the same time end in order`() throws {
    let pair = try active()
    let both = (pair.client.close(), pair.server.close())
    try pair.pump()
    try both.0.wait()
    try both.1.wait()
    #expect(pair.clientEvents.errors.isEmpty && pair.serverEvents.errors.isEmpty)
  }

  @Test func `closing twice fulfils both promises`() throws {
    let pair = try active()
    let both = (pair.client.close(), pair.client.close())
    try pair.pump()
    try both.0.wait()
    try both.1.wait()
  }

  @Test func `closing during the handshake ends at once and fails what was written`() throws {
    let pair = try Pair()
    let write = pair.client.writeAndFlush(ByteBuffer(string: "never"))
    try pair.client.close().wait()
    #expect((#expect(throws: TLSError.self) { try write.wait() })?.code == .closed)
    #expect(pair.clientEvents.errors.isEmpty)
  }

  @Test func `a record that was changed on the way ends the connection with an alert`() throws {
    let pair = try active()
    pair.client.writeAndFlush(pattern(100), promise: nil)
    let record = try #require(try pair.take(from: pair.client))
    for bit in stride(from: 0, to: record.readableBytes * 8, by: 61) {
      let pair = try active()
      pair.client.writeAndFlush(pattern(100), promise: nil)
      var changed = try #require(try pair.take(from: pair.client))
      let old = changed.getInteger(at: changed.readerIndex + bit / 8, as: UInt8.self)!
      changed.setInteger(old ^ (1 << UInt8(bit % 8)), at: changed.readerIndex + bit / 8)
      pair.server.pipeline.fireChannelRead(changed)
      pair.server.pipeline.fireChannelReadComplete()
      let waitsForMore = (3..<5).contains(bit / 8) && pair.serverEvents.errors.isEmpty
      #expect(waitsForMore || pair.serverEvents.codes == [.recordInvalid], "bit \(bit)")
      #expect(try pair.plaintext(of: pair.server).reads == 0)
      if waitsForMore { continue }
      let alert = try #require(try pair.take(from: pair.server))
      pair.client.pipeline.fireChannelRead(alert)
      #expect(pair.clientEvents.codes == [.refusedByPeer])
    }
  }

  @Test func `the alert for a changed record leaves even if the reader of the one before closes the channel`() throws {
    let pair = try active()
    let transport = TransportNotes()
    try pair.server.pipeline.syncOperations.addHandler(transport, position: .first)
    try pair.server.pipeline.syncOperations.addHandler(ClosesOnRead())
    var both = ByteBuffer()
    for _ in 0..<2 {
      pair.client.writeAndFlush(pattern(100), promise: nil)
      both.writeImmutableBuffer(try #require(try pair.take(from: pair.client)))
    }
    let last = both.writerIndex - 1
    both.setInteger(both.getInteger(at: last, as: UInt8.self)! ^ 1, at: last)
    pair.server.pipeline.fireChannelRead(both)
    pair.server.pipeline.fireChannelReadComplete()
    #expect(try pair.plaintext(of: pair.server).bytes == pattern(100))
    #expect(transport.acts.prefix(2) == ["write", "close"])
    let alert = try #require(try pair.take(from: pair.server))
    pair.client.pipeline.fireChannelRead(alert)
    #expect(pair.clientEvents.codes == [.refusedByPeer])
  }

  @Test func `a record that is cut anywhere is a truncation`() throws {
    let size = 100 + 22
    for count in 0..<size {
      let pair = try active()
      pair.client.writeAndFlush(pattern(100), promise: nil)
      let record = try #require(try pair.take(from: pair.client))
      try #require(record.readableBytes == size)
      pair.server.pipeline.fireChannelRead(record.getSlice(at: record.readerIndex, length: count)!)
      pair.server.pipeline.fireChannelReadComplete()
      pair.server.pipeline.fireChannelInactive()
      #expect(pair.serverEvents.codes == [.truncated])
      #expect(try pair.plaintext(of: pair.server).reads == 0)
    }
  }

  @Test func `a write from within a write takes its place behind it`() throws {
    let pair = try active()
    // Stands for a socket that becomes unwritable in the middle of a large write.
    try pair.client.pipeline.syncOperations.addHandler(WritabilityFlicker(), position: .first)
    var pending = true
    pair.clientEvents.onWritabilityChanged = { context in
      guard pending else { return }
      pending = false
      context.channel.writeAndFlush(ByteBuffer(string: "behind"), promise: nil)
    }
    pair.client.writeAndFlush(pattern(200_000), promise: nil)
    try pair.pump()
    var expected = pattern(200_000)
    expected.writeString("behind")
    #expect(try pair.plaintext(of: pair.server).bytes == expected)
  }

  @Test func `a close from within a write comes behind it`() throws {
    let pair = try active()
    try pair.client.pipeline.syncOperations.addHandler(WritabilityFlicker(), position: .first)
    var pending = true
    pair.clientEvents.onWritabilityChanged = { context in
      guard pending else { return }
      pending = false
      context.channel.close(promise: nil)
    }
    pair.client.writeAndFlush(pattern(200_000), promise: nil)
    pair.client.embeddedEventLoop.run()
    try pair.pump()
    #expect(try pair.plaintext(of: pair.server).bytes == pattern(200_000))
    #expect(pair.serverEvents.errors.isEmpty)
  }

  @Test func `a reader that waits is kept supplied through half records`() throws {
    let pair = try active()
    let reads = ReadCounter()
    try pair.server.pipeline.syncOperations.addHandler(reads, position: .first)
    pair.client.writeAndFlush(pattern(100), promise: nil)
    let record = try #require(try pair.take(from: pair.client))
    pair.server.read()
    #expect(reads.count == 1)
    pair.server.pipeline.fireChannelRead(record.getSlice(at: record.readerIndex, length: 50)!)
    pair.server.pipeline.fireChannelReadComplete()
    #expect(reads.count == 2)
    pair.server.pipeline.fireChannelRead(record.getSlice(at: record.readerIndex + 50, length: 72)!)
    pair.server.pipeline.fireChannelReadComplete()
    #expect(reads.count == 2, "the reader has its bytes and decides itself")
    #expect(try pair.plaintext(of: pair.server).bytes == pattern(100))
  }

  @Test func `an error of the transport is reported as a lost connection, once`() throws {
    let pair = try active()
    pair.server.pipeline.fireErrorCaught(IOError(errnoCode: 104, reason: "read"))
    pair.server.pipeline.fireChannelInactive()
    #expect(pair.serverEvents.codes == [.connectionLost])
  }
}

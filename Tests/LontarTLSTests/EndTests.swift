internal import LontarTLS
internal import NIOCore
internal import Testing

/// How connections end: in order, half, cut off, or never begun.
@Suite struct EndTests {
  /// Ends the TCP connection below TLS, as a crashed process would.
  private func cut(_ conversation: Conversation) async throws {
    let channel = conversation.channel
    try await channel.eventLoop.submit {
      try channel.pipeline.syncOperations.context(handlerType: TLSHandler.self).close(mode: .all, promise: nil)
    }.get()
    try await channel.closeFuture.get()
  }

  @Test func `an end without close_notify is a truncation, and what came before it arrives`() async throws {
    let server = try await TestServer(TLSContextBox(Fitting.server()), echoes: false)
    let client = try await Connect.tls(to: server.port, Fitting.client())
    try await client.send(pattern(1_000))
    let connection = await server.nextConnection()
    #expect(try await connection.received(atLeast: 1_000) == pattern(1_000))
    try await cut(client)
    let seen = try await connection.outcome()
    #expect(seen.codes == [.truncated])
    #expect(seen.errors.first?.parameters["phase"] == "data")
    #expect(seen.received == pattern(1_000))
    try await server.stop()
  }

  @Test func `an end without close_notify is a truncation with half closure allowed too`() async throws {
    let server = try await TestServer(TLSContextBox(Fitting.server()), echoes: false, halfClosure: true)
    let client = try await Connect.tls(to: server.port, Fitting.client())
    let connection = await server.nextConnection()
    _ = try await connection.handshake()
    try await cut(client)
    let seen = try await connection.outcome()
    #expect(seen.codes == [.truncated])
    #expect(!seen.inputClosed)
    try await server.stop()
  }

  @Test(arguments: [true, false])
  func `a close in order is no error on either side`(clientCloses: Bool) async throws {
    let server = try await TestServer(TLSContextBox(Fitting.server()), echoes: false)
    let client = try await Connect.tls(to: server.port, Fitting.client())
    _ = try await client.handshake()
    let connection = await server.nextConnection()
    _ = try await connection.handshake()
    try await (clientCloses ? client : connection).channel.close()
    let seen = try await (client.outcome(), connection.outcome())
    #expect(seen.0.codes.isEmpty && seen.0.otherErrors.isEmpty)
    #expect(seen.1.codes.isEmpty && seen.1.otherErrors.isEmpty)
    try await server.stop()
  }

  @Test func `what was written before a close arrives`() async throws {
    let server = try await TestServer(TLSContextBox(Fitting.server()), echoes: false)
    let client = try await Connect.tls(to: server.port, Fitting.client())
    _ = try await client.handshake()
    client.channel.write(pattern(3 << 20), promise: nil)
    client.channel.write(ByteBuffer(string: "end"), promise: nil)
    try await client.channel.close()
    var expected = pattern(3 << 20)
    expected.writeString("end")
    #expect(try await server.nextConnection().outcome().received == expected)
    try await server.stop()
  }

  @Test func `one direction can close while the other goes on`() async throws {
    let server = try await TestServer(TLSContextBox(Fitting.server()), echoes: false, halfClosure: true)
    let client = try await Connect.tls(to: server.port, Fitting.client())
    try await client.send(ByteBuffer(string: "question"))
    try await client.channel.close(mode: .output)
    let connection = await server.nextConnection()
    try await connection.inputClosed()
    #expect(try await connection.received(atLeast: 8) == ByteBuffer(string: "question"))
    try await connection.send(pattern(100_000))
    #expect(try await client.received(atLeast: 100_000) == pattern(100_000))
    let late = await #expect(throws: TLSError.self) { try await client.send(ByteBuffer(string: "too late")) }
    #expect(late?.code == .closed)
    try await connection.channel.close()
    let seen = try await (client.outcome(), connection.outcome())
    #expect(seen.0.codes.isEmpty)
    #expect(seen.1.codes.isEmpty)
    try await server.stop()
  }

  @Test func `a half close is answered with a close where half closure is not allowed`() async throws {
    let server = try await TestServer(TLSContextBox(Fitting.server()), echoes: false)
    let client = try await Connect.tls(to: server.port, Fitting.client())
    _ = try await client.handshake()
    try await client.channel.close(mode: .output)
    let seen = try await (client.outcome(), server.nextConnection().outcome())
    #expect(seen.0.codes.isEmpty)
    #expect(seen.1.codes.isEmpty)
    try await server.stop()
  }

  // MARK: Never begun

  enum Stranger: String, CaseIterable {
    case http, http2, ssh, zeros, letters

    var bytes: ByteBuffer {
      switch self {
      case .http: ByteBuffer(string: "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
      case .http2: ByteBuffer(string: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
      case .ssh: ByteBuffer(string: "SSH-2.0-OpenSSH_9.2\r\n")
      case .zeros: ByteBuffer(repeating: 0, count: 16)
      case .letters: ByteBuffer(repeating: UInt8(ascii: "A"), count: 70_000)
      }
    }
  }

  @Test(arguments: Stranger.allCases)
  func `a peer that does not speak TLS is told so`(stranger: Stranger) async throws {
    let server = try await TestServer(TLSContextBox(Fitting.server()))
    let client = try await Connect.raw(to: server.port)
    client.channel.writeAndFlush(stranger.bytes, promise: nil)
    let seen = try await server.nextConnection().outcome()
    #expect(seen.codes == [.notTLS])
    #expect(seen.reads == 0)
    _ = try await client.outcome()
    try await server.stop()
  }

  @Test func `a first message that is cut anywhere is a truncation`() async throws {
    let hello = try Pair().firstMessage()
    #expect(hello.readableBytes > 100)
    let server = try await TestServer(TLSContextBox(Fitting.server()))
    for count in 0..<hello.readableBytes {
      let client = try await Connect.raw(to: server.port)
      let connection = await server.nextConnection()
      if count > 0 { try await client.send(hello.getSlice(at: hello.readerIndex, length: count)!) }
      try await client.channel.close()
      let seen = try await connection.outcome()
      #expect(seen.codes == [.truncated], "after \(count) bytes")
      #expect(seen.errors.first?.parameters["phase"] == "handshake")
    }
    try await server.stop()
  }
}

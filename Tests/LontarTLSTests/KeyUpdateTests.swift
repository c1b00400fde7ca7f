import COpenSSL
import NIOCore
import NIOEmbedded
import Testing

@testable import LontarTLS

/// A peer may change its keys as often as it likes; what that costs us is bounded.
@Suite struct KeyUpdateTests {
  private func active() throws -> Pair {
    let pair = try Pair()
    try pair.pump()
    try #require(pair.clientEvents.completed.count == 1 && pair.serverEvents.completed.count == 1)
    return pair
  }

  private func session(_ channel: EmbeddedChannel) throws -> TLSSession {
    try channel.pipeline.syncOperations.handler(type: TLSHandler.self).session
  }

  /// The records of a key update, from the client. OpenSSL says it with the next write.
  private func keyUpdate(_ pair: Pair, _ kind: Int32) throws -> ByteBuffer {
    let session = try session(pair.client)
    #expect(SSL_key_update(session.ssl, kind) == 1)
    #expect(SSL_do_handshake(session.ssl) == 1)
    return try #require(session.takeCiphertext())
  }

  @Test func `records without plaintext do not make the room for the next plaintext grow`() throws {
    let pair = try active()
    for _ in 0..<2_000 {
      pair.server.pipeline.fireChannelRead(try keyUpdate(pair, SSL_KEY_UPDATE_NOT_REQUESTED))
      pair.server.pipeline.fireChannelReadComplete()
    }
    // One record's plaintext and its overhead, however many bytes went by.
    #expect(try session(pair.server).plaintextBytesBound <= 16_384 + 256)
    pair.client.writeAndFlush(pattern(100_000), promise: nil)
    try pair.pump()
    #expect(try pair.plaintext(of: pair.server).bytes == pattern(100_000))
    #expect(pair.serverEvents.errors.isEmpty)
  }

  @Test func `a peer that reads gets an answer to each request for new keys`() throws {
    let pair = try active()
    for _ in 0..<1_000 {
      pair.server.pipeline.fireChannelRead(try keyUpdate(pair, SSL_KEY_UPDATE_REQUESTED))
      pair.server.pipeline.fireChannelReadComplete()
      try pair.pump()
    }
    #expect(pair.serverEvents.errors.isEmpty)
    pair.server.writeAndFlush(pattern(10), promise: nil)
    try pair.pump()
    #expect(try pair.plaintext(of: pair.client).bytes == pattern(10))
  }

  @Test func `a peer that takes no answers and asks for new keys without end is let go`() throws {
    let pair = try active()
    pair.server.isWritable = false
    var requests = 0
    while pair.serverEvents.errors.isEmpty, requests < 1_000 {
      pair.server.pipeline.fireChannelRead(try keyUpdate(pair, SSL_KEY_UPDATE_REQUESTED))
      pair.server.pipeline.fireChannelReadComplete()
      requests += 1
    }
    #expect(pair.serverEvents.errors.map(\.code) == [.answersUnread])
    // 4,096 bytes of answers; one has 5 + 5 + 1 + 16 of them, and comes with the request or the next one.
    #expect((152...153).contains(requests))
  }
}

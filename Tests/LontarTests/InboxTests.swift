internal import DequeModule
internal import LontarWire
internal import NIOCore
internal import Testing

@testable internal import Lontar

/// Messages that wait for their reader.
@Suite struct InboxTests {
  private static func slice(_ bytes: Int, ofReadOf capacity: Int) -> WireMessage {
    var read = ByteBufferAllocator().buffer(capacity: capacity)
    read.writeRepeatingByte(7, count: bytes)
    return WireMessage(read.readSlice(length: bytes)!)
  }

  @Test(arguments: [
    (10, 65_536, true), (300, 1_024, false), (300, 2_048, true), (1_024, 4_096, false), (20_000, 65_536, false),
    (16_000, 65_536, true),
  ])
  func `messages that are less than a quarter of the read that brought them do not keep it alive`(
    bytes: Int, capacity: Int, isCopied: Bool
  ) throws {
    var inbox = Inbox()
    inbox.receive(Self.slice(bytes, ofReadOf: capacity))
    inbox.compact()
    let delivery = try #require(try inbox.take())
    let messages = try #require(delivery)
    #expect(messages == [WireMessage(ByteBuffer(repeating: 7, count: bytes))])
    #expect((messages[0].bytes.storageCapacity < capacity) == isCopied)
  }

  @Test func `each read's messages are looked at, whatever came before them`() throws {
    var inbox = Inbox()
    for _ in 0..<3 {
      for _ in 0..<2 { inbox.receive(Self.slice(10, ofReadOf: 16_384)) }
      inbox.compact()
    }
    let delivery = try #require(try inbox.take())
    let messages = try #require(delivery)
    #expect(messages.count == 6)
    #expect(messages.allSatisfy { $0.bytes == ByteBuffer(repeating: 7, count: 10) && $0.bytes.storageCapacity < 1_024 })
  }

  @Test func `what came before an error is taken before the error`() throws {
    var inbox = Inbox()
    inbox.receive(WireMessage(ByteBuffer(string: "one")))
    inbox.finish(.failure(RPCError(.dataLoss, "gone")))
    inbox.finish(.success(()))
    let delivery = try #require(try inbox.take())
    #expect(delivery == [WireMessage(ByteBuffer(string: "one"))])
    #expect(throws: RPCError.self) { try inbox.take() }
  }

  @Test func `an end is told again and again, and nothing before it is no end`() throws {
    var inbox = Inbox()
    #expect(try inbox.take() == nil)
    inbox.finish(.success(()))
    for _ in 0..<2 {
      let delivery = try #require(try inbox.take())
      #expect(delivery == nil)
    }
  }
}

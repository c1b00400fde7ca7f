import NIOCore
import Testing

@testable import LontarWire

/// Memory follows what has come and not what was announced: a peer that says "4 MiB follow" and sends a byte has us allocate a few
/// bytes. `HeldBytesTests` counts bytes that are held; here it is the storage behind them.
@Suite struct AllocationTests {
  /// Four times what came, rounded up to a power of two as `ByteBuffer` does; very little is allowed in any case.
  private static func most(_ came: Int) -> Int {
    var size = 64
    while size < 4 * came { size *= 2 }
    return size
  }

  /// `MessageAssembly` keeps its message to itself, so this looks inside.
  private static func storageBytes(_ assembly: MessageAssembly) throws -> Int {
    let message = try #require(Mirror(reflecting: assembly).descendant("message") as? WireMessage)
    return message.bytes.storageCapacity
  }

  private static let anyLength: WireLimits = {
    var limits = WireLimits()
    (limits.messageBytesMax, limits.codecs) = (Int(UInt32.max), 3)
    return limits
  }()

  @Test(
    arguments: [
      (20, 1, 0), (4 << 20, 1, 0), (4 << 20, 100, 0), (4 << 20, 16_364, 0), (Int(UInt32.max), 1, 0), (Int(UInt32.max), 16_364, 0),
      (42_000, 1, 1),
    ] as [(Int, Int, UInt8)])
  func `a first fragment allocates by what came`(announced: Int, came: Int, codec: UInt8) throws {
    // A compressed one announces 4 MiB besides.
    let fragment = lengths(announced, uncompressed: codec == 0 ? nil : 4 << 20, then: came)
    guard case .partial(let assembly) = try MessageAssembly.start(fragment, codec: codec, more: true, limits: Self.anyLength)
    else {
      Issue.record("the message goes on")
      return
    }
    #expect(assembly.heldBytes == came)
    #expect(try Self.storageBytes(assembly) <= Self.most(came))
  }

  @Test(arguments: [4 << 20, Int(UInt32.max)])
  func `a message that drips in grows by what came`(announced: Int) throws {
    var start: MessageAssembly?
    if case .partial(let assembly) = try MessageAssembly.start(
      lengths(announced, then: 1), codec: 0, more: true, limits: Self.anyLength)
    {
      start = assembly
    }
    var assembly = try #require(start)
    for came in 2...4_000 {
      guard case .partial(let next) = try assembly.add(ByteBuffer(count: 1), codec: 0, more: true) else {
        Issue.record("the message goes on")
        return
      }
      assembly = next
      let storage = try Self.storageBytes(assembly)
      guard storage <= Self.most(came) else {
        Issue.record("\(came) bytes came of \(announced), and \(storage) are allocated")
        return
      }
    }
    #expect(assembly.heldBytes == 4_000)
  }

  /// On the server's machine, with a hundred of them: what `MessageAssembly` does alone must not be undone around it.
  @Test func `a hundred messages of 4 MiB that are only announced take a few kilobytes`() throws {
    let server = try openServer()
    var storage = 0
    for number in 0..<UInt32(100) {
      let stream = number * 2 + 1
      _ = try server.events(openBytes(stream))
      _ = try server.events(rawFrame(4, stream: stream, flags: 2, lengths(4 << 20, then: 1)))
      let assembly = server.connection.core.streams.update(stream) { $0.assembly } ?? nil
      storage += try Self.storageBytes(try #require(assembly))
    }
    #expect(storage <= 100 * Self.most(1))
  }

  @Test(arguments: [(4 << 20) + 1, Int(UInt32.max)])
  func `a length over the limit keeps nothing at all`(announced: Int) throws {
    let server = try openServer()
    _ = try server.events(openBytes(1))
    let lines = try server.events(rawFrame(4, stream: 1, flags: 2, lengths(announced, then: 1))).map(\.line)
    #expect(lines == ["failed 1 messageTooLarge"])
    let isKept = (server.connection.core.streams.update(1) { $0.assembly } ?? nil) != nil
    #expect(!isKept)
    #expect(server.connection.heldBytes == 0)
  }

  /// The longest payloads there can be: the default's, and 16 MiB less one byte for a receiver that takes so much.
  @Test(arguments: [16_372, 0xFF_FFFF])
  func `a frame that is only announced allocates by what came, however it drips in`(announced: Int) throws {
    var limits = WireLimits()
    limits.framePayloadBytesMax = announced
    var decoder = FrameDecoder(limits: limits, expectsPreface: false)
    decoder.feed(rawFrame(4, stream: 1, announced: announced, ByteBuffer(count: 1)))
    for came in 13...4_000 {
      let frame = try decoder.next()
      #expect(frame == nil)
      let storage = decoder.storageBytes
      guard decoder.heldBytes == came, storage <= Self.most(came) else {
        Issue.record("\(came) bytes came, \(decoder.heldBytes) are held and \(storage) allocated")
        return
      }
      decoder.feed(ByteBuffer(count: 1))
    }
  }

  /// What PROTOCOL.md, section 7, says of messages that wait: their credit counts 8 bytes even of an empty one.
  @Test func `a message that waits costs 32 bytes beside its own`() {
    #expect(MemoryLayout<WireMessage>.stride == 32)
  }
}

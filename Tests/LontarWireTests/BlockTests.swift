import NIOCore
import Testing

@testable import LontarWire

/// The parts of OPEN, HEAD and STATUS.
@Suite struct BlockTests {
  private func block(_ pairs: [(key: String, value: [UInt8])]) -> Result<MetadataBlock, StreamFault> {
    Result { () throws(StreamFault) in try MetadataBlock(pairs, limits: WireLimits()) }
  }

  private func decodes(_ block: ByteBuffer) -> Bool {
    var block = block
    return (try? MetadataBlock.read(from: &block, limits: WireLimits())) != nil && block.readableBytes == 0
  }

  /// A block written by hand, with no checks.
  private func raw(_ pairs: [(key: [UInt8], value: Int)]) -> ByteBuffer {
    var buffer = ByteBuffer()
    buffer.writeInteger(UInt16(pairs.count))
    for (key, value) in pairs {
      buffer.writeInteger(UInt8(key.count))
      buffer.writeBytes(key)
      buffer.writeInteger(UInt16(value))
      buffer.writeRepeatingByte(0xFF, count: value)
    }
    return buffer
  }

  @Test(arguments: [(0, true), (1, true), (64, true), (65, false)])
  func `metadata may have metadataEntriesMax entries and not one more`(count: Int, accepted: Bool) throws {
    #expect(((try? block(Array(repeating: ("k", []), count: count)).get()) != nil) == accepted)
    #expect(decodes(raw(Array(repeating: ([0x6B], 0), count: count))) == accepted)
  }

  // Two entries with keys of one byte take 2 × (1 + 1 + 2) bytes beside their values.
  @Test(arguments: [(4_088, true), (4_089, false)])
  func `metadata may have metadataBytesMax bytes and not one more`(second: Int, accepted: Bool) throws {
    let first = 4_096
    #expect(
      ((try? block([("a", Array(repeating: 1, count: first)), ("b", Array(repeating: 1, count: second))]).get()) != nil)
        == accepted)
    #expect(decodes(raw([([0x61], first), ([0x62], second)])) == accepted)
  }

  @Test(arguments: [(0, true), (4_096, true), (4_097, false)])
  func `a metadata value may have 4,096 bytes and not one more`(bytes: Int, accepted: Bool) throws {
    #expect(((try? block([("a", Array(repeating: 1, count: bytes))]).get()) != nil) == accepted)
    #expect(decodes(raw([([0x61], bytes)])) == accepted)
  }

  @Test(arguments: [
    ("", false), ("a", true), ("0_z-9.a", true), (String(repeating: "k", count: 64), true),
    (String(repeating: "k", count: 65), false),
    ("Key", false), ("a b", false), ("a:b", false), ("é", false), ("a\0", false), ("/", false), ("`", false), ("{", false),
  ])
  func `a metadata key is 1 to 64 bytes of a small alphabet`(key: String, accepted: Bool) throws {
    #expect(((try? block([(key, [])]).get()) != nil) == accepted)
    #expect(decodes(raw([(Array(key.utf8), 0)])) == accepted)
  }

  @Test func `metadata keeps order, duplicates and any bytes`() throws {
    let pairs: [(key: String, value: [UInt8])] = [("b", [0, 0xFF]), ("a", []), ("b", Array("é".utf8))]
    var buffer = ByteBuffer()
    try block(pairs).get().write(to: &buffer)
    var seen: [(key: String, value: [UInt8])] = []
    try MetadataBlock.read(from: &buffer, limits: WireLimits()).forEach { seen.append(($0, $1)) }
    #expect(seen.map(\.key) == ["b", "a", "b"])
    #expect(seen.map(\.value) == pairs.map(\.value))
  }

  @Test(arguments: ["open-everything", "status-everything", "head", "hello-refusing"])
  func `a payload cut anywhere is refused or is another right one`(name: String) throws {
    let bytes = try Golden.bytes(name)
    let header = try #require(bytes.getSlice(at: 0, length: 12))
    for length in 0..<(bytes.readableBytes - 12) {
      var cut = header
      cut.setInteger(UInt32(length) << 8 | UInt32(header.getInteger(at: 3, as: UInt8.self)!), at: 0)
      cut.writeImmutableBuffer(bytes.getSlice(at: 12, length: length)!)
      let whole = try? frames(cut)
      // Only where the cut falls into the inline message or between fields of HELLO is the rest a frame of its own.
      switch name {
      case "open-everything": #expect((whole != nil) == (length >= bytes.readableBytes - 12 - 3), "\(length)")
      case "status-everything": #expect((whole != nil) == (length >= bytes.readableBytes - 12 - 1), "\(length)")
      case "head": #expect(whole == nil, "\(length)")
      default: #expect((whole != nil) == [8, 28, 40, 52, 60, 68, 80, 92, 104, 112].contains(length), "\(length)")
      }
    }
  }

  @Test(arguments: [UInt8(0x10), 0x20, 0x40, 0x80]) func `unknown field bits are refused`(bit: UInt8) throws {
    for (name, at) in [("open-everything", 12), ("status-everything", 14)] {
      var bytes = try Golden.bytes(name)
      bytes.setInteger(bytes.getInteger(at: at, as: UInt8.self)! | bit, at: at)
      #expect(throws: WireError.self) { try frames(bytes) }
    }
  }

  @Test(arguments: [0, 1, 1_500_000_000, UInt64(Int64.max), .max]) func `a timeout of any size travels as it is`(timeout: UInt64)
    throws
  {
    var payload = ByteBuffer()
    openFrame(timeout: timeout).write(to: &payload)
    #expect(payload.getInteger(at: 9, as: UInt64.self) == timeout)
    #expect(try OpenFrame.read(from: &payload, limits: WireLimits()).timeoutNanoseconds == timeout)
  }

  @Test(arguments: [1, 255]) func `a method name has 1 to 255 bytes`(bytes: Int) throws {
    var payload = ByteBuffer()
    openFrame(String(repeating: "m", count: bytes)).write(to: &payload)
    #expect(payload.readableBytes == 4 + bytes)
    #expect(try OpenFrame.read(from: &payload, limits: WireLimits()).method.readableBytes == bytes)
  }

  @Test func `frames that have nothing rare any more are those that never had`() throws {
    var open = openFrame("a.B/C", metadata: try MetadataBlock([("k", [1])], limits: WireLimits()))
    #expect(open != openFrame("a.B/C"))
    open.metadata = .empty
    open.idempotencyKey = ByteBuffer(count: 16)
    open.idempotencyKey = nil
    #expect(open == openFrame("a.B/C"))
    var status = StatusFrame(code: 5, message: "gone", pushbackMilliseconds: 7)
    status.message = ""
    #expect(status == StatusFrame(code: 5, pushbackMilliseconds: 7))
    status.pushbackMilliseconds = nil
    #expect(status == StatusFrame(code: 5))
  }

  @Test(arguments: [(2_048, 2_048), (2_049, 2_048), (100_000, 2_048)])
  func `a status text is cut to its limit`(bytes: Int, kept: Int) {
    let status = StatusFrame(code: 13, message: String(repeating: "x", count: bytes)).within(WireLimits())
    #expect(status.message.utf8.count == kept)
  }

  @Test(arguments: [("é", 2_048), ("€", 2_046), ("👍", 2_048)])
  func `a status text is cut between characters`(character: String, kept: Int) {
    let status = StatusFrame(code: 13, message: String(repeating: character, count: 2_000)).within(WireLimits())
    #expect(status.message.utf8.count == kept)
    #expect(status.message == String(repeating: character, count: kept / character.utf8.count))
  }

  @Test func `a status with everything at its limit still fits into a frame`() throws {
    let pairs = [("a", Array(repeating: UInt8(1), count: 4_088)), ("b", Array(repeating: 1, count: 4_088))]
    let metadata = try MetadataBlock(pairs, limits: WireLimits())
    let status = StatusFrame(
      code: 13, message: String(repeating: "x", count: 3_000), details: ByteBuffer(count: 8_192), pushbackMilliseconds: 5,
      metadata: metadata)
    let fitting = status.within(WireLimits())
    #expect(fitting.message.utf8.count == 2_048)
    #expect(fitting.metadata == metadata)
    #expect(fitting.details == nil)
    #expect(fitting.encodedBytes <= 16_372)
  }

  @Test(arguments: [(8_192, true), (8_193, false)]) func `status details over their limit are left out`(bytes: Int, kept: Bool) {
    #expect((StatusFrame(code: 5, details: ByteBuffer(count: bytes)).within(WireLimits()).details != nil) == kept)
  }

  @Test func `text that is not UTF-8 does not hide a status`() throws {
    let bytes = rawFrame(0x05, stream: 1, flags: 1, ByteBuffer(hex: "00 05 01 00 00 02 C3 28"))
    #expect(try frames(bytes) == [.status(stream: 1, StatusFrame(code: 5, message: "\u{FFFD}("), message: nil, codec: 0)])
  }

  @Test func `a reason is cut to 512 bytes between characters`() throws {
    var core = ConnectionCore(limits: WireLimits())
    try core.writeReset(1, StreamFault(.malformed, String(repeating: "€", count: 300)))
    let expected = String(repeating: "€", count: 170)
    #expect(try frames(core.out) == [.reset(stream: 1, code: 3, reason: expected, notProcessed: false)])
  }
}

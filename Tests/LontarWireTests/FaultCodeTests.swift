import NIOCore
import Testing

@testable import LontarWire

/// Sections 4 and 9 of the protocol as a table: what a peer does wrong, and the code that it is told. The bytes that come out are
/// decoded and the numbers compared, never the texts.
///
/// A server answers a fault of a stream by STATUS, whose code the upper layer chooses: that table is in LontarTests.
@Suite struct FaultCodeTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let code: UInt32
    let said: [ByteBuffer]
    let limits: WireLimits
  }

  private static func row(
    _ name: String, _ code: UInt32, _ said: ByteBuffer..., limits change: (inout WireLimits) -> Void = { _ in }
  ) -> Row {
    // A stream's window is smaller than the connection's, so that its faults show. Codec 1 is named in HELLO, codec 2 is not.
    var limits = WireLimits()
    (limits.streamWindowBytes, limits.callsMax, limits.codecs) = (1_024, 4, 3)
    change(&limits)
    return Row(testDescription: name, code: code, said: said, limits: limits)
  }

  private static func many(_ name: String, _ code: UInt32, _ count: Int, of frame: ByteBuffer) -> Row {
    Row(testDescription: name, code: code, said: Array(repeating: frame, count: count), limits: WireLimits())
  }

  private static func message(_ payload: ByteBuffer = ByteBuffer(), flags: UInt8 = 0, codec: UInt8 = 0) -> ByteBuffer {
    rawFrame(4, stream: 1, flags: flags, codec: codec, payload)
  }

  private static func status(inline: ByteBuffer, codec: UInt8 = 0) -> ByteBuffer {
    var payload = ByteBuffer(hex: "00 00 00 00")
    payload.writeImmutableBuffer(inline)
    return rawFrame(5, stream: 1, flags: 5, codec: codec, payload)
  }

  /// A compressed message as OPEN and STATUS carry it.
  private static func compressed(_ bytes: Int, plain: UInt32) -> ByteBuffer {
    var payload = ByteBuffer()
    payload.writeInteger(plain)
    payload.writeRepeatingByte(0x5A, count: bytes)
    return payload
  }

  private static let tooLong = (4 << 20) + 1

  // MARK: Faults of a stream

  /// What is wrong on stream 1 whoever says it.
  static let messageFaults: [Row] = single + order

  private static let single: [Row] = [
    row("MSG of nothing", 3, message()),
    row("lengths cut off", 3, message(ByteBuffer(count: 7))),
    row("two lengths without a codec", 3, message(lengths(3, uncompressed: 4, then: 3))),
    row("too few bytes", 3, message(lengths(3, then: 2))),
    row("too many bytes", 3, message(lengths(3, then: 4))),
    row("MORE on a whole message", 3, message(lengths(3, then: 3), flags: 2)),
    row("a further piece of nothing", 3, message(lengths(5, then: 2), flags: 2), message(flags: 2)),
    row("a further piece too long", 3, message(lengths(5, then: 2), flags: 2), message(ByteBuffer(count: 4))),
    row("a further piece too short", 3, message(lengths(5, then: 2), flags: 2), message(ByteBuffer(count: 2))),
    row("MORE on the last piece", 3, message(lengths(5, then: 2), flags: 2), message(ByteBuffer(count: 3), flags: 2)),
    row("another codec amid a message", 3, message(lengths(5, then: 2), flags: 2), message(ByteBuffer(count: 3), codec: 1)),
    row("longer than the limit", 4, message(lengths(tooLong, then: 1), flags: 2)),
    row("the greatest length", 4, message(lengths(Int(UInt32.max), then: 1), flags: 2)),
    row("too long without its codec", 4, message(lengths(100_000, uncompressed: tooLong, then: 1), flags: 2, codec: 1)),
    row("more than a hundredfold without its codec", 4, message(lengths(10, uncompressed: 1_001, then: 10), codec: 1)),
    row("a byte over the stream's credit", 5, message(lengths(1_017, then: 1_017))),
    row("an empty message over the stream's credit", 5, message(lengths(1_016, then: 1_016)), message(lengths(0))),
    row("a codec that was not named", 7, message(lengths(3, then: 3), codec: 2)),
    row("a codec that has no bit", 7, message(lengths(3, then: 3), codec: 0xC8)),
  ]

  /// Two things are wrong: which of them is said follows from the order of the checks.
  private static let order: [Row] = [
    row("credit before codec", 5, message(lengths(1_017, then: 1_017), codec: 2)),
    row("lengths there before codec", 3, message(ByteBuffer(count: 7), codec: 2)),
    row("codec before limit", 7, message(lengths(tooLong, then: 1), flags: 2, codec: 2)),
    row("lengths equal before limit", 3, message(lengths(tooLong, uncompressed: 1, then: 1), flags: 2)),
    row("limit before pieces", 4, message(lengths(tooLong, then: 1))),
    row("ratio before pieces", 4, message(lengths(10, uncompressed: 1_001, then: 9), codec: 1)),
  ]

  static let clientFaults: [Row] = [
    row("a message behind the half-close", 3, message(flags: 1), message(lengths(3, then: 3))),
    row("two half-closes", 3, message(flags: 1), message(flags: 1)),
    row("MORE with END", 3, message(lengths(5, then: 2), flags: 3)),
    row("a half-close amid a message", 3, message(lengths(5, then: 2), flags: 2), message(flags: 1)),
    row("a half-close with a codec", 3, message(flags: 1, codec: 1)),
    row("misplaced before credit", 3, message(flags: 1), message(lengths(1_017, then: 1_017))),
    row("inline, its length cut off", 3, openBytes(3, message: ByteBuffer(count: 3), codec: 1)),
    row("inline, over the limit", 4, openBytes(3, message: ByteBuffer(count: 501)), limits: { $0.messageBytesMax = 500 }),
    row(
      "inline, over the limit without its codec", 4, openBytes(3, message: compressed(50, plain: 501), codec: 1),
      limits: { $0.messageBytesMax = 500 }),
    row("inline, more than a hundredfold", 4, openBytes(3, message: compressed(10, plain: 1_001), codec: 1)),
    row("inline, over the stream's credit", 5, openBytes(3, message: ByteBuffer(count: 1_025))),
    row("inline, a codec that was not named", 7, openBytes(3, message: ByteBuffer(count: 3), codec: 2)),
    row("inline, codec before credit", 7, openBytes(3, message: ByteBuffer(count: 1_025), codec: 2)),
    row("inline, limit before credit", 4, openBytes(3, message: ByteBuffer(count: 1_025)), limits: { $0.messageBytesMax = 500 }),
  ]

  @Test(arguments: messageFaults + clientFaults)
  func `a server names the fault of a stream, and by itself says nothing that ends more`(row: Row) throws {
    let server = try openServer(row.limits)
    _ = try server.events(openBytes(1))
    var codes: [UInt32] = []
    for bytes in row.said {
      for case .failed(_, _, let fault) in try server.events(bytes) { codes.append(fault.code.rawValue) }
    }
    #expect(codes == [row.code])
    // A server resets a call only if it refused it or its deadline has passed.
    #expect(try frames(server.takeAll()).allSatisfy { if case .credit(_, _) = $0 { true } else { false } })
    #expect(try server.events(openBytes(9, end: true)).map(\.line) == ["open 9 a.S/M inline -1 end"])
  }

  private static let head = rawFrame(3, stream: 1, ByteBuffer(hex: "00 00"))

  static let serverFaults: [Row] = [
    row("two HEADs", 3, head, head),
    row("HEAD behind MSG", 3, message(lengths(0)), head),
    row("HEAD amid a message", 3, message(lengths(5, then: 2), flags: 2), head),
    row("MSG with END", 3, message(lengths(0), flags: 1)),
    row("END before credit", 3, message(lengths(1_017, then: 1_017), flags: 1)),
  ]

  @Test(arguments: messageFaults + serverFaults)
  func `a client answers the fault of a stream by RESET with its code`(row: Row) throws {
    let (client, codes) = try heard(row)
    #expect(codes == [row.code])
    #expect(try resets(client) == [row.code])
  }

  private static let ok = rawFrame(5, stream: 1, flags: 1, ByteBuffer(hex: "00 00 00 00"))

  /// STATUS has ended the stream at the server. Whether the client still says RESET makes no difference there; another code would.
  static let statusFaults: [Row] = [
    row("STATUS amid a message", 3, message(lengths(5, then: 2), flags: 2), ok),
    row("inline, its length cut off", 3, status(inline: ByteBuffer(count: 3), codec: 1)),
    row("inline, over the limit", 4, status(inline: ByteBuffer(count: 501)), limits: { $0.messageBytesMax = 500 }),
    row("inline, more than a hundredfold", 4, status(inline: compressed(10, plain: 1_001), codec: 1)),
    row("inline, over the stream's credit", 5, status(inline: ByteBuffer(count: 1_025))),
    row("inline, a codec that was not named", 7, status(inline: ByteBuffer(count: 3), codec: 2)),
  ]

  @Test(arguments: statusFaults)
  func `a fault in STATUS has its code, too, and the call is over`(row: Row) throws {
    let (client, codes) = try heard(row)
    #expect(codes == [row.code])
    let said = try resets(client)
    #expect(said.isEmpty || said == [row.code])
    #expect(client.isIdle)
  }

  /// A client with a call on stream 1 that hears a row, and the codes of what it found.
  private func heard(_ row: Row) throws -> (client: ClientEnd, codes: [UInt32]) {
    let client = try openClient(row.limits)
    _ = client.open(Call(1), openFrame())
    _ = client.takeAll()
    var codes: [UInt32] = []
    for bytes in row.said {
      for case .failed(_, let fault) in try client.events(bytes) { codes.append(fault.code.rawValue) }
    }
    return (client, codes)
  }

  /// The codes of the RESETs that it says; beside them it may only give credit.
  private func resets(_ client: ClientEnd) throws -> [UInt32] {
    var codes: [UInt32] = []
    for frame in try frames(client.takeAll()) {
      switch frame {
      case .reset(let stream, let code, _, let notProcessed):
        #expect(stream == 1 && !notProcessed)
        codes.append(code)
      case .credit: break
      default: Issue.record("\(frame) was said")
      }
    }
    #expect(client.canOpen, "the connection lives")
    return codes
  }

  @Test func `a server resets what it refuses with code 2 and what is too late with code 1`() throws {
    let server = try openServer()
    _ = try server.events(openBytes(1, end: true))
    try server.connection.giveUp(1)
    server.drain("restart")
    server.finishDrain("restart")
    _ = try server.events(openBytes(3))
    var said: [[UInt32]] = []
    for case .reset(let stream, let code, _, let notProcessed) in try frames(server.takeAll()) {
      said.append([stream, code, notProcessed ? 1 : 0])
    }
    #expect(said == [[1, 1, 0], [3, 2, 1]])
  }

  @Test(arguments: [(ResetCode.cancelled, 0), (.deadlineExceeded, 1)] as [(ResetCode, UInt32)])
  func `a client that gives a call up says why`(reason: ResetCode, code: UInt32) throws {
    let client = try openClient()
    let stream = client.open(Call(1), openFrame())
    _ = client.takeAll()
    try client.cancel(stream, reason, "")
    #expect(try resets(client) == [code])
  }

  // MARK: Faults of the connection

  private static let zeros8 = ByteBuffer(repeating: 0, count: 8)
  private static let hello = rawFrame(1, ByteBuffer(hex: "00 01 00 04 00 01 00 01"))

  /// What ends the connection whoever says it; there is a call on stream 1.
  static let connectionFaults: [Row] = [
    row("the highest bit of the stream", 1, rawFrame(9, stream: 0x8000_0000, zeros8)),
    row("flag 20", 1, message(lengths(0), flags: 0x20)),
    row("flag 40", 1, message(lengths(0), flags: 0x40)),
    row("byte 11 of the header", 1, rawFrame(9, zero: 1, zeros8)),
    row("a type that is not known", 1, rawFrame(0x0D)),
    row("PING with END", 1, rawFrame(9, flags: 1, zeros8)),
    row("PING on a stream", 1, rawFrame(9, stream: 1, zeros8)),
    row("PING with a codec", 1, rawFrame(9, codec: 1, zeros8)),
    row("PING of seven bytes", 1, rawFrame(9, ByteBuffer(count: 7))),
    row("an answer to no PING", 1, rawFrame(9, flags: 8, zeros8)),
    row("MSG on an even stream", 1, rawFrame(4, stream: 2, lengths(0))),
    row("MSG on a stream never opened", 1, rawFrame(4, stream: 3, lengths(0))),
    row("RESET on a stream never opened", 1, rawFrame(6, stream: 3, ByteBuffer(hex: "00 00 00 00"))),
    row("RESET of three bytes", 1, rawFrame(6, stream: 1, ByteBuffer(count: 3))),
    row("CREDIT on an even stream", 1, rawFrame(7, stream: 2, zeros8)),
    row("CREDIT on a stream never opened", 1, rawFrame(7, stream: 3, zeros8)),
    row("CREDIT of seven bytes", 1, rawFrame(7, stream: 1, ByteBuffer(count: 7))),
    row("GOAWAY of nine bytes", 1, rawFrame(10, ByteBuffer(repeating: 0, count: 9))),
    row("GOAWAY that is neither final nor not", 1, rawFrame(10, ByteBuffer(hex: "00 00 00 00 00 00 00 00 02 00"))),
    row("STATUS without END", 1, rawFrame(5, stream: 1, ByteBuffer(hex: "00 00 00 00"))),
    row("HELLO twice", 1, hello),
    row("MSG over its limit", 2, rawFrame(4, stream: 1, announced: 16_373)),
    row("PING over its limit", 2, rawFrame(9, announced: 9)),
    row("RESET over its limit", 2, rawFrame(6, stream: 1, announced: 517)),
    row("GOAWAY over its limit", 2, rawFrame(10, announced: 523)),
    row("BLOCKED over its limit", 2, rawFrame(0x0B, flags: 0x80, announced: 65)),
    row("a frame to be skipped over its limit", 2, rawFrame(0x7F, flags: 0x80, announced: 16_373)),
    row("length before flags", 2, rawFrame(9, flags: 1, announced: 9)),
    row("flags before length", 1, rawFrame(9, flags: 0x40, announced: 9)),
    row("a byte over the connection's credit", 3, message(lengths(1_017, then: 1_017)), limits: { $0.callsMax = 1 }),
    many("101 frames of unknown type", 8, 101, of: rawFrame(0x7F, flags: 0x80)),
  ]

  static let clientConnectionFaults: [Row] = [
    row("OPEN on an even stream", 1, openBytes(2)),
    row("OPEN whose number does not rise", 1, openBytes(1)),
    row("OPEN without a method", 1, rawFrame(2, stream: 3, ByteBuffer(hex: "00 01 00 00"))),
    row("OPEN with an unknown field", 1, rawFrame(2, stream: 3, ByteBuffer(hex: "10 01 00 01 61"))),
    row("OPEN cut off in its timeout", 1, rawFrame(2, stream: 3, ByteBuffer(hex: "01 01 00 01 61 00"))),
    row("OPEN with bytes behind it", 1, rawFrame(2, stream: 3, ByteBuffer(hex: "00 01 00 01 61 00"))),
    row("OPEN with a codec and no message", 1, openBytes(3, codec: 1)),
    row("a metadata key in capitals", 1, rawFrame(2, stream: 3, ByteBuffer(hex: "08 01 00 01 61 00 01 01 41 00 00"))),
    row("65 entries of metadata", 1, rawFrame(2, stream: 3, ByteBuffer(hex: "08 01 00 01 61 00 41"))),
    row("HEAD from a client", 1, head),
    row("STATUS from a client", 1, ok),
    row("MAX_CALLS from a client", 1, rawFrame(8, zeros8)),
    many("201 RESETs", 8, 201, of: rawFrame(6, stream: 1, ByteBuffer(hex: "00 00 00 00"))),
    many("201 BLOCKEDs", 8, 201, of: rawFrame(0x0B, flags: 0x80)),
    many("PINGs without a pause", 8, 4, of: rawFrame(9, zeros8)),
    row("more calls than MAX_CALLS", 11, openBytes(3), limits: { $0.callsMax = 1 }),
  ]

  @Test(arguments: connectionFaults + clientConnectionFaults)
  func `a server ends the connection with the code of the fault`(row: Row) throws {
    let server = try openServer(row.limits)
    _ = try server.events(openBytes(1))
    var fault: WireError?
    do throws(WireError) { for bytes in row.said { _ = try server.events(bytes) } } catch { fault = error }
    server.fail(try #require(fault))
    #expect(try goAway(server.takeAll()) == row.code)
  }

  static let serverConnectionFaults: [Row] = [
    row("OPEN from a server", 1, openBytes(1)),
    row("HEAD on a stream never opened", 1, rawFrame(3, stream: 3, ByteBuffer(hex: "00 00"))),
    row("HEAD with bytes behind it", 1, rawFrame(3, stream: 1, ByteBuffer(hex: "00 00 00"))),
    row("a metadata key in capitals", 1, rawFrame(3, stream: 1, ByteBuffer(hex: "00 01 01 41 00 00"))),
    row("STATUS on a stream never opened", 1, rawFrame(5, stream: 3, flags: 1, ByteBuffer(hex: "00 00 00 00"))),
    row("STATUS with an unknown field", 1, rawFrame(5, stream: 1, flags: 1, ByteBuffer(hex: "00 00 10 00"))),
    row("STATUS with its fourth byte set", 1, rawFrame(5, stream: 1, flags: 1, ByteBuffer(hex: "00 00 00 01"))),
    row("STATUS of three bytes", 1, rawFrame(5, stream: 1, flags: 1, ByteBuffer(hex: "00 00 00"))),
    row("MAX_CALLS on a stream", 1, rawFrame(8, stream: 1, zeros8)),
    row("MAX_CALLS of seven bytes", 1, rawFrame(8, ByteBuffer(count: 7))),
    many("1,001 PINGs whose answers nobody takes", 8, 1_001, of: rawFrame(9, zeros8)),
  ]

  @Test(arguments: connectionFaults + serverConnectionFaults)
  func `a client ends the connection with the code of the fault`(row: Row) throws {
    let client = try openClient(row.limits)
    _ = client.open(Call(1), openFrame())
    var fault: WireError?
    do throws(WireError) { for bytes in row.said { _ = try client.events(bytes) } } catch { fault = error }
    client.fail(try #require(fault))
    #expect(try goAway(client.takeAll()) == row.code)
  }

  /// The code of a final GOAWAY, if that is said last.
  private func goAway(_ bytes: ByteBuffer, preface: Bool = false) throws -> UInt32? {
    guard case .goAway(_, let code, _, true)? = try frames(bytes, preface: preface).last else { return nil }
    return code
  }

  // MARK: Before HELLO

  private static func greeting(_ frame: ByteBuffer) -> ByteBuffer {
    var bytes = ByteBuffer(bytes: FrameDecoder.preface)
    bytes.writeImmutableBuffer(frame)
    return bytes
  }

  private static let otherVersions = rawFrame(1, ByteBuffer(hex: "00 01 00 04 00 02 00 09"))
  private static let otherEnvironment = rawFrame(
    1, ByteBuffer(hex: "00 01 00 04 00 01 00 01 00 02 00 10" + String(repeating: " 77", count: 16)))

  static let firstWords: [Row] = [
    row("another protocol", 4, ByteBuffer(string: "GET / HTTP/1.1\r\n\r\n")),
    row("PING first", 1, greeting(rawFrame(9, zeros8))),
    row("a frame to be skipped first", 1, greeting(rawFrame(0x7F, flags: 0x80))),
    row("HELLO over its limit", 2, greeting(rawFrame(1, announced: 1_025))),
    row("HELLO without versions", 5, greeting(rawFrame(1))),
    row("HELLO cut off", 5, greeting(rawFrame(1, ByteBuffer(hex: "00 01 00 04 00 01")))),
    row("versions upside down", 5, greeting(rawFrame(1, ByteBuffer(hex: "00 01 00 04 00 02 00 01")))),
    row("a field twice", 5, greeting(rawFrame(1, ByteBuffer(hex: "00 01 00 04 00 01 00 01 00 01 00 04 00 01 00 01")))),
    row(
      "a refusal from a client", 5,
      greeting(rawFrame(1, ByteBuffer(hex: "00 01 00 04 00 01 00 01 00 0B 00 04 00 00 00 00")))),
    row("versions that we don't speak", 6, greeting(otherVersions)),
    row("another environment", 7, greeting(otherEnvironment)),
  ]

  @Test(arguments: firstWords)
  func `a server that cannot begin says why, in HELLO too where that refuses`(row: Row) throws {
    let server = ServerEnd(hello: .stating(goldenEnvironment), limits: WireLimits())
    var fault: WireError?
    do throws(WireError) { for bytes in row.said { _ = try server.events(bytes) } } catch { fault = error }
    server.fail(try #require(fault))
    let bytes = server.takeAll()
    #expect(try goAway(bytes) == row.code)
    var refusals: [UInt32?] = []
    for case .hello(let hello) in try frames(bytes) { refusals.append(hello.rejection?.code) }
    let expected: [UInt32?] = row.code == 6 || row.code == 7 ? [row.code] : []
    #expect(refusals == expected)
  }

  static let firstAnswers: [Row] = [
    row("PING first", 1, rawFrame(9, zeros8)),
    row("HELLO over its limit", 2, rawFrame(1, announced: 1_025)),
    row("HELLO without versions", 5, rawFrame(1)),
    row("versions that we don't speak", 6, otherVersions),
    row("another environment", 7, otherEnvironment),
  ]

  /// Section 1 lets a side that gives up say GOAWAY before it has heard HELLO, and section 3 has a client do so.
  @Test(arguments: firstAnswers)
  func `a client that cannot begin says why`(row: Row) throws {
    let client = ClientEnd(hello: .stating(goldenEnvironment), limits: WireLimits())
    var fault: WireError?
    do throws(WireError) { for bytes in row.said { _ = try client.events(bytes) } } catch { fault = error }
    let ended = try #require(fault)
    #expect(ended.code.rawValue == row.code)
    client.fail(ended)
    #expect(try goAway(client.takeAll(), preface: true) == row.code)
  }

  /// Section 3: the client looks at field 11 first and just closes.
  @Test func `a client that is refused has nothing to say`() throws {
    let client = ClientEnd(hello: .stating(goldenEnvironment), limits: WireLimits())
    _ = client.takeAll()
    let refusal = try Golden.bytes("hello-refusing")
    var fault: WireError?
    do throws(WireError) { _ = try client.events(refusal) } catch { fault = error }
    client.fail(try #require(fault))
    #expect(client.takeOutbound() == nil)
  }
}

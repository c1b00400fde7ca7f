import NIOCore

@testable import LontarWire

/// The caller's object of a call.
final class Call: Sendable, CustomStringConvertible {
  let id: Int
  init(_ id: Int) { self.id = id }
  var description: String { "call \(id)" }
}

let goldenEnvironment = [UInt8](0x10...0x1F)

extension Hello {
  static func stating(_ environment: [UInt8]) -> Hello {
    var hello = Hello()
    hello.environment = environment
    return hello
  }
}

extension ByteBuffer {
  init(hex: String) {
    self.init(bytes: hex.split(separator: " ").map { UInt8($0, radix: 16)! })
  }

  init(count: Int, filling byte: UInt8 = 0x5A) {
    self.init(repeating: byte, count: count)
  }
}

/// A frame with any header, right or wrong.
func rawFrame(
  _ type: UInt8, stream: UInt32 = 0, flags: UInt8 = 0, codec: UInt8 = 0, zero: UInt16 = 0, announced: Int? = nil,
  _ payload: ByteBuffer = ByteBuffer()
) -> ByteBuffer {
  var buffer = ByteBuffer()
  buffer.writeInteger(UInt32(announced ?? payload.readableBytes) << 8 | UInt32(type))
  buffer.writeInteger(stream)
  buffer.writeMultipleIntegers(flags, codec, zero)
  buffer.writeImmutableBuffer(payload)
  return buffer
}

/// The payload of a first fragment: the lengths, then bytes.
func lengths(_ total: Int, uncompressed: Int? = nil, then bytes: Int = 0) -> ByteBuffer {
  var buffer = ByteBuffer()
  buffer.writeMultipleIntegers(UInt32(total), UInt32(uncompressed ?? total))
  buffer.writeRepeatingByte(0x5A, count: bytes)
  return buffer
}

func openFrame(_ method: String = "a.S/M", timeout: UInt64? = nil, metadata: MetadataBlock = .empty) -> OpenFrame {
  OpenFrame(method: ByteBuffer(string: method), timeoutNanoseconds: timeout, metadata: metadata)
}

/// OPEN as bytes, with an inline message if there is one.
func openBytes(_ stream: UInt32, message: ByteBuffer? = nil, end: Bool = false, codec: UInt8 = 0) -> ByteBuffer {
  var payload = ByteBuffer()
  openFrame().write(to: &payload)
  if let message { payload.writeImmutableBuffer(message) }
  return rawFrame(0x02, stream: stream, flags: (end ? 1 : 0) | (message == nil ? 0 : 4), codec: codec, payload)
}

/// A server that has heard a client's HELLO and whose own HELLO has been taken.
func openServer(
  _ limits: WireLimits = WireLimits(), client: (inout Hello) -> Void = { _ in }
) throws -> ServerEnd {
  let server = ServerEnd(hello: .stating(goldenEnvironment), limits: limits)
  var hello = Hello.stating(goldenEnvironment)
  client(&hello)
  var bytes = ByteBuffer(bytes: FrameDecoder.preface)
  var payload = ByteBuffer()
  hello.write(to: &payload)
  bytes.writeImmutableBuffer(rawFrame(0x01, payload))
  _ = try server.events(bytes)
  _ = server.takeOutbound()
  return server
}

/// A client that has heard a server's HELLO and whose own has been taken.
func openClient(_ limits: WireLimits = WireLimits(), server: (inout Hello) -> Void = { _ in }) throws -> ClientEnd {
  let client = ClientEnd(hello: .stating(goldenEnvironment), limits: limits)
  var hello = Hello.stating(goldenEnvironment)
  hello.callsMax = 100
  server(&hello)
  var payload = ByteBuffer()
  hello.write(to: &payload)
  _ = try client.events(rawFrame(0x01, payload))
  _ = client.takeOutbound()
  return client
}

/// Decodes everything in `bytes`.
func frames(_ bytes: ByteBuffer?, limits: WireLimits = WireLimits(), preface: Bool = false) throws -> [Frame] {
  var decoder = FrameDecoder(limits: limits, expectsPreface: preface)
  decoder.feed(bytes ?? ByteBuffer())
  var result: [Frame] = []
  while let frame = try decoder.next() { result.append(frame) }
  return result
}

/// A small generator with a seed (SplitMix64), so that a failing run can be repeated.
struct Seeded: RandomNumberGenerator {
  private var state: UInt64
  private var given: ArraySlice<UInt8> = []
  init(_ seed: UInt64) { state = seed }

  /// The first choices are given, a byte each: what a fuzzer can steer.
  init(given: [UInt8]) {
    state = 0
    self.given = given[...]
  }

  mutating func next() -> UInt64 {
    // The highest bits are those that a choice among few looks at.
    if let byte = given.popFirst() { return UInt64(byte) << 56 | UInt64(byte) }
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

internal import Foundation
internal import Lontar
internal import LontarTLS
internal import LontarTesting
internal import LontarWire
internal import NIOCore
internal import Synchronization
internal import Testing

/// Clients that break the rules before or after the handshake. After each of them the same server serves a well-behaved one.
@Suite(.timeLimit(.minutes(5))) struct HostileClientTests {
  private static func protocols(_ echo: EchoServer, _ names: [String]) throws -> TLSClientConfiguration {
    var configuration = try echo.clientConfiguration().tls
    configuration.applicationProtocols = names
    return configuration
  }

  @Test(arguments: [[], ["h2"], ["lontar/2"], ["LONTAR/1"], ["lontar/1 "], ["http/1.1", "h2"]])
  func `a client without our application protocol is refused with an alert`(names: [String]) async throws {
    let errors = try await Attacked.errors { echo in
      let raw = try await RawClient.connect(to: echo, tls: Self.protocols(echo, names))
      await raw.send(FrameDecoder.preface)
      let ending = try await raw.ended()
      #expect(ending.received.readableBytes == 0)
      #expect(!ending.tlsCodes.isEmpty)
    }
    let codes = errors.compactMap { ($0 as? TLSError)?.code }
    #expect(codes == [names.isEmpty ? .alpnMissing : .alpnMismatch])
  }

  @Test(arguments: ["-tls1_2", "-tls1_1"])
  func `a client of an older TLS is refused with an alert`(version: String) async throws {
    let errors = try await Attacked.errors { echo in
      let output = try await Self.openssl(echo, [version, "-alpn", "lontar/1", "-cipher", "ALL:@SECLEVEL=0"])
      #expect(output.contains("alert protocol version"))
    }
    #expect(errors.compactMap { ($0 as? TLSError)?.code } == [.versionUnsupported])
  }

  private static func openssl(_ echo: EchoServer, _ arguments: [String]) async throws -> String {
    let authority = try TestCertificates.folder() + "/ca.pem"
    return try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(
          with: Result {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["openssl", "s_client", "-connect", "127.0.0.1:\(echo.port)", "-CAfile", authority] + arguments
            let output = Pipe()
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = output
            process.standardError = output
            try process.run()
            let bytes = output.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return String(decoding: bytes, as: UTF8.self)
          })
      }
    }
  }

  @Test(arguments: [
    "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "LONTAR\r\n", "SSH-2.0-OpenSSH_9.2\r\n",
    String(repeating: "\0", count: 5_000),
  ])
  func `plaintext of any kind ends the connection`(text: String) async throws {
    let errors = try await Attacked.errors { echo in
      let raw = try await RawClient.connect(to: echo, tls: nil)
      await raw.send(Array(text.utf8))
      _ = try await raw.ended()
    }
    #expect(errors.count == 1)
    #expect(errors.allSatisfy { $0 is TLSError })
  }

  @Test(arguments: 0..<20)
  func `random bytes instead of a handshake end the connection`(seed: UInt64) async throws {
    _ = try await Attacked.errors { echo in
      var state: UInt64 = (seed &* 0x9E37_79B9_7F4A_7C15) | 1
      let bytes: [UInt8] = (0..<600).map { _ -> UInt8 in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 33)
      }
      let raw = try await RawClient.connect(to: echo, tls: nil)
      // A handshake record whose content is noise, and noise from the first byte on.
      await raw.send(seed.isMultiple(of: 2) ? bytes : [0x16, 0x03, 0x01, 0x02, 0x00] + bytes)
      await raw.close()
      _ = try await raw.ended()
    }
  }

  // MARK: After the handshake

  /// What the server says last: GOAWAY's code.
  private static func goAway(_ ending: RawClient.Ending) throws -> ConnectionErrorCode? {
    var decoder = FrameDecoder(limits: WireLimits(), expectsPreface: false)
    decoder.feed(ending.received)
    var code: ConnectionErrorCode?
    while let frame = try decoder.next() {
      if case .goAway(_, let number, _, true) = frame { code = ConnectionErrorCode(rawValue: number) }
    }
    return code
  }

  private static func header(_ bytes: Int, _ type: UInt8, _ stream: UInt32, flags: UInt8 = 0, codec: UInt8 = 0) -> [UInt8] {
    [
      UInt8(bytes >> 16), UInt8(bytes >> 8 & 0xFF), UInt8(bytes & 0xFF), type, UInt8(stream >> 24), UInt8(stream >> 16 & 0xFF),
      UInt8(stream >> 8 & 0xFF), UInt8(stream & 0xFF), flags, codec, 0, 0,
    ]
  }

  /// Preface and HELLO of a client that takes any environment.
  private static let greeting: [UInt8] =
    FrameDecoder.preface + header(8, 0x01, 0) + [0, 1, 0, 4, 0, 1, 0, 1]

  struct Attack: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let code: ConnectionErrorCode
  }

  static let attacks: [Attack] = beforeHello + frames + conduct + overspent + bombs

  private static func attack(_ name: String, _ code: ConnectionErrorCode, _ pieces: [UInt8]...) -> Attack {
    Attack(testDescription: name, bytes: pieces.flatMap { $0 }, code: code)
  }

  private static let zeros8 = [UInt8](repeating: 0, count: 8)
  /// OPEN's fields before the method, and a method of 5 bytes.
  private static let opening: [UInt8] = [0, 1, 0, 5] + Array("a.S/M".utf8)

  private static let beforeHello: [Attack] = [
    attack("HTTP inside TLS", .badPreface, Array("GET / HTTP/1.1\r\n\r\n".utf8)),
    attack("zeros", .badPreface, Array(repeating: 0, count: 100)),
    attack("a call before HELLO", .protocolError, FrameDecoder.preface, header(9, 0x02, 1), opening),
    attack("HELLO without versions", .badHello, FrameDecoder.preface, header(0, 0x01, 0)),
    attack("HELLO of version 9 only", .versionUnsupported, FrameDecoder.preface, header(8, 0x01, 0), [0, 1, 0, 4, 0, 9, 0, 9]),
    attack("HELLO over its limit", .frameTooLarge, FrameDecoder.preface, header(1_025, 0x01, 0)),
    attack("HELLO twice", .protocolError, greeting, Array(greeting[8...])),
  ]

  private static let frames: [Attack] = [
    attack("a message frame of 16 MB", .frameTooLarge, greeting, header(0xFF_FFFF, 0x04, 1)),
    attack("a call frame over its limit", .frameTooLarge, greeting, header(16_373, 0x02, 1)),
    attack("a PING of 9 bytes", .frameTooLarge, greeting, header(9, 0x09, 0)),
    attack("an unknown frame that may not be skipped", .protocolError, greeting, header(0, 0x7F, 0)),
    attack("unknown flags", .protocolError, greeting, header(0, 0x04, 1, flags: 0x40)),
    attack("byte 11 set", .protocolError, greeting, header(8, 0x09, 0).dropLast() + [1]),
    attack("an even stream", .protocolError, greeting, header(9, 0x02, 2), opening),
  ]

  private static let conduct: [Attack] = [
    attack("a message on a stream never opened", .protocolError, greeting, header(8, 0x04, 1), zeros8),
    attack("a STATUS from a client", .protocolError, greeting, header(4, 0x05, 1, flags: 1), [0, 0, 0, 0]),
    attack("a PING answer without a PING", .protocolError, greeting, header(8, 0x09, 0, flags: 8), zeros8),
    attack("1,000 PINGs", .enhanceYourCalm, greeting, (0..<1_000).flatMap { _ in header(8, 0x09, 0) + zeros8 }),
    attack("101 calls at once, none of them complete", .callLimit, greeting, (0..<101).flatMap { unfinishedCall(UInt32($0)) }),
  ]

  private static let overspent: [Attack] = [
    attack(
      "201 RESETs, of calls that are over too", .enhanceYourCalm, greeting, (0..<100).flatMap(resetCall), again(101, reset(1))),
    attack("201 GOAWAYs", .enhanceYourCalm, greeting, again(201, header(10, 0x0A, 0) + [UInt8](repeating: 0, count: 10))),
    attack("201 BLOCKEDs", .enhanceYourCalm, greeting, again(201, header(0, 0x0B, 0, flags: 0x80))),
    attack("201 HINTs", .enhanceYourCalm, greeting, again(201, header(0, 0x0C, 0, flags: 0x80))),
    attack("101 frames of unknown type", .enhanceYourCalm, greeting, again(101, header(0, 0x7F, 0, flags: 0x80))),
  ]

  private static let bombs: [Attack] = [
    attack("65 entries of metadata", .protocolError, greeting, openWithMetadata([0, 65] + again(65, [1, 0x61, 0, 0]))),
    attack("65,535 entries of metadata announced", .protocolError, greeting, openWithMetadata([0xFF, 0xFF])),
    attack("8,193 bytes of metadata", .protocolError, greeting, openWithMetadata([0, 2] + entry(4_096) + entry(4_089))),
    attack("a value of 4,097 bytes", .protocolError, greeting, openWithMetadata([0, 1] + entry(4_097))),
    attack("a key in capitals", .protocolError, greeting, openWithMetadata([0, 1, 1, 0x41, 0, 0])),
    attack("a GOAWAY of 523 bytes", .frameTooLarge, greeting, header(523, 0x0A, 0)),
    attack("a RESET of 517 bytes", .frameTooLarge, greeting, header(517, 0x06, 1)),
    attack("a frame to be skipped of 16,373 bytes", .frameTooLarge, greeting, header(16_373, 0x7F, 0, flags: 0x80)),
    attack("MAX_CALLS from a client", .protocolError, greeting, header(8, 0x08, 0) + zeros8),
  ]

  private static func again(_ count: Int, _ bytes: [UInt8]) -> [UInt8] { (0..<count).flatMap { _ in bytes } }
  private static func reset(_ stream: UInt32) -> [UInt8] { header(4, 0x06, stream) + [0, 0, 0, 0] }
  private static func resetCall(_ number: Int) -> [UInt8] { unfinishedCall(UInt32(number)) + reset(UInt32(number) * 2 + 1) }

  /// An entry of metadata with a key of one letter: 4 bytes and the value's.
  private static func entry(_ valueBytes: Int) -> [UInt8] {
    [1, 0x61, UInt8(valueBytes >> 8), UInt8(valueBytes & 0xFF)] + [UInt8](repeating: 0, count: valueBytes)
  }

  private static func openWithMetadata(_ metadata: [UInt8]) -> [UInt8] {
    let start: [UInt8] = [8, 1, 0, 5] + Array("a.S/M".utf8)
    return header(start.count + metadata.count, 0x02, 1) + start + metadata
  }

  private static func unfinishedCall(_ number: UInt32) -> [UInt8] {
    header(32, 0x02, number * 2 + 1) + [0, 1, 0, 28] + Array("lontar.testing.v1.Echo/Unary".utf8)
  }

  @Test(arguments: attacks)
  func `a client that breaks the protocol is told the code and cut off`(attack: Attack) async throws {
    let errors = try await Attacked.errors { echo in
      let raw = try await RawClient.secure(to: echo)
      await raw.send(attack.bytes)
      let ending = try await raw.ended()
      #expect(try Self.goAway(ending) == attack.code)
    }
    #expect(errors.compactMap { ($0 as? WireError)?.code } == [attack.code])
  }

  /// OPEN with 0 ns left, then a frame that ends the connection, so that all its answers are there to be read.
  @Test func `a call whose deadline has passed on arrival is answered without its handler`() async throws {
    let ran = Mutex(false)
    let echo = try await EchoServer.start(register: { router in
      router.unary(Method<EchoRequest, EchoResponse>(service: "a.S", name: "M", kind: .unary)) { _, _ in
        ran.withLock { $0 = true }
        return EchoResponse()
      }
    })
    let raw = try await RawClient.secure(to: echo)
    let open: [UInt8] = [1, 1, 0, 5] + Array("a.S/M".utf8) + Self.zeros8
    await raw.send(Self.greeting + Self.header(open.count, 0x02, 1, flags: 0x05) + open + Self.header(0, 0x7F, 0))
    var decoder = FrameDecoder(limits: WireLimits(), expectsPreface: false)
    decoder.feed(try await raw.ended().received)
    var codes: [UInt16] = []
    while let frame = try decoder.next() {
      if case .status(1, let status, _, _) = frame { codes.append(status.code) }
    }
    #expect(codes == [StatusCode.deadlineExceeded.rawValue])
    #expect(!ran.withLock { $0 })
    await echo.stop()
  }

  @Test func `a wrong environment is refused by HELLO and GOAWAY`() async throws {
    let errors = try await Attacked.errors(adjust: { $0.limits.environment = Array(repeating: 7, count: 16) }) { echo in
      let raw = try await RawClient.secure(to: echo)
      let hello: [UInt8] = [0, 1, 0, 4, 0, 1, 0, 1, 0, 2, 0, 16] + Array(repeating: 8, count: 16)
      await raw.send(FrameDecoder.preface + Self.header(28, 0x01, 0) + hello)
      #expect(try await Self.goAway(raw.ended()) == .environmentMismatch)
    }
    #expect(errors.compactMap { ($0 as? WireError)?.code } == [.environmentMismatch])
  }

  @Test(arguments: [0, 1, 7, 8, 19])
  func `a client that never says HELLO is cut off`(bytes: Int) async throws {
    let errors = try await Attacked.errors(adjust: { $0.limits.helloTimeoutSeconds = 3 }) { echo in
      let raw = try await RawClient.secure(to: echo)
      await raw.send(Array(Self.greeting.prefix(bytes)))
      #expect(try await Self.goAway(raw.ended()) == .timeout)
    }
    #expect(errors.compactMap { ($0 as? WireError)?.code } == [.timeout])
  }

  @Test func `a client that never begins its handshake is cut off`() async throws {
    let errors = try await Attacked.errors(adjust: { $0.tls.limits.handshakeTimeout = .seconds(3) }) { echo in
      let raw = try await RawClient.connect(to: echo, tls: nil)
      #expect(try await raw.ended().received.readableBytes == 0)
    }
    #expect(errors.contains { ($0 as? TLSError)?.code == .handshakeTimeout })
  }

  @Test func `a client that never ends its frame is cut off`() async throws {
    let errors = try await Attacked.errors(adjust: { $0.limits.frameTimeoutSeconds = 3 }) { echo in
      let raw = try await RawClient.secure(to: echo)
      await raw.send(Self.greeting + Self.header(9, 0x02, 1) + [0, 1, 0])
      #expect(try await Self.goAway(raw.ended()) == .timeout)
    }
    #expect(errors.compactMap { ($0 as? WireError)?.code } == [.timeout])
  }

  /// Where a slow loris takes its time: the frame has begun with these bytes, and one more comes every 100 ms.
  static let drips: [(stage: String, begun: [UInt8], rest: Int)] = [
    ("preface and HELLO", [], 28), ("header", greeting + [0], 11), ("payload", greeting + header(16_000, 0x04, 1), 16_000),
    ("frame to be skipped", greeting + header(16_000, 0x7F, 0, flags: 0x80), 16_000),
  ]

  @Test(arguments: drips)
  func `a client that lets its bytes drip is cut off all the same`(stage: String, begun: [UInt8], rest: Int) async throws {
    let errors = try await Attacked.errors(adjust: {
      $0.limits.frameTimeoutSeconds = 1
      $0.limits.helloTimeoutSeconds = stage == "preface and HELLO" ? 2 : 120
    }) { echo in
      let raw = try await RawClient.secure(to: echo)
      await raw.send(begun)
      // What is left of a frame is never all sent: 100 ms a byte is too slow for each.
      let bytes = begun.isEmpty ? Array(Self.greeting.prefix(rest)) : [UInt8](repeating: 0, count: rest)
      for byte in bytes.dropLast() where raw.isOpen {
        await raw.send([byte])
        try await Task.sleep(for: .milliseconds(100))
      }
      #expect(try await Self.goAway(raw.ended()) == .timeout)
    }
    #expect(errors.compactMap { ($0 as? WireError)?.code } == [.timeout])
  }

  @Test func `a client that lets its handshake drip is cut off all the same`() async throws {
    let errors = try await Attacked.errors(adjust: { $0.tls.limits.handshakeTimeout = .seconds(3) }) { echo in
      let raw = try await RawClient.connect(to: echo, tls: nil)
      // A handshake record of 512 bytes that never comes to its end.
      await raw.send([0x16, 0x03, 0x01, 0x02, 0x00])
      while raw.isOpen {
        await raw.send([1])
        try await Task.sleep(for: .milliseconds(100))
      }
      #expect(try await raw.ended().received.readableBytes == 0)
    }
    #expect(errors.contains { ($0 as? TLSError)?.code == .handshakeTimeout })
  }

  /// On a busy connection every read may end within a frame: the clock is the frame's, not the connection's.
  @Test func `a client whose every read ends within a frame is served`() async throws {
    let errors = try await Attacked.errors(adjust: { $0.limits.frameTimeoutSeconds = 2 }) { echo in
      let raw = try await RawClient.secure(to: echo)
      let message = RawFrames.message(1, [])
      let (begin, rest) = (Array(message.prefix(5)), Array(message.dropFirst(5)))
      // For five seconds the connection never rests between two frames.
      let open = Self.greeting + RawFrames.open(1, "lontar.testing.v1.Echo/ClientStream", end: false) + begin
      let end = rest + RawFrames.frame(0x04, 1, flags: 1, [])
      try await raw.send([open] + Array(repeating: rest + begin, count: 50) + [end], every: .milliseconds(100))
      let frames = try await raw.frames { if case .status(1, _, _, _) = $0 { true } else { false } }
      #expect(frames.contains { if case .status(1, let status, _, _) = $0 { status.code == 0 } else { false } })
      await raw.close()
    }
    #expect(errors.compactMap { $0 as? WireError }.isEmpty)
  }

  @Test func `a client without calls is let go after the idle time, without being called wrong`() async throws {
    let errors = Mutex<[any Error]>([])
    let echo = try await EchoServer.start(
      onConnectionError: { _, error in errors.withLock { $0.append(error) } }, adjust: { $0.limits.idleTimeoutSeconds = 1 })
    let raw = try await RawClient.secure(to: echo)
    await raw.send(Self.greeting)
    #expect(try await Self.goAway(raw.ended()) == ConnectionErrorCode.none)
    // A client that was let go connects again by itself.
    let client = try echo.client()
    #expect(try await EchoClient(client).isServed())
    #expect(errors.withLock { $0 }.isEmpty)
    await echo.stop(client)
  }

  // MARK: Truncated

  /// One session with each type of frame that a client may send, written down in proto/golden.
  private static func recordedSession() throws -> [UInt8] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
      .appendingPathComponent("proto/golden")
    let names = [
      "hello-client", "open-minimal", "open-end", "open-timeout", "open-trace", "open-key", "open-metadata", "open-inline",
      "open-everything", "msg-first", "ping", "msg-continued", "unknown-ignorable", "msg-last", "msg-empty", "msg-whole",
      "credit-stream", "credit-connection", "reset", "half-close", "goaway-final",
    ]
    return try names.flatMap { name in
      try String(contentsOf: folder.appendingPathComponent("\(name).hex"), encoding: .utf8).split(separator: "\n")
        .flatMap { $0.prefix { $0 != "#" }.split(separator: " ").compactMap { UInt8($0, radix: 16) } }
    }
  }

  @Test func `a session cut off at every byte leaves nothing behind`() async throws {
    let session = try Self.recordedSession()
    #expect(session.count > 500)
    let errors = Mutex<[any Error]>([])
    let register = { @Sendable (router: inout Router) in
      router.register(EchoService())
      router.unary(Method<EchoRequest, EchoResponse>(service: "a.S", name: "M", kind: .unary)) { _, _ in
        try await waitForCancellation()
        return EchoResponse()
      }
    }
    let echo = try await EchoServer.start(
      register: register, onConnectionError: { _, error in errors.withLock { $0.append(error) } },
      adjust: { $0.limits.environment = [UInt8](0x10...0x1F) })
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<8 {
        group.addTask {
          for cut in stride(from: worker, to: session.count, by: 8) {
            let raw = try await RawClient.secure(to: echo)
            await raw.send(Array(session.prefix(cut)))
            await raw.close()
            _ = try await raw.ended()
          }
        }
      }
      try await group.waitForAll()
    }
    let client = try echo.client()
    #expect(try await EchoClient(client).isServed())
    await client.shutdown()
    while echo.server.connectionCount > 0 { await Task.yield() }
    #expect(errors.withLock { $0 }.filter { $0 is WireError }.isEmpty)
    await echo.server.shutdown(graceSeconds: 0)
  }
}

internal import Foundation
internal import LontarTesting
internal import NIOCore
internal import Testing

@testable internal import Lontar

/// What a frame log holds, and what it must not hold.
@Suite(.timeLimit(.minutes(3))) struct FrameLogTests {
  /// A folder of its own, removed with it.
  private final class Folder {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("lontar-frames-\(UUID().uuidString)").path

    init() throws {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }
    func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: file(name)))) }
  }

  private static func entries(_ bytes: [UInt8]) throws -> [FrameLogEntry] {
    var reader = try FrameLogReader(bytes)
    var entries: [FrameLogEntry] = []
    while let entry = try reader.next() { entries.append(entry) }
    return entries
  }

  private static func frames(_ entries: [FrameLogEntry], sent: Bool) -> [FrameDescription] {
    entries.compactMap { if case .frame(sent, let frame) = $0.event { frame } else { nil } }
  }

  private static let token = "Bearer geheimes-token-9f3b"
  private static let content = "a person's own words"

  /// One call with a token, logged on both sides.
  private static func recordCall(_ folder: Folder, keepsPayloads: Bool) async throws -> (server: FrameLog, client: FrameLog) {
    let logs = (
      server: try FrameLog(path: folder.file("server"), keepsPayloads: keepsPayloads),
      client: try FrameLog(path: folder.file("client"), keepsPayloads: keepsPayloads)
    )
    var telemetry = Telemetry()
    telemetry.frameLog = logs.server
    let echo = try await EchoServer.start(telemetry: telemetry)
    let client = try echo.client { $0.options.telemetry.frameLog = logs.client }
    let options = CallOptions(timeout: .seconds(60), metadata: ["authorization": token])
    let request = EchoRequest { $0.payload = Data(content.utf8) }
    _ = try await EchoClient(client).unary(request, options: options)
    await echo.stop(client)
    // The client's own socket may tell of its end a moment later.
    for (name, log) in [("server", logs.server), ("client", logs.client)] {
      repeat {
        try await Task.sleep(for: .milliseconds(5))
        log.flush()
      } while try Self.entries(folder.bytes(name)).last?.event != .closed
    }
    return logs
  }

  @Test func `both sides write the frames of a call down, and no token or message byte`() async throws {
    let folder = try Folder()
    _ = try await Self.recordCall(folder, keepsPayloads: false)
    for name in ["server", "client"] {
      let bytes = try folder.bytes(name)
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(!text.contains("geheim") && !text.contains("person") && text.contains("authorization"))
      let mode = try FileManager.default.attributesOfItem(atPath: folder.file(name))[.posixPermissions] as? Int
      #expect(mode == 0o600)
      let entries = try Self.entries(bytes)
      #expect(Set(entries.map(\.connection)).count == 1)
      #expect(entries.first?.event == .opened(isServer: name == "server"))
      #expect(entries.last?.event == .closed)
      #expect(entries.map(\.time) == entries.map(\.time).sorted())
      let toServer = Self.frames(entries, sent: name == "client")
      let toClient = Self.frames(entries, sent: name == "server")
      #expect(toServer.map(\.type).prefix(2) == ["HELLO", "OPEN"])
      #expect(toClient.map(\.type).prefix(2) == ["HELLO", "STATUS"])
      let open = try #require(toServer.first { $0.type == "OPEN" })
      #expect(open.stream == 1 && open.flags == ["END", "INLINE"] && open.problem == nil)
      #expect(open.fields.first == .init("method", .text("lontar.testing.v1.Echo/Unary")))
      #expect(open.fields.contains(.init("metadata_bytes", .object([.init("authorization", .number(26))]))))
      // Tag and length before the 20 bytes.
      #expect(open.fields.contains(.init("message_bytes", .number(22))))
      #expect(toClient.first { $0.type == "STATUS" }?.fields.first == .init("code", .text("OK")))
    }
  }

  /// The text of an error may repeat what a region had sent and nobody else may see.
  @Test func `of an error its code is written down, and neither its text nor its details`() async throws {
    let folder = try Folder()
    let log = try FrameLog(path: folder.file("server"))
    var telemetry = Telemetry()
    telemetry.frameLog = log
    let echo = try await EchoServer.start(telemetry: telemetry)
    let client = try echo.client()
    let error = await RPCError.of { () async throws in
      try await EchoClient(client).unary(
        EchoRequest {
          $0.failWithCode = Int32(StatusCode.invalidArgument.rawValue)
          $0.failMessage = "rows[3].published: 9.87 is above 4"
        })
    }
    #expect(error?.message == "rows[3].published: 9.87 is above 4" && error?.details.fieldViolations.isEmpty == false)
    await echo.stop(client)
    log.flush()
    let bytes = try folder.bytes("server")
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(!text.contains("9.87") && !text.contains("published") && !text.contains("fail_with_code"))
    let status = try #require(try Self.frames(Self.entries(bytes), sent: true).first { $0.type == "STATUS" })
    #expect(status.problem == nil)
    #expect(
      status.fields.prefix(2) == [
        .init("code", .text("INVALID_ARGUMENT")), .init("message", .text(String(repeating: "*", count: 34))),
      ])
  }

  @Test func `only on demand payloads are kept`() async throws {
    let folder = try Folder()
    _ = try await Self.recordCall(folder, keepsPayloads: true)
    let bytes = try folder.bytes("client")
    #expect(try FrameLogReader(bytes).keepsPayloads)
    let open = try #require(try Self.frames(Self.entries(bytes), sent: true).first { $0.type == "OPEN" })
    #expect(open.fields.contains(.init("metadata", .object([.init("authorization", .text(Self.token))]))))
    let message = open.fields.first { $0.name == "message_hex" }?.value
    // Field 1 of 20 bytes, in hexadecimal digits.
    let hex = Self.content.utf8.map { String(format: "%02x", $0) }.joined()
    guard case .text(let digits) = message else {
      Issue.record("no message")
      return
    }
    #expect(digits.hasSuffix(hex) && digits.count == 44)
  }

  @Test func `a message in many frames is known by its first`() async throws {
    let folder = try Folder()
    let log = try FrameLog(path: folder.file("log"))
    let tap = FrameTap(log, connection: "c", side: .client)
    var bytes = ByteBuffer()
    for line in [
      "000 00C 04 00000001 02 00 0000", "0000000A 0000000A 01020304", "000 006 04 00000001 00 00 0000", "000000000000",
    ] {
      bytes.writeBytes(try FrameBytes.parse(hex: Self.pairs(line)).get())
    }
    tap.received(bytes)
    log.flush()
    let frames = Self.frames(try Self.entries(folder.bytes("log")), sent: false)
    #expect(frames.map(\.payloadBytes) == [12, 6])
    #expect(frames.first?.fields.first { $0.name == "message_total" }?.value == .number(10))
    #expect(frames.last?.fields == [.init("message_bytes", .number(6))])
  }

  private static func pairs(_ digits: String) -> String {
    var text = ""
    for (position, digit) in digits.filter({ $0 != " " }).enumerated() {
      if position > 0, position.isMultiple(of: 2) { text += " " }
      text.append(digit)
    }
    return text
  }

  // MARK: Faults of the file

  /// A log with a few records, and where each begins.
  private static func sample() throws -> (bytes: [UInt8], starts: [Int]) {
    let folder = try Folder()
    let log = try FrameLog(path: folder.file("log"))
    let tap = FrameTap(log, connection: "7f.1", side: .server)
    tap.received(ByteBuffer(bytes: Array("LONTAR\r\n".utf8) + [0, 0, 8, 9, 0, 0, 0, 0, 0, 0, 0, 0] + [0, 0, 0, 0, 0, 0, 0, 9]))
    tap.sent(ByteBuffer(bytes: [0, 0, 8, 8, 0, 0, 0, 0, 0, 0, 0, 0] + [0, 0, 0, 0, 0, 0, 0, 100]))
    tap.closed()
    log.flush()
    let bytes = try folder.bytes("log")
    var starts = [20]
    while let last = starts.last, last < bytes.count {
      starts.append(last + 9 + Int(bytes[last + 3]) * 256 + Int(bytes[last + 4]))
    }
    return (bytes, starts.dropLast())
  }

  @Test func `a log that is cut off says at which byte its last record begins`() throws {
    let (bytes, starts) = try Self.sample()
    #expect(starts.count == 4)
    for length in 0..<bytes.count {
      let prefix = Array(bytes.prefix(length))
      let start = starts.last { $0 <= length }
      if length < 8 {
        #expect(throws: FrameLogFault(reason: .notALog, byte: 0)) { try Self.entries(prefix) }
      } else if let start, start != length {
        #expect(throws: FrameLogFault(reason: .truncated, byte: start)) { try Self.entries(prefix) }
      } else if let start {
        #expect(try Self.entries(prefix).count == starts.firstIndex(of: start))
      } else {
        #expect(throws: FrameLogFault(reason: .truncated, byte: 8)) { try Self.entries(prefix) }
      }
    }
    #expect(try Self.entries(bytes).count == 4)
  }

  @Test func `each flipped bit of a record is found, at the record's first byte`() throws {
    let (bytes, starts) = try Self.sample()
    for bit in (20 * 8)..<(bytes.count * 8) {
      var broken = bytes
      broken[bit / 8] ^= 1 << (bit % 8)
      let start = try #require(starts.last { $0 <= bit / 8 })
      let fault = #expect(throws: FrameLogFault.self) { try Self.entries(broken) }
      #expect(fault?.byte == start)
      #expect(fault?.reason == .corrupt || fault?.reason == .truncated)
    }
  }

  @Test func `the check sum is zlib's`() {
    // The check value of CRC-32/ISO-HDLC: of "123456789".
    #expect(CRC32.checksum(UInt8(ascii: "1"), ByteBuffer(string: "23456789").readableBytesView) == 0xCBF4_3926)
  }

  // MARK: The file on disk

  @Test func `a full file becomes its predecessor, and both stay within their size`() throws {
    let folder = try Folder()
    let log = try FrameLog(path: folder.file("log"), bytesMax: 64 * 1024)
    let tap = FrameTap(log, connection: "c", side: .client)
    let ping: [UInt8] = [0, 0, 8, 9, 0, 0, 0, 0, 0, 0, 0, 0]
    for number in 0..<10_000 {
      tap.received(ByteBuffer(bytes: ping + [0, 0, 0, 0, 0, 0] + [UInt8(number / 256), UInt8(number % 256)]))
      if number.isMultiple(of: 100) { log.flush() }
    }
    log.flush()
    let (new, old) = (try folder.bytes("log"), try folder.bytes("log.1"))
    #expect(new.count <= 64 * 1024 && old.count <= 64 * 1024)
    let numbers = try (Self.entries(old) + Self.entries(new)).compactMap { entry -> UInt64? in
      guard case .frame(_, let frame) = entry.event, case .text(let value) = frame.fields.first?.value else { return nil }
      return UInt64(value.dropFirst(2), radix: 16)
    }
    #expect(numbers.last == 9_999)
    #expect(numbers == Array((numbers.first ?? 0)...9_999))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["log", "log.1"])
  }

  @Test func `what comes faster than the disk takes it is dropped and counted`() throws {
    let folder = try Folder()
    let log = try FrameLog(path: folder.file("log"), bytesMax: 64 * 1024)
    let tap = FrameTap(log, connection: "c", side: .client)
    log.flush()
    log.queue.suspend()
    let ping = ByteBuffer(bytes: [0, 0, 8, 9, 0, 0, 0, 0, 0, 0, 0, 0] + [0, 0, 0, 0, 0, 0, 0, 1])
    for _ in 0..<2_000 { tap.received(ping) }
    log.queue.resume()
    log.flush()
    tap.received(ping)
    log.flush()
    let entries = try Self.entries(folder.bytes("log"))
    let kept = Self.frames(entries, sent: false).count
    let dropped = entries.compactMap { if case .dropped(let count) = $0.event { count } else { nil } }
    #expect(dropped.count == 1)
    #expect(kept + dropped.reduce(0, +) == 2_001)
    #expect(kept < 1_000)
  }

  @Test func `a file that is no log is not moved away`() throws {
    let folder = try Folder()
    try Data("my thesis".utf8).write(to: URL(fileURLWithPath: folder.file("thesis")))
    let error = #expect(throws: FrameLogError.self) { try FrameLog(path: folder.file("thesis")) }
    #expect(error?.reason == .notALog)
    #expect(try folder.bytes("thesis") == Array("my thesis".utf8))
    // Nor is what stands where an older log would go.
    _ = try FrameLog(path: folder.file("log"))
    try Data("my thesis".utf8).write(to: URL(fileURLWithPath: folder.file("log.1")))
    #expect(throws: FrameLogError.self) { try FrameLog(path: folder.file("log")) }
    #expect(try folder.bytes("log.1") == Array("my thesis".utf8))
    let missing = #expect(throws: FrameLogError.self) { try FrameLog(path: folder.file("no/such/folder")) }
    #expect(missing?.reason == .system && missing?.code == ENOENT)
  }

  @Test func `a peer that speaks no Lontar is told once`() throws {
    let folder = try Folder()
    let log = try FrameLog(path: folder.file("log"))
    let tap = FrameTap(log, connection: "c", side: .server)
    for _ in 0..<3 { tap.received(ByteBuffer(string: "GET / HTTP/1.1\r\n\r\n")) }
    log.flush()
    let entries = try Self.entries(folder.bytes("log"))
    #expect(entries.count == 2)
    if case .unreadable(false, let why) = entries[1].event {
      #expect(why.contains("preface"))
    } else {
      Issue.record("\(entries)")
    }
  }

  // MARK: Golden files

  private static let golden = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("proto/golden")

  static var goldenNames: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: golden.path)) ?? []).filter { $0.hasSuffix(".hex") }.sorted()
  }

  @Test(arguments: goldenNames)
  func `every golden file is decoded, by hex and through a log`(name: String) throws {
    let text = try String(contentsOf: Self.golden.appendingPathComponent(name), encoding: .utf8)
    let bytes = try FrameBytes.parse(hex: text).get()
    let (frames, fault) = FrameBytes.frames(bytes)
    #expect(fault == nil && frames.count == 1)
    let frame = try #require(frames.first)
    // The file's own comment names the type.
    let comment = try #require(text.split(separator: "\n").first { $0.contains("# type ") }?.split(separator: "# type ").last)
    let word = String(comment.prefix { $0 != "," && $0 != " " })
    #expect(frame.type == (word == "7F" ? "0x7F" : word))
    #expect(frame.problem == nil)
    let folder = try Folder()
    let log = try FrameLog(path: folder.file("log"))
    // The preface is only where the peer is a client.
    let tap = FrameTap(log, connection: "c", side: bytes.starts(with: Array("LONTAR".utf8)) ? .server : .client)
    for byte in bytes { tap.received(ByteBuffer(bytes: [byte])) }
    log.flush()
    let logged = try #require(Self.frames(try Self.entries(folder.bytes("log")), sent: false).first)
    #expect(logged.type == frame.type && logged.stream == frame.stream && logged.flags == frame.flags)
    #expect(logged.payloadBytes == frame.payloadBytes && logged.problem == nil)
    let secrets = ["metadata", "metadata_bytes", "message", "message_hex", "details"]
    #expect(logged.fields.filter { !secrets.contains($0.name) } == frame.fields.filter { !secrets.contains($0.name) })
  }

  /// As the comments of the files say.
  @Test(arguments: [
    ("credit-stream.hex", "offset", FrameDescription.Value.number(393_216)), ("goaway-final.hex", "last_stream", .number(15)),
    ("status-compressed.hex", "message_uncompressed", .number(40)), ("blocked-stream.hex", "limit", .text("streamCredit")),
    ("blocked-stream.hex", "offset", .number(262_144)), ("goaway-final.hex", "final", .flag(true)),
    ("goaway-drain.hex", "reason", .text("restart")),
    ("hello-client.hex", "software", .text("golden/1")), ("hello-client.hex", "connection_window", .number(26_214_400)),
    ("head.hex", "metadata", .object([.init("k", .text("v")), .init("data-bin", .text("0x00ff80"))])),
  ])
  func `fields have the values of the golden files`(name: String, field: String, value: FrameDescription.Value) throws {
    let text = try String(contentsOf: Self.golden.appendingPathComponent(name), encoding: .utf8)
    let frame = try #require(FrameBytes.frames(try FrameBytes.parse(hex: text).get()).frames.first)
    #expect(frame.fields.first { $0.name == field }?.value == value)
  }

  @Test func `a key of metadata that comes several times is one member with all its values`() throws {
    let metadata: [UInt8] = [0, 3] + [1, 0x6B, 0, 1, 0x61] + [1, 0x6C, 0, 0] + [1, 0x6B, 0, 1, 0x62]
    let frame = try #require(FrameBytes.frames(RawFrames.frame(0x03, 1, metadata)).frames.first)
    #expect(
      frame.fields == [.init("metadata", .object([.init("k", .list([.text("a"), .text("b")])), .init("l", .text(""))]))])
  }

  @Test(arguments: ["\n", "\r\n", "\r"]) func `lines of hex may end as any system ends them`(end: String) {
    #expect(FrameBytes.parse(hex: ["# one", "00 01", "02 # two", "03"].joined(separator: end)) == .success([0, 1, 2, 3]))
    #expect(FrameBytes.parse(hex: ["# one", "zz"].joined(separator: end)) == .failure(.init(line: 2)))
  }

  @Test func `hex that is none names its line, and bytes that end early their last frame`() throws {
    #expect(FrameBytes.parse(hex: "00 01\n# a comment\n0g") == .failure(.init(line: 3)))
    #expect(FrameBytes.parse(hex: "00 1\n") == .failure(.init(line: 1)))
    let ping: [UInt8] = [0, 0, 8, 9, 0, 0, 0, 0, 0, 0, 0, 0] + [0, 0, 0, 0, 0, 0, 0, 1]
    for extra in 1..<20 {
      let (frames, fault) = FrameBytes.frames(ping + ping.prefix(extra))
      #expect(frames.count == 1 && fault == FrameLogFault(reason: .truncated, byte: 20))
    }
  }
}

internal import LontarTLS
internal import LontarTesting
internal import LontarWire
internal import NIOCore
internal import NIOPosix
internal import Synchronization
internal import Testing

@testable internal import Lontar

/// What is left on a server of connections that were lost in the middle of calls: nothing.
@Suite(.timeLimit(.minutes(3))) struct LostConnectionTests {
  private static let unary = "lontar.testing.v1.Echo/Unary"

  private struct Weak: @unchecked Sendable {
    weak var link: ServerLink?
  }

  private static func link(_ echo: EchoServer) -> Weak { Weak(link: echo.server.shared.connections.all.first?.link) }

  private static func waitUntilGone(_ link: Weak, _ echo: EchoServer) async throws {
    while link.link != nil || echo.server.connectionCount > 0 { try await Task.sleep(for: .milliseconds(5)) }
  }

  @Test func `a connection that is lost within a message leaves nothing behind`() async throws {
    let echo = try await EchoServer.start()
    let raw = try await RawClient.secure(to: echo)
    // 100,000 bytes are announced, ten come.
    let begun = RawFrames.frame(0x04, 1, flags: 2, [0, 1, 0x86, 0xA0, 0, 1, 0x86, 0xA0] + Array(repeating: 7, count: 10))
    await raw.send(
      RawFrames.greeting() + RawFrames.open(1, Self.unary, end: false) + begun + RawFrames.frame(0x09, 0, RawFrames.number(1)))
    _ = try await raw.frames { if case .ping(1, true) = $0 { true } else { false } }
    let link = Self.link(echo)
    #expect(link.link != nil)
    await raw.close()
    try await Self.waitUntilGone(link, echo)
    await echo.stop()
  }

  @Test func `a connection that is lost while its handlers run, or whose client breaks the protocol, leaves nothing behind`()
    async throws
  {
    for breaks in [false, true] {
      let (began, ends) = (Signals<Void>(), Signals<HandlerEnd>())
      let echo = try await EchoServer.start(register: { router in
        router.unary(Lontar_Testing_V1_Echo.unary) { _, _ in
          began.send(())
          try await waitForCancellation(telling: ends)
          return EchoResponse()
        }
      })
      let raw = try await RawClient.secure(to: echo)
      await raw.send(RawFrames.greeting() + RawFrames.open(1, Self.unary, message: []))
      await began.next()
      let link = Self.link(echo)
      if breaks { await raw.send(RawFrames.frame(0x08, 0, RawFrames.number(1))) } else { await raw.close() }
      #expect(await ends.next() == .cancelled)
      try await Self.waitUntilGone(link, echo)
      await echo.stop()
    }
  }

  /// Takes everything and sends nothing: a socket whose other end does not read.
  private final class FullPipe: BytePipe, @unchecked Sendable {
    let eventLoop: any EventLoop
    var isClosed = false
    var isWritable: Bool { false }

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func write(_ bytes: ByteBuffer) {}
    func flush() {}
    func close() { isClosed = true }
  }

  /// Its answer waits in a queue because the batch is full; what still comes of the call must not begin it.
  @Test func `a call that was refused and then ends its requests does not begin`() async throws {
    let began = Mutex(0)
    var router = Router()
    router.unary(Lontar_Testing_V1_Echo.unary) { _, _ in
      began.withLock { $0 += 1 }
      return EchoResponse()
    }
    let shared = ServerShared(
      limits: ServerLimits(), router: router, onCall: nil, onConnectionError: { _, _ in }, telemetry: Telemetry())
    let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
    // Names of bytes that are no UTF-8 are told with three bytes each: 90 answers of 800 bytes are more than a batch.
    let unknown = RawFrames.header(4 + 255, 0x02, 0, flags: 1) + [0, 1, 0, 255] + Array(repeating: 0xFF, count: 255)
    let opens = (0..<90).flatMap { number -> [UInt8] in
      var open = unknown
      open[7] = UInt8(2 * number + 1)
      return open
    }
    let victim: UInt32 = 201
    let frames: [[UInt8]] = [
      RawFrames.greeting(), opens, RawFrames.open(victim, Self.unary, end: false), RawFrames.message(victim, [1, 2]),
      // The second request of a unary call: it is refused.
      RawFrames.message(victim, [1, 2]), RawFrames.frame(0x04, victim, flags: 1, []), RawFrames.frame(0x04, victim, flags: 1, []),
    ]
    try await eventLoop.submit {
      let (link, pipe) = (ServerLink(shared: shared), FullPipe(eventLoop))
      link.attach(pipe)
      link.pipeIsActive()
      link.pipeIsOpen(peer: nil)
      for bytes in frames { link.receive(ByteBuffer(bytes: bytes)) }
      #expect(link.machine.outboundBytes > 48 * 1024)
      #expect(link.running.isEmpty)
      #expect(!pipe.isClosed)
      link.pipeClosed()
    }.get()
    #expect(began.withLock { $0 } == 0)
  }

  @Test func `a pipe that fails behind its end is not reported`() async throws {
    let failures = Mutex(0)
    let shared = ServerShared(
      limits: ServerLimits(), router: Router(), onCall: nil, onConnectionError: { _, _ in failures.withLock { $0 += 1 } },
      telemetry: Telemetry())
    let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
    try await eventLoop.submit {
      let link = ServerLink(shared: shared)
      link.attach(FullPipe(eventLoop))
      link.pipeIsActive()
      link.pipeFailed(RPCError(.unavailable, "while it is open"))
      link.pipeClosed()
      link.pipeFailed(RPCError(.unavailable, "behind its end"))
    }.get()
    #expect(failures.withLock { $0 } == 1)
  }

  /// Requests that are whole but whose calls are never ended by END hold no more than long messages that are not whole.
  @Test func `whole requests of calls that do not begin are bounded`() async throws {
    let echo = try await EchoServer.start()
    let raw = try await RawClient.secure(to: echo)
    let message = Array(repeating: UInt8(0), count: 250_000)
    var bytes = RawFrames.greeting()
    for call in 0..<100 {
      let stream = UInt32(2 * call + 1)
      bytes += RawFrames.open(stream, Self.unary, end: false)
      var rest = ([0, 0x03, 0xD0, 0x90, 0, 0x03, 0xD0, 0x90] + message)[...]
      while !rest.isEmpty {
        let part = rest.prefix(16_000)
        rest = rest.dropFirst(part.count)
        bytes += RawFrames.frame(0x04, stream, flags: rest.isEmpty ? 0 : 2, Array(part))
      }
    }
    await raw.send(bytes)
    await raw.send(RawFrames.frame(0x09, 0, RawFrames.number(1)))
    let frames = try await raw.frames { if case .ping(1, true) = $0 { true } else { false } }
    let refused = frames.filter { if case .status(_, let status, _, _) = $0 { status.code == 8 } else { false } }
    // 67 of 250,000 bytes fit into 16 MiB; each that is refused gives its room to the next.
    #expect(refused.count == 100 - 67)
    let client = try echo.client()
    #expect(try await EchoClient(client).isServed())
    await raw.close()
    await echo.stop(client)
  }

  /// The server's close_notify has a timer of its own; a drained connection waits for what was written all the same.
  @Test func `a drain does not cut off an answer that a slow client still reads`() async throws {
    let echo = try await EchoServer.start(adjust: { $0.tls.limits.closeTimeout = .milliseconds(50) })
    let raw = try await RawClient.secure(to: echo)
    await raw.send(RawFrames.greeting(streamCredit: 100_000_000))
    _ = try await raw.frames { if case .hello(_) = $0 { true } else { false } }
    try await raw.stopReading()
    // One answer of 4,000,000 bytes: more than the sockets hold.
    await raw.send(RawFrames.open(1, Self.unary, message: [0x10, 0x80, 0x92, 0xF4, 0x01, 0x18, 1]))
    while echo.server.shared.counters.callsEnded[0] == 0 { try await Task.sleep(for: .milliseconds(5)) }
    let stopped = Task { await echo.server.shutdown(graceSeconds: 60) }
    try await Task.sleep(for: .milliseconds(500))
    try await raw.startReading()
    let frames = try await raw.frames { if case .status(1, _, _, _) = $0 { true } else { false } }
    let bytes = frames.reduce(0) { sum, frame in
      if case .message(1, let bytes, _, _, _) = frame { sum + bytes.readableBytes } else { sum }
    }
    #expect(bytes > 4_000_000)
    #expect(frames.contains { if case .status(1, let status, _, _) = $0 { status.code == 0 } else { false } })
    await stopped.value
  }

  /// No handler runs any more, but the answer has not left: that is no idleness.
  @Test func `an idle limit does not cut off an answer that waits for credit`() async throws {
    let echo = try await EchoServer.start(adjust: { $0.limits.idleTimeoutSeconds = 1 })
    let raw = try await RawClient.secure(to: echo)
    await raw.send(
      RawFrames.greeting(streamCredit: 1_024) + RawFrames.open(1, Self.unary, message: [0x10, 0xA0, 0x8D, 0x06, 0x18, 1]))
    _ = try await raw.frames { if case .message(1, _, _, true, _) = $0 { true } else { false } }
    try await Task.sleep(for: .seconds(3))
    await raw.send(RawFrames.frame(0x07, 1, RawFrames.number(1_000_000)))
    let frames = try await raw.frames { if case .status(1, _, _, _) = $0 { true } else { false } }
    #expect(frames.contains { if case .status(1, let status, _, _) = $0 { status.code == 0 } else { false } })
    await raw.close()
    await echo.stop()
  }

  /// It gives back what it holds, which takes a while; its event loop must be there for that.
  @Test func `a shutdown waits for handlers whose clients have left`() async throws {
    let began = Signals<Void>()
    let cleaned = Mutex(false)
    let echo = try await EchoServer.start(register: { router in
      router.unary(Lontar_Testing_V1_Echo.unary) { _, _ in
        began.send(())
        try? await waitForCancellation()
        await Task { try? await Task.sleep(for: .milliseconds(500)) }.value
        cleaned.withLock { $0 = true }
        return EchoResponse()
      }
    })
    let raw = try await RawClient.secure(to: echo)
    await raw.send(RawFrames.greeting() + RawFrames.open(1, Self.unary, message: []))
    await began.next()
    await raw.close()
    while echo.server.connectionCount > 0 { try await Task.sleep(for: .milliseconds(5)) }
    await echo.stop()
    #expect(cleaned.withLock { $0 })
  }

  /// A channel that was never active says nothing of its end.
  @Test func `a client that could not connect leaves nothing behind`() async throws {
    let echo = try await EchoServer.start()
    await echo.stop()
    weak var core: ClientCore?
    do {
      let client = try echo.client { ($0.options.backoffFirstMilliseconds, $0.options.backoffMaxMilliseconds) = (1, 2) }
      core = client.core
      for _ in 0..<5 { #expect(await RPCError.of { try await EchoClient(client).isServed() }?.code == .unavailable) }
      await client.shutdown()
    }
    while core != nil { try await Task.sleep(for: .milliseconds(5)) }
  }

  @Test func `a server that ends each connection as soon as it is made is not asked again and again`() async throws {
    let servers = ScriptedServers([
      { connection, event in
        if case .open = event { connection.close() }
      }
    ])
    let client = servers.client {
      $0.balancing = .roundRobin
      ($0.backoffFirstMilliseconds, $0.backoffMaxMilliseconds) = (10_000, 10_000)
    }
    let end = ContinuousClock.now + .milliseconds(500)
    while ContinuousClock.now < end {
      let options = CallOptions(timeout: .milliseconds(20), waitForReady: true)
      #expect(await RPCError.of { try await EchoClient(client).unary(EchoRequest(), options: options) } != nil)
    }
    // The next would come after eight seconds at the earliest.
    #expect(servers.connections == [1])
    await client.shutdown()
  }
}

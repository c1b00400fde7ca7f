internal import Foundation
internal import LontarTesting
internal import LontarWire
internal import NIOCore
internal import Synchronization
internal import Testing

@testable internal import Lontar

/// Peers that fall silent, and connections that grow old.
@Suite(.timeLimit(.minutes(3))) struct KeepaliveTests {
  /// A server that says HELLO and then nothing: the other end of a client's pipe.
  private final class SilentServer: BytePipe, Connector, @unchecked Sendable {
    let target = "lontar:test"
    let eventLoopBox = Mutex<(any EventLoop)?>(nil)
    let isChanging = false
    private var link: ClientLink?
    private var hasGreeted = false

    var eventLoop: any EventLoop { eventLoopBox.withLock { $0 }! }
    var isWritable: Bool { true }

    func resolve(on eventLoop: any EventLoop) -> EventLoopFuture<[Destination]> {
      eventLoop.makeSucceededFuture([Destination(place: "a silent server", endpoint: 0)])
    }

    func connect(
      _ link: ClientLink, to destination: Destination, on eventLoop: any EventLoop,
      failed: @escaping @Sendable (RPCError) -> Void
    ) {
      eventLoopBox.withLock { $0 = eventLoop }
      eventLoop.execute {
        self.link = link
        link.attach(self)
        link.pipeIsOpen(peer: nil)
      }
    }

    /// Preface and HELLO come first: they are answered, and nothing after them.
    func write(_ bytes: ByteBuffer) {
      guard !hasGreeted else { return }
      hasGreeted = true
      var machine = ServerConnection(hello: Hello(), limits: WireLimits())
      machine.feed(bytes)
      _ = try? machine.next(now: 0)
      guard let hello = machine.takeOutbound() else { return }
      eventLoop.execute {
        self.link?.receive(hello)
      }
    }

    func flush() {}

    func close() {
      let link = link
      self.link = nil
      eventLoop.execute { link?.pipeClosed() }
    }
  }

  @Test func `a client ends a connection whose server is silent, and says so`() async throws {
    var options = ClientOptions()
    (options.keepaliveSeconds, options.keepaliveTimeoutSeconds) = (1, 1)
    let client = LontarClient(connector: SilentServer(), options: options)
    let error = await RPCError.of { try await EchoClient(client).unary(EchoRequest()) }
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("PING") == true)
  }

  @Test func `a server cancels the calls of a client that answers no PING`() async throws {
    let (ends, errors) = (Signals<HandlerEnd>(), Signals<ConnectionErrorCode?>())
    let echo = try await EchoServer.start(
      register: { router in
        router.unary(Method<EchoRequest, EchoResponse>(service: "a.S", name: "M", kind: .unary)) { _, _ in
          try await waitForCancellation(telling: ends)
          return EchoResponse()
        }
      }, onConnectionError: { _, error in errors.send((error as? WireError)?.code) },
      adjust: { ($0.limits.keepaliveSeconds, $0.limits.keepaliveTimeoutSeconds) = (1, 1) })
    let raw = try await RawClient.secure(to: echo)
    let header: [UInt8] = [0, 0, 9, 0x02, 0, 0, 0, 1, 0x05, 0, 0, 0]
    let hello: [UInt8] = [0, 0, 8, 0x01, 0, 0, 0, 0, 0, 0, 0, 0] + [0, 1, 0, 4, 0, 1, 0, 1]
    await raw.send(FrameDecoder.preface + hello + header + [0, 1, 0, 5] + Array("a.S/M".utf8))
    #expect(await ends.next() == .cancelled)
    #expect(await errors.next() == .timeout)
    var decoder = FrameDecoder(limits: WireLimits(), expectsPreface: false)
    decoder.feed(try await raw.ended().received)
    var pings = 0
    while let frame = try decoder.next() {
      if case .ping(_, ack: false) = frame { pings += 1 }
    }
    #expect(pings == 1)
    await echo.stop()
  }

  @Test func `a live client answers PING, and its long call goes on`() async throws {
    try await EchoServer.with(adjust: { ($0.limits.keepaliveSeconds, $0.limits.keepaliveTimeoutSeconds) = (1, 1) }) {
      _, client async throws in
      let slow = EchoRequest {
        $0.sleepMilliseconds = 5_000
        $0.payload = Data([1])
      }
      #expect(try await EchoClient(client).unary(slow).payload == Data([1]))
    }
  }

  @Test func `a client that asks every second about a silent call is sent away`() async throws {
    let faults = Signals<ConnectionErrorCode?>()
    let echo = try await EchoServer.start(onConnectionError: { _, error in faults.send((error as? WireError)?.code) })
    let client = try echo.client { $0.options.keepaliveSeconds = 1 }
    let error = await RPCError.of { () async throws in
      try await EchoClient(client).unary(EchoRequest { $0.sleepMilliseconds = 60_000 })
    }
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("too many PINGs") == true)
    #expect(await faults.next() == .enhanceYourCalm)
    await client.shutdown()
    await echo.stop()
  }

  @Test func `a call of an old connection that does not end in the grace ends with UNAVAILABLE, and another goes elsewhere`()
    async throws
  {
    let ends = Signals<HandlerEnd>()
    try await EchoServer.with(
      register: { router in
        router.register(EchoService())
        router.serverStreaming(Lontar_Testing_V1_Echo.serverStream) { _, _, _ in try await waitForCancellation(telling: ends) }
      }, adjust: { ($0.limits.connectionAgeSecondsMax, $0.limits.connectionAgeGraceSeconds) = (1, 2) }
    ) { _, client async throws in
      let stream = try await EchoClient(client).serverStream(EchoRequest())
      let start = ContinuousClock.now
      let (messages, error) = await stream.collect()
      #expect(messages.isEmpty && error?.code == .unavailable)
      #expect(error?.message == "the connection has reached its age, and the call did not end in time")
      #expect(ContinuousClock.now - start > .seconds(2), "it has had its grace")
      #expect(await ends.next() == .cancelled)
      #expect(try await EchoClient(client).isServed())
    }
  }

  @Test func `an answer of an old connection for which its client gives no credit holds it no longer than the grace`()
    async throws
  {
    try await EchoServer.with(adjust: {
      ($0.limits.connectionAgeSecondsMax, $0.limits.connectionAgeGraceSeconds) = (1, 1)
    }) { echo, client async throws in
      // More than a window, of which nothing is read.
      let stream = try await EchoClient(client).serverStream(
        EchoRequest {
          $0.responseCount = 3_000
          $0.responseBytes = 1_000
        })
      _ = try await stream.initialMetadata
      while echo.server.connectionCount > 0 { try await Task.sleep(for: .milliseconds(50)) }
      let (messages, error) = await stream.collect()
      #expect(messages.count < 3_000 && error?.code == .unavailable)
      #expect(messages.allSatisfy { $0.payload.count == 1_000 })
    }
  }

  @Test func `calls go on while their connection is replaced because of its age`() async throws {
    try await EchoServer.with(
      register: { router in
        router.unary(Lontar_Testing_V1_Echo.unary) { _, context in
          EchoResponse { $0.payload = Data(context.requestID.prefix { $0 != "-" }.utf8) }
        }
      }, adjust: { $0.limits.connectionAgeSecondsMax = 3 }
    ) { _, client async throws in
      var connections: Set<Data> = []
      while connections.count < 3 { connections.insert(try await EchoClient(client).unary(EchoRequest()).payload) }
    }
  }
}

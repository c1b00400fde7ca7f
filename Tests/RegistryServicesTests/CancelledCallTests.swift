import Foundation
import Lontar
import LontarTesting
import PostgresClient
import RegistryTestKit
import SwiftProtobuf
import Testing

/// A call that is given up over the wire leaves nothing running in PostgreSQL, wherever it was: `pg_stat_activity` is read when its
/// handler has come to its end.
@Suite(.timeLimit(.minutes(3))) struct CancelledCallTests {
  private typealias Request = Lontar_Testing_V1_EchoRequest
  private typealias Response = Lontar_Testing_V1_EchoResponse
  private typealias Client = Lontar_Testing_V1_EchoClient

  /// Things that happen in handlers, in their order.
  private struct Events: Sendable {
    enum Event: Sendable, Equatable {
      case began(String)
      case wrote(String, Int)
      case ended(String)
    }

    private let stream: AsyncStream<Event>
    private let continuation: AsyncStream<Event>.Continuation

    init() {
      (stream, continuation) = AsyncStream.makeStream(of: Event.self)
    }

    func tell(_ event: Event) { continuation.yield(event) }

    /// Reads on to this event.
    func wait(for event: Event) async {
      var iterator = stream.makeAsyncIterator()
      while let next = await iterator.next(), next != event {}
    }
  }

  /// Statements carry the mark of their call: its `fail_message`.
  private struct Handlers: Sendable {
    let pool: PostgresPool
    let events: Events

    private func watched<Result>(_ mark: String, _ body: () async throws -> Result) async throws -> Result {
      events.tell(.began(mark))
      defer { events.tell(.ended(mark)) }
      return try await body()
    }

    private func sleep(_ mark: String) async throws {
      _ = try await pool.execute(PostgresRequest([PostgresStep(.unnamed("select pg_sleep(600) /* \(mark) */"))]))
    }

    func unary(_ request: Request) async throws -> Response {
      try await watched(request.failMessage) {
        try await sleep(request.failMessage)
        return Response()
      }
    }

    /// Asks when all requests are there.
    func clientStream(_ requests: RequestStream<Request>) async throws -> Response {
      var iterator = requests.makeAsyncIterator()
      let mark = try await iterator.next()?.failMessage ?? ""
      return try await watched(mark) {
        while try await iterator.next() != nil {}
        try await sleep(mark)
        return Response()
      }
    }

    /// Within a transaction: as many answers as are asked for, then a statement that does not end.
    func serverStream(_ request: Request, _ writer: ResponseWriter<Response>) async throws {
      try await watched(request.failMessage) {
        try await pool.withConnection { connection in
          _ = try await connection.script("begin; select 1 /* \(request.failMessage) */")
          for number in 1...max(1, Int(request.responseCount)) {
            events.tell(.wrote(request.failMessage, number))
            var response = Response()
            response.payload = Data(count: Int(request.responseBytes))
            try await writer.write(response)
          }
          _ = try await connection.script("select pg_sleep(600) /* \(request.failMessage) */")
        }
      }
    }

    func register(_ router: inout Router) {
      router.unary(Lontar_Testing_V1_Echo.unary) { request, _ in try await self.unary(request) }
      router.clientStreaming(Lontar_Testing_V1_Echo.clientStream) { requests, _ in try await self.clientStream(requests) }
      router.serverStreaming(Lontar_Testing_V1_Echo.serverStream) { request, writer, _ in
        try await self.serverStream(request, writer)
      }
    }
  }

  /// A server over a pool of one connection, and an onlooker's connection.
  private struct Scene {
    let echo: EchoServer
    let pool: PostgresPool
    let onlooker: PostgresPool
    let events: Events
    let client: LontarClient

    func running(_ mark: String) async throws -> Int {
      let sql = """
        select count(*)::int8 from pg_stat_activity
        where state <> 'idle' and position($1 in query) > 0 and pid <> pg_backend_pid()
        """
      return try await onlooker.execute(PostgresRequest([PostgresStep(.unnamed(sql), [.text(mark)])]))[0].rows[0].int(0)
    }

    func waitUntilRunning(_ mark: String) async throws {
      while try await running(mark) == 0 {}
    }

    /// The handler came to its end within a transaction: the pool closes that connection, and PostgreSQL sees it a moment later. What
    /// stays runs into the time limit.
    func waitUntilNothingIsLeft(of mark: String) async throws {
      await events.wait(for: .ended(mark))
      while try await running(mark) > 0 {}
    }

    /// The handler has come to its end, and so has what it asked for.
    func expectNothingLeft(of mark: String) async throws {
      await events.wait(for: .ended(mark))
      #expect(try await running(mark) == 0)
    }
  }

  private static func with(
    callsMax: Int = 100, adjust: @Sendable (inout ServerConfiguration) -> Void = { _ in }, _ body: (Scene) async throws -> Void
  ) async throws {
    let conninfo = TestCluster.conninfo(database: "postgres")
    let pool = TestCluster.pool(conninfo) { ($0.connectionsMax, $0.pipelineDepthMax) = (1, 1) }
    let onlooker = TestCluster.pool(conninfo)
    let events = Events()
    let echo = try await EchoServer.start(
      callsMax: callsMax, register: Handlers(pool: pool, events: events).register, adjust: adjust)
    let client = try echo.client()
    let scene = Scene(echo: echo, pool: pool, onlooker: onlooker, events: events, client: client)
    do {
      try await body(scene)
    } catch {
      Issue.record(error)
    }
    await echo.stop(client)
    await pool.shutdown(grace: .zero)
    await onlooker.shutdown()
  }

  private static func asking(_ mark: String, responses: Int = 0, bytes: Int = 0) -> Request {
    var request = Request()
    request.failMessage = mark
    request.responseCount = UInt32(responses)
    request.responseBytes = UInt32(bytes)
    return request
  }

  private static func mark(_ name: String) -> String { "\(name)_\(UUID().uuidString)" }

  // MARK: Six points

  @Test func `before OPEN has left`() async throws {
    try await Self.with(callsMax: 1) { scene in
      let (first, second) = (Self.mark("first"), Self.mark("unopened"))
      let running = Task { try await Client(scene.client).unary(Self.asking(first)) }
      try await scene.waitUntilRunning(first)
      let waiting = Task { try await Client(scene.client).unary(Self.asking(second)) }
      // It gets no place while the other runs.
      waiting.cancel()
      #expect(await refusal { try await waiting.value }?.code == .cancelled)
      #expect(try await scene.running(second) == 0)
      #expect(try await scene.running(first) == 1)
      running.cancel()
      try await scene.expectNothingLeft(of: first)
    }
  }

  @Test func `with the request half sent`() async throws {
    try await Self.with { scene in
      let mark = Self.mark("half")
      let call = try await Client(scene.client).clientStream()
      try await call.requests.write(Self.asking(mark))
      await scene.events.wait(for: .began(mark))
      let answer = Task { try await call.response() }
      answer.cancel()
      #expect(await refusal { try await answer.value }?.code == .cancelled)
      try await scene.expectNothingLeft(of: mark)
      #expect(scene.pool.statistics.requests == 0)
    }
  }

  @Test func `while its handler waits for a connection of the pool`() async throws {
    try await Self.with { scene in
      let (first, second) = (Self.mark("first"), Self.mark("waiting"))
      let running = Task { try await Client(scene.client).unary(Self.asking(first)) }
      try await scene.waitUntilRunning(first)
      let waiting = Task { try await Client(scene.client).unary(Self.asking(second)) }
      while scene.pool.statistics.waiting < 1 { await Task.yield() }
      waiting.cancel()
      try await scene.expectNothingLeft(of: second)
      #expect(try await scene.running(first) == 1)
      running.cancel()
      try await scene.expectNothingLeft(of: first)
    }
  }

  enum Ending: CaseIterable { case cancelled, deadlineOfCaller, deadlineOfServer, connectionLost }

  @Test(arguments: Ending.allCases)
  func `while its statement runs`(ending: Ending) async throws {
    try await Self.with(adjust: { if ending == .deadlineOfServer { $0.limits.callTimeoutSecondsMax = 20 } }) { scene in
      let mark = Self.mark("running")
      if ending == .connectionLost {
        let raw = try await RawClient.secure(to: scene.echo)
        let request: [UInt8] = try Self.asking(mark).serializedBytes()
        await raw.send(RawFrames.greeting() + RawFrames.open(1, "lontar.testing.v1.Echo/Unary", message: request))
        try await scene.waitUntilRunning(mark)
        await raw.close()
        return try await scene.expectNothingLeft(of: mark)
      }
      let options = CallOptions(timeout: ending == .deadlineOfCaller ? .seconds(20) : nil)
      let call = Task { try await Client(scene.client).unary(Self.asking(mark), options: options) }
      try await scene.waitUntilRunning(mark)
      if ending == .cancelled { call.cancel() }
      try await scene.expectNothingLeft(of: mark)
      #expect(await refusal { try await call.value }?.code == (ending == .cancelled ? .cancelled : .deadlineExceeded))
    }
  }

  @Test func `with the answer half sent`() async throws {
    try await Self.with { scene in
      let mark = Self.mark("answer")
      let stream = try await Client(scene.client).serverStream(Self.asking(mark, responses: 1, bytes: 10))
      let reading = Task {
        var iterator = stream.makeAsyncIterator()
        #expect(try await iterator.next()?.payload.count == 10)
        return try await iterator.next()?.payload.count
      }
      await scene.events.wait(for: .wrote(mark, 1))
      try await scene.waitUntilRunning(mark)
      reading.cancel()
      #expect(await refusal { try await reading.value }?.code == .cancelled)
      try await scene.waitUntilNothingIsLeft(of: mark)
    }
  }

  /// The reader takes nothing. Of messages of 100,000 bytes two and a part fit into its window of 262,144, and the fourth is more than
  /// the server queues: the handler waits with its transaction open.
  @Test(arguments: [false, true]) func `stalled by its reader's credit`(byDeadline: Bool) async throws {
    try await Self.with { scene in
      let mark = Self.mark("stalled")
      let options = CallOptions(timeout: byDeadline ? .seconds(20) : nil)
      var stream: ResponseStream<Response>? = try await Client(scene.client).serverStream(
        Self.asking(mark, responses: 100, bytes: 100_000), options: options)
      await scene.events.wait(for: .wrote(mark, 4))
      #expect(try await scene.running(mark) == 1, "idle in transaction")
      #expect(stream != nil)
      if !byDeadline { stream = nil }
      try await scene.waitUntilNothingIsLeft(of: mark)
      stream = nil
    }
  }
}

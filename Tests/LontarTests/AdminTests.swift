internal import Foundation
internal import Lontar
internal import LontarTesting
internal import SwiftProtobuf
internal import Testing

/// `lontar.admin.v1.Admin`, on the server that it tells about.
@Suite(.timeLimit(.minutes(3))) struct AdminTests {
  private static func register(_ router: inout Router) {
    router.register(EchoService())
    router.register(AdminService())
  }

  private static func with(_ body: (Lontar_Admin_V1_AdminClient, EchoClient, EchoServer) async throws -> Void) async throws {
    try await EchoServer.with(register: { Self.register(&$0) }, adjust: { $0.connectionsMax = 50 }) { server, client in
      let admin = try server.client { $0.options.software = "operator" }
      do {
        try await body(Lontar_Admin_V1_AdminClient(admin), EchoClient(client), server)
        await admin.shutdown()
      } catch {
        await admin.shutdown()
        throw error
      }
    }
  }

  @Test func `the server tells its limits and counts calls by their end`() async throws {
    try await Self.with { admin, echo, _ in
      for _ in 0..<3 { #expect(try await echo.isServed()) }
      #expect(await RPCError.of { try await echo.unary(EchoRequest { $0.failWithCode = 5 }) }?.code == .notFound)
      let server = try await admin.getServer(.init())
      #expect(server.software == "lontar")
      #expect(server.limits.connectionsMax == 50)
      #expect(server.limits.callsPerConnectionMax == 100)
      #expect(server.limits.messageBytesMax == 4_194_304)
      #expect(server.limits.idleTimeout.seconds == 300)
      #expect(server.limits.connectionAgeMax.seconds == 0 && server.limits.connectionAgeGrace.seconds == 0)
      #expect(server.counters.callsStarted == 5)
      #expect(server.counters.callsEnded == ["OK": 3, "NOT_FOUND": 1])
      #expect(server.counters.callsNow == 1, "the question itself")
      #expect(server.counters.connectionsAccepted == 2)
      #expect(server.counters.connectionsNow == 2)
      #expect(server.counters.connectionsRefused == 0)
      #expect(server.counters.connectionFaults.isEmpty)
      // Three payloads of 5 bytes came and went, at the very least.
      #expect(server.counters.bytesIn > 15)
      #expect(server.counters.bytesOut > 15)
      #expect(abs(Date().timeIntervalSince(server.started.date)) < 3_600)
    }
  }

  @Test func `a connection tells who is there and what runs on it`() async throws {
    try await Self.with { admin, echo, _ in
      let stream = try await echo.bidiStream(options: CallOptions(timeout: .seconds(100)))
      try await stream.requests.write(EchoRequest { $0.payload = Data("x".utf8) })
      var answers = stream.responses.makeAsyncIterator()
      _ = try await answers.next()
      let all = try await admin.listConnections(.init()).connections
      #expect(all.count == 2)
      let busy = try #require(all.first { $0.software == "lontar" })
      #expect(busy.peerAddress.hasPrefix("127.0.0.1:"))
      #expect(busy.peerIdentity.isEmpty)
      #expect(busy.callsNow == 1)
      #expect(busy.callsOpened == 1)
      #expect(busy.callsGranted == 100)
      // One request of 3 bytes with its two lengths of 4 bytes was taken off a connection window of 100 × 256 KiB.
      #expect(busy.creditIn == 100 * 262_144 - 11)
      #expect(busy.bytesIn > 11)
      #expect(busy.draining == false)
      let one = try await admin.getConnection(.with { $0.id = busy.id })
      #expect(one.connection.id == busy.id)
      #expect(one.calls.count == 1)
      let call = try #require(one.calls.first)
      #expect(call.method == "lontar.testing.v1.Echo/BidiStream")
      #expect(call.requestID == "\(busy.id)-1")
      #expect(call.stream == 1)
      #expect(call.handlerRuns && call.receiving && !call.answered)
      #expect((1...100).contains(call.deadlineLeft.seconds + 1))
      #expect(call.creditIn == 262_144 - 11)
      #expect(call.bytesQueued == 0)
      stream.requests.finish()
      #expect(try await answers.next() == nil)
      #expect(try await admin.getConnection(.with { $0.id = busy.id }).calls.isEmpty)
    }
  }

  /// The echo answers each request before it takes the next, and this client takes no answers: both streams fill up.
  @Test func `a client that waits for credit says so, and the operator sees it`() async throws {
    try await Self.with { admin, echo, _ in
      let stream = try await echo.bidiStream()
      let writing = Task {
        while true { try await stream.requests.write(EchoRequest { $0.payload = Data(count: 50_000) }) }
      }
      var blocked = Lontar_Admin_V1_Blocked()
      while blocked.what.isEmpty {
        try await Task.sleep(for: .milliseconds(50))
        blocked = try await admin.listConnections(.init()).connections.first { $0.software == "lontar" }?.peerBlocked ?? blocked
      }
      #expect(blocked.what == "STREAM_CREDIT")
      #expect(blocked.stream == 1)
      #expect(blocked.offset >= 262_144)
      writing.cancel()
      _ = await writing.result
    }
  }

  @Test func `a call that was given up is counted as a reset`() async throws {
    try await Self.with { admin, echo, _ in
      do {
        let stream = try await echo.bidiStream()
        try await stream.requests.write(EchoRequest())
        var answers = stream.responses.makeAsyncIterator()
        _ = try await answers.next()
      }
      // The next call on the same connection comes behind the reset.
      #expect(try await echo.isServed())
      let counters = try await admin.getServer(.init()).counters
      #expect(counters.resetsReceived == 1)
      #expect(counters.callsEnded["CANCELLED"] == 1)
    }
  }

  @Test func `connections come in pages, each once, oldest first`() async throws {
    try await Self.with { admin, echo, server in
      #expect(try await echo.isServed())
      var clients: [LontarClient] = []
      for number in 0..<5 {
        let client = try server.client { $0.options.software = "c\(number)" }
        #expect(try await EchoClient(client).isServed())
        clients.append(client)
      }
      var found: [String] = []
      var cursor = ""
      repeat {
        let page = try await admin.listConnections(
          .with {
            $0.pageSize = 2
            $0.pageCursor = cursor
          })
        #expect((1...2).contains(page.connections.count))
        found += page.connections.map(\.software)
        cursor = page.nextCursor
      } while !cursor.isEmpty
      #expect(found.count == 7)
      #expect(Set(found).count == 7)
      #expect(found.filter { $0.hasPrefix("c") } == ["c0", "c1", "c2", "c3", "c4"])
      for client in clients { await client.shutdown() }
    }
  }

  @Test func `faults of the protocol are counted by their code`() async throws {
    try await EchoServer.with(
      register: { Self.register(&$0) }, adjust: { $0.limits.helloTimeoutSeconds = 120 }
    ) { server, client in
      let raw = try await RawClient.secure(to: server)
      await raw.send(Array("GET / HTTP/1.1\r\n\r\n".utf8))
      _ = try await raw.ended()
      let counters = try await Lontar_Admin_V1_AdminClient(client).getServer(.init()).counters
      #expect(counters.connectionFaults == ["badPreface": 1])
      #expect(counters.connectionsAccepted == 2)
    }
  }

  @Test(arguments: [Int32(-1), 1_001])
  func `a page of a wrong size is refused`(size: Int32) async throws {
    try await Self.with { admin, _, _ in
      #expect(await RPCError.of { try await admin.listConnections(.with { $0.pageSize = size }) }?.code == .invalidArgument)
    }
  }

  @Test(arguments: ["", "0.0", "nonsense"])
  func `a connection that is not open is not found`(id: String) async throws {
    try await Self.with { admin, _, _ in
      #expect(await RPCError.of { try await admin.getConnection(.with { $0.id = id }) }?.code == .notFound)
    }
  }

  @Test func `a client within the process has no address`() async throws {
    var router = Router()
    Self.register(&router)
    let admin = Lontar_Admin_V1_AdminClient(InProcessServer(router: router).client())
    let connections = try await admin.listConnections(.init()).connections
    #expect(connections.map(\.peerAddress) == [""])
    #expect(try await admin.getServer(.init()).limits.connectionsMax == 0)
  }
}

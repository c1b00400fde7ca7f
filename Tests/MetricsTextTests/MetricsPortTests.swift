import CoreMetrics
import Foundation
import NIOCore
import NIOPosix
import Testing

@testable import MetricsText

/// The port over real sockets, with bytes as a test wants them.
@Suite(.timeLimit(.minutes(5))) struct MetricsPortTests {
  /// Sends bytes, and returns all that came back until the other side closed.
  private func ask(_ port: Int, _ request: String) async throws -> String {
    let connection = try await Connection.open(port)
    // Who is closed at the door finds out while writing or reading.
    try? await connection.channel.writeAndFlush(ByteBuffer(string: request))
    return try await connection.end.get()
  }

  private struct Connection {
    let channel: any Channel
    let end: EventLoopFuture<String>

    static func open(_ port: Int) async throws -> Connection {
      let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
      let promise = eventLoop.makePromise(of: String.self)
      let channel = try await ClientBootstrap(group: eventLoop)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Collector(promise)) }
        }
        .connect(host: "127.0.0.1", port: port).get()
      return Connection(channel: channel, end: promise.futureResult)
    }
  }

  private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let promise: EventLoopPromise<String>
    private var received = ByteBuffer()

    init(_ promise: EventLoopPromise<String>) { self.promise = promise }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      received.writeImmutableBuffer(Self.unwrapInboundIn(data))
    }

    func channelInactive(context: ChannelHandlerContext) {
      promise.succeed(String(buffer: received))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      context.close(promise: nil)
    }
  }

  /// Far longer than a starved machine takes; what is about time sets its own.
  private static let patient: MetricsPort.Limits = {
    var limits = MetricsPort.Limits()
    limits.seconds = 3_600
    return limits
  }()

  private func serving(_ limits: MetricsPort.Limits = patient, _ body: (Int) async throws -> Void) async throws {
    let metrics = TextMetrics()
    Counter(label: "n", factory: metrics).increment(by: 7)
    let server = MetricsPort(metrics, limits: limits)
    let (_, port) = try await server.start(host: "127.0.0.1", port: 0)
    do { try await body(port) } catch {
      await server.shutdown()
      throw error
    }
    await server.shutdown()
  }

  private static let text = "# HELP n_total n\n# TYPE n_total counter\nn_total 7\n"

  @Test(arguments: ["/metrics", "/metrics?name=n"])
  func `GET is answered with the text and its type`(path: String) async throws {
    try await serving { port async throws in
      let answer = try await ask(port, "GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
      #expect(answer.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"))
      #expect(answer.contains("Content-Length: \(Self.text.utf8.count)\r\n"))
      #expect(answer.hasSuffix("\r\n\r\n" + Self.text))
    }
  }

  @Test func `HEAD is answered without the text`() async throws {
    try await serving { port async throws in
      let answer = try await ask(port, "HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.hasSuffix("\r\n\r\n"))
      #expect(answer.contains("Content-Length: \(Self.text.utf8.count)\r\n"))
    }
  }

  @Test(arguments: [
    ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "404"), ("GET /metrics/x HTTP/1.1\r\nHost: x\r\n\r\n", "404"),
    ("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n", "405"),
    ("DELETE /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "405"), ("GET /metrics HTTP/1.0\r\n\r\n", "200"),
    ("complete nonsense\r\n\r\n", "400"),
    ("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "200"),
  ])
  func `every request gets one answer and the connection its end`(request: String, status: String) async throws {
    try await serving { port async throws in
      let answer = try await ask(port, request)
      #expect(answer.split(separator: " ").dropFirst().first.map(String.init) == status, "\(answer)")
      #expect(answer.ranges(of: "HTTP/1.1 ").count == 1)
    }
  }

  @Test func `endless headers end the connection`() async throws {
    try await serving { port async throws in
      let request =
        "GET /metrics HTTP/1.1\r\n" + String(repeating: "X-Padding: \(String(repeating: "x", count: 900))\r\n", count: 200)
      let answer = try await ask(port, request)
      #expect(!answer.contains("200 OK"))
    }
  }

  @Test func `who says nothing more is cut off`() async throws {
    var limits = MetricsPort.Limits()
    limits.seconds = 1
    try await serving(limits) { port async throws in
      // Ends by the port's clock; a test that hangs here has failed.
      #expect(try await ask(port, "GET /met") == "")
    }
  }

  @Test func `others are answered while somebody is slow`() async throws {
    try await serving { port async throws in
      let slow = try await Connection.open(port)
      try await slow.channel.writeAndFlush(ByteBuffer(string: "GET /met"))
      #expect(try await ask(port, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").contains("n_total 7"))
      try await slow.channel.writeAndFlush(ByteBuffer(string: "rics HTTP/1.1\r\nHost: x\r\n\r\n"))
      #expect(try await slow.end.get().contains("n_total 7"))
    }
  }

  @Test func `more connections than allowed are closed at the door`() async throws {
    var limits = Self.patient
    limits.connectionsMax = 2
    try await serving(limits) { port async throws in
      let held = [try await Connection.open(port), try await Connection.open(port)]
      for one in held { try await one.channel.writeAndFlush(ByteBuffer(string: "GET ")) }
      #expect(try await ask(port, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n") == "")
      try await held[0].channel.writeAndFlush(ByteBuffer(string: "/metrics HTTP/1.1\r\nHost: x\r\n\r\n"))
      #expect(try await held[0].end.get().contains("n_total 7"))
      try await held[1].channel.close()
    }
  }

  @Test func `a taken port is told`() async throws {
    try await serving { port async throws in
      let second = MetricsPort(TextMetrics())
      await #expect(throws: MetricsPortError.self) { try await second.start(host: "127.0.0.1", port: port) }
      await second.shutdown()
    }
  }
}

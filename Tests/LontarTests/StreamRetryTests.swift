internal import DequeModule
internal import Foundation
internal import LontarTesting
internal import LontarWire
internal import NIOCore
internal import Synchronization
internal import Testing

@testable internal import Lontar

/// Calls of all kinds that are tried again: what is sent again, and until when.
@Suite(.timeLimit(.minutes(3))) struct StreamRetryTests {
  /// What a server saw of each attempt.
  private final class Seen: Sendable {
    struct Attempt: Sendable, Equatable {
      var number: UInt8
      var requests: [String] = []
      var isHalfClosed = false
    }

    private let attempts = Mutex<[Attempt]>([])
    var all: [Attempt] { attempts.withLock { $0 } }

    /// - Returns: the number of attempts by now.
    func open(_ frame: OpenFrame, _ message: WireMessage?, _ end: Bool) -> Int {
      attempts.withLock {
        $0.append(Attempt(number: frame.attempt, requests: message.map { [Self.text($0)] } ?? [], isHalfClosed: end))
        return $0.count
      }
    }

    /// - Returns: the requests of the last attempt by now.
    func add(_ message: WireMessage, _ end: Bool) -> Int {
      attempts.withLock {
        $0[$0.count - 1].requests.append(Self.text(message))
        $0[$0.count - 1].isHalfClosed = end
        return $0[$0.count - 1].requests.count
      }
    }

    func halfClose() { attempts.withLock { $0[$0.count - 1].isHalfClosed = true } }

    static func text(_ message: WireMessage) -> String {
      ((try? EchoRequest(lontarBytes: message.bytes)).map { String(decoding: $0.payload.prefix(20), as: UTF8.self) }) ?? "?"
    }
  }

  private static let quick = RetryPolicy(attemptsMax: 3, backoffFirst: .milliseconds(1), backoffMax: .milliseconds(2))

  private static func request(_ text: String) -> EchoRequest { EchoRequest { $0.payload = Data(text.utf8) } }

  private static func response(_ text: String) -> ByteBuffer {
    (try? EchoResponse { $0.payload = Data(text.utf8) }.lontarBytes()) ?? ByteBuffer()
  }

  private static func client(
    _ retry: RetryPolicy? = quick, adjust: (inout ClientOptions) -> Void = { _ in }, _ script: @escaping ScriptedServers.Script
  ) -> LontarClient {
    ScriptedServers([script]).client {
      $0.service.methods[""] = MethodConfiguration(waitForReady: true, retry: retry)
      ($0.backoffFirstMilliseconds, $0.backoffMaxMilliseconds) = (1, 2)
      adjust(&$0)
    }
  }

  /// How an attempt fails.
  enum Fault: CaseIterable { case status, cut }

  private static func fail(_ fault: Fault, _ connection: ScriptedConnection, _ stream: UInt32) {
    fault == .status ? connection.end(stream, .unavailable) : connection.close()
  }

  @Test(arguments: Fault.allCases)
  func `a stream of requests is sent again whole, and goes on where its writer is`(fault: Fault) async throws {
    let seen = Seen()
    let client = Self.client { connection, event in
      switch event {
      case .open(_, let frame, let message, let end): _ = seen.open(frame, message, end)
      case .message(let stream, _, let message, let end):
        if seen.add(message, end) == 2, seen.all.count < 3 { Self.fail(fault, connection, stream) }
      case .halfClosed(let stream, _):
        seen.halfClose()
        connection.answer(stream, Self.response("done"))
      default: break
      }
    }
    let call = try await EchoClient(client).clientStream()
    for text in ["a", "b", "c"] { try await call.requests.write(Self.request(text)) }
    #expect(try await call.response().payload == Data("done".utf8))
    #expect(seen.all.map(\.number) == [1, 2, 3])
    let begins: [[String]] = seen.all.map { Array($0.requests.prefix(2)) }
    #expect(begins == [["a", "b"], ["a", "b"], ["a", "b"]])
    #expect(seen.all.last == Seen.Attempt(number: 3, requests: ["a", "b", "c"], isHalfClosed: true))
    await client.shutdown()
  }

  @Test(arguments: Fault.allCases)
  func `a stream of answers is asked for again before its first word, and not after`(fault: Fault) async throws {
    for (headFirst, messageFirst) in [(false, false), (true, false), (false, true)] {
      let seen = Seen()
      let client = Self.client { connection, event in
        guard case .open(let stream, let frame, let message, let end) = event else { return }
        guard seen.open(frame, message, end) == 1 else {
          connection.message(stream, Self.response("second"))
          return connection.answer(stream, nil)
        }
        if headFirst { connection.head(stream) }
        if messageFirst { connection.message(stream, Self.response("first")) }
        connection.afterDelivery { Self.fail(fault, connection, stream) }
      }
      let (messages, error) = try await EchoClient(client).serverStream(Self.request("x")).collect()
      if headFirst || messageFirst {
        #expect(error?.code == .unavailable)
        #expect(messages.map(\.payload) == (messageFirst ? [Data("first".utf8)] : []))
        #expect(seen.all.count == 1)
      } else {
        #expect(error == nil)
        #expect(messages.map(\.payload) == [Data("second".utf8)])
        #expect(seen.all.map(\.number) == [1, 2])
        #expect(seen.all.map(\.requests) == [["x"], ["x"]])
      }
      await client.shutdown()
    }
  }

  @Test func `streams both ways are repeated before the first answer`() async throws {
    let seen = Seen()
    let client = Self.client { connection, event in
      switch event {
      case .open(_, let frame, let message, let end): _ = seen.open(frame, message, end)
      case .message(let stream, _, let message, let end):
        _ = seen.add(message, end)
        if seen.all.count == 1 { connection.end(stream, .unavailable) } else { connection.message(stream, Self.response("echo")) }
      case .halfClosed(let stream, _): connection.answer(stream, nil)
      default: break
      }
    }
    let call = try await EchoClient(client).bidiStream()
    try await call.requests.write(Self.request("a"))
    var answers = call.responses.makeAsyncIterator()
    #expect(try await answers.next()?.payload == Data("echo".utf8))
    call.requests.finish()
    #expect(try await answers.next() == nil)
    #expect(seen.all.map(\.requests) == [["a"], ["a"]])
    await client.shutdown()
  }

  /// A message of so many payload bytes weighs 64 more, and a field's tag and length (three bytes up to 16,383 bytes).
  @Test(arguments: [(10_000, true), (9_999, false)])
  func `a call that has sent more than its replay buffer holds is not repeated`(limit: Int, isRepeated: Bool) async throws {
    let seen = Seen()
    let client = Self.client(adjust: { $0.replayBytesPerCallMax = limit }) { connection, event in
      switch event {
      case .open(_, let frame, let message, let end): _ = seen.open(frame, message, end)
      case .message(let stream, _, let message, let end):
        if seen.add(message, end) == 2, seen.all.count == 1 { connection.end(stream, .unavailable) }
      case .halfClosed(let stream, _): connection.answer(stream, Self.response("done"))
      default: break
      }
    }
    let call = try await EchoClient(client).clientStream()
    // 2 × (4,933 + 3 + 64) = 10,000.
    let error = await RPCError.of {
      for _ in 0..<2 { try await call.requests.write(EchoRequest { $0.payload = Data(count: 4_933) }) }
      _ = try await call.response()
    }
    #expect((error == nil) == isRepeated)
    #expect(seen.all.count == (isRepeated ? 2 : 1))
    await client.shutdown()
  }

  @Test func `the replay buffers of all calls have one limit, and give back what they held`() async throws {
    let client = Self.client(adjust: { $0.replayBytesMax = 10_000 }) { connection, event in
      if case .halfClosed(let stream, _) = event { connection.answer(stream, Self.response("done")) }
    }
    let held = { try await client.core.eventLoop.submit { client.core.replayBytes }.get() }
    let calls = [try await EchoClient(client).clientStream(), try await EchoClient(client).clientStream()]
    for call in calls { try await call.requests.write(EchoRequest { $0.payload = Data(count: 4_933) }) }
    #expect(try await held() == 10_000)
    let third = try await EchoClient(client).clientStream()
    try await third.requests.write(EchoRequest())
    #expect(try await held() == 10_000)
    _ = try await third.response()
    for call in calls { _ = try await call.response() }
    #expect(try await held() == 0)
    await client.shutdown()
  }

  @Test func `a stream that no server has processed is sent again without a policy`() async throws {
    let seen = Seen()
    let servers = ScriptedServers([nil])
    servers.listen(0) { connection, event in
      switch event {
      case .open(_, let frame, let message, let end):
        // The first connection drains before this call: it is above the last that was accepted.
        if seen.open(frame, message, end) == 1 { connection.forget() }
      case .message(_, _, let message, let end): _ = seen.add(message, end)
      case .halfClosed(let stream, _):
        seen.halfClose()
        connection.answer(stream, Self.response("done"))
      default: break
      }
    }
    let client = servers.client()
    let call = try await EchoClient(client).clientStream(options: CallOptions(waitForReady: true))
    for text in ["a", "b"] { try await call.requests.write(Self.request(text)) }
    #expect(try await call.response().payload == Data("done".utf8))
    #expect(seen.all.last == Seen.Attempt(number: 2, requests: ["a", "b"], isHalfClosed: true))
    await client.shutdown()
  }

  @Test func `the deadline spans all attempts`() async throws {
    let left = Mutex<[UInt64]>([])
    let client = Self.client(RetryPolicy(attemptsMax: 1_000, backoffFirst: .milliseconds(50), backoffMax: .milliseconds(50))) {
      connection, event in
      guard case .open(let stream, let frame, _, _) = event else { return }
      left.withLock { $0.append(frame.timeoutNanoseconds ?? 0) }
      connection.end(stream, .unavailable)
    }
    var all: [UInt64] = []
    // On a machine that is busy elsewhere for the whole second there is nothing to see: again.
    for _ in 0..<10 where all.count < 2 {
      left.withLock { $0 = [] }
      let stream = try await EchoClient(client).serverStream(EchoRequest(), options: CallOptions(timeout: .seconds(1)))
      let error = await stream.collect().error
      #expect(error?.code == .unavailable || error?.code == .deadlineExceeded)
      all = left.withLock { $0 }
    }
    // At least 40 ms between two.
    #expect((2...26).contains(all.count))
    let falls = zip(all, all.dropFirst()).allSatisfy { before, after in before > after }
    #expect(falls)
    await client.shutdown()
  }

  @Test func `repetitions end when the policy's time does`() async throws {
    let runs = Mutex(0)
    var policy = RetryPolicy(attemptsMax: 1_000, backoffFirst: .milliseconds(20), backoffMax: .milliseconds(20))
    policy.lastsMax = .milliseconds(100)
    let client = Self.client(policy) { connection, event in
      guard case .open(let stream, _, _, _) = event else { return }
      runs.withLock { $0 += 1 }
      connection.end(stream, .unavailable)
    }
    #expect(try await EchoClient(client).serverStream(EchoRequest()).collect().error?.code == .unavailable)
    // At least 16 ms between two.
    let count = runs.withLock { $0 }
    #expect((1...7).contains(count))
    await client.shutdown()
  }

  @Test func `pushback and throttle hold for streams, too`() async throws {
    let runs = Mutex(0)
    let client = Self.client { connection, event in
      guard case .open(let stream, _, _, _) = event else { return }
      runs.withLock { $0 += 1 }
      connection.end(stream, .unavailable, pushback: -1)
    }
    _ = try await EchoClient(client).serverStream(EchoRequest()).collect()
    #expect(runs.withLock { $0 } == 1)
    let throttled = Self.client(adjust: { $0.service.throttle = RetryThrottle(tokensMax: 4, tokenRatio: 0.1) }) {
      connection, event in
      guard case .open(let stream, _, _, _) = event else { return }
      runs.withLock { $0 += 1 }
      connection.end(stream, .unavailable)
    }
    for _ in 0..<3 { _ = try await EchoClient(throttled).serverStream(EchoRequest()).collect() }
    // 4 tokens: the first failure leaves 3, which is more than half, all later ones do not. One run is of the client before.
    let all = runs.withLock { $0 }
    #expect(all == 5)
    await client.shutdown()
    await throttled.shutdown()
  }

  @Test func `a call that is cancelled between two attempts is over`() async throws {
    let runs = Signals<Void>()
    let hour = RetryPolicy(attemptsMax: 3, backoffFirst: .seconds(3_600), backoffMax: .seconds(3_600))
    let client = Self.client(hour) { connection, event in
      guard case .open(let stream, _, _, _) = event else { return }
      connection.end(stream, .unavailable)
      runs.send(())
    }
    let call = Task { await RPCError.of { try await EchoClient(client).unary(EchoRequest()) } }
    await runs.next()
    call.cancel()
    #expect(await call.value?.code == .cancelled)
    let other = Task { await RPCError.of { try await EchoClient(client).unary(EchoRequest()) } }
    await runs.next()
    await client.shutdown()
    #expect([.cancelled, .unavailable].contains(await other.value?.code))
  }
}

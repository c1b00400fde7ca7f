internal import Foundation
internal import LontarTesting
internal import LontarWire
internal import NIOCore
internal import Synchronization
internal import Testing

@testable internal import Lontar

/// By its idempotency key a server knows the attempts of one act: it is the same in all of them, whoever repeats the call and why.
/// A call without one has none in any attempt.
@Suite(.timeLimit(.minutes(3))) struct IdempotencyKeyTests {
  static let keys: [[UInt8]?] = [[UInt8](0x10...0x1F), nil]

  private struct Attempt: Sendable, Equatable {
    var number: UInt8
    var key: [UInt8]?
  }

  /// The attempts that came to a server.
  private final class Seen: Sendable {
    private let attempts = Mutex<[Attempt]>([])

    var all: [Attempt] { attempts.withLock { $0 } }

    /// - Returns: how many there are by now.
    func note(_ frame: OpenFrame) -> Int {
      let key = frame.idempotencyKey.map { Array($0.readableBytesView) }
      return attempts.withLock {
        $0.append(Attempt(number: frame.attempt, key: key))
        return $0.count
      }
    }
  }

  /// A server that does `fail` to the first attempts of a call and answers the last, once the client has said everything.
  private static func script(
    _ kind: MethodKind, _ seen: Seen, attempts: Int,
    fail: @escaping @Sendable (_ attempt: Int, ScriptedConnection, _ stream: UInt32) -> Void
  ) -> ScriptedServers.Script {
    { connection, event in
      switch event {
      case .open(let stream, let frame, _, let end):
        let attempt = seen.note(frame)
        if attempt < attempts {
          fail(attempt, connection, stream)
        } else if end {
          Self.answer(kind, connection, stream)
        }
      case .message(let stream, _, _, true), .halfClosed(let stream, _):
        if seen.all.count == attempts { Self.answer(kind, connection, stream) }
      default: break
      }
    }
  }

  private static func answer(_ kind: MethodKind, _ connection: ScriptedConnection, _ stream: UInt32) {
    connection.answer(stream, kind.answersStream ? nil : ByteBuffer())
  }

  private static let quick = RetryPolicy(attemptsMax: 3, backoffFirst: .milliseconds(1), backoffMax: .milliseconds(2))

  private static func adjust(_ options: inout ClientOptions) {
    (options.backoffFirstMilliseconds, options.backoffMaxMilliseconds) = (1, 2)
  }

  private static func options(_ key: [UInt8]?) -> CallOptions { CallOptions(idempotencyKey: key, waitForReady: true) }

  private static func attempts(_ count: UInt8, _ key: [UInt8]?) -> [Attempt] {
    (1...count).map { Attempt(number: $0, key: key) }
  }

  // MARK: A policy

  /// How an attempt fails.
  enum Fault: CaseIterable { case status, cut }

  @Test(arguments: Fault.allCases, keys)
  func `the attempts that a policy makes have one key`(fault: Fault, key: [UInt8]?) async throws {
    for kind in MethodKind.all {
      let seen = Seen()
      let script = Self.script(kind, seen, attempts: 3) { _, connection, stream in
        if fault == .status { connection.end(stream, .unavailable) } else { connection.close() }
      }
      let client = ScriptedServers([script]).client {
        $0.service.methods[""] = MethodConfiguration(retry: Self.quick)
        Self.adjust(&$0)
      }
      _ = try await EchoClient(client).answers(kind, options: Self.options(key))
      #expect(seen.all == Self.attempts(3, key), "\(kind)")
      await client.shutdown()
    }
  }

  // MARK: Not processed

  /// Passes connections on to scripted servers and keeps hold of the client's ends of them, to say there what those servers can't.
  private final class Eavesdropper: Connector {
    private let servers: ScriptedServers
    private let links = Mutex<[ClientLink]>([])

    init(_ servers: ScriptedServers) { self.servers = servers }

    var target: String { servers.target }
    var isChanging: Bool { servers.isChanging }

    func resolve(on eventLoop: any EventLoop) -> EventLoopFuture<[Destination]> { servers.resolve(on: eventLoop) }

    func connect(
      _ link: ClientLink, to destination: Destination, on eventLoop: any EventLoop,
      failed: @escaping @Sendable (RPCError) -> Void
    ) {
      links.withLock { $0.append(link) }
      servers.connect(link, to: destination, on: eventLoop, failed: failed)
    }

    /// RESET with NOT_PROCESSED on the newest connection.
    func refuse(_ stream: UInt32) {
      guard let link = links.withLock({ $0.last }) else { return }
      link.receive(ByteBuffer(bytes: RawFrames.frame(0x06, stream, flags: 0x10, [0, 0, 0, 2])))
    }
  }

  /// How a server says that it has not processed a call.
  enum Refusal: CaseIterable { case reset, goAway }

  @Test(arguments: Refusal.allCases, keys)
  func `a call that no server has processed keeps its key when it is sent again`(refusal: Refusal, key: [UInt8]?) async throws {
    for kind in MethodKind.all {
      let seen = Seen()
      let servers = ScriptedServers([nil])
      let network = Eavesdropper(servers)
      servers.listen(
        0,
        Self.script(kind, seen, attempts: 2) { [weak network] _, connection, stream in
          if refusal == .goAway { connection.forget() } else { network?.refuse(stream) }
        })
      var options = ClientOptions()
      Self.adjust(&options)
      let client = LontarClient(connector: network, options: options)
      _ = try await EchoClient(client).answers(kind, options: Self.options(key))
      #expect(seen.all == Self.attempts(2, key), "\(kind)")
      await client.shutdown()
    }
  }

  /// Both counts go on: the refusal's and the policy's.
  @Test(arguments: keys)
  func `the key stays when a policy takes over from a refusal`(key: [UInt8]?) async throws {
    for kind in MethodKind.all {
      let seen = Seen()
      let servers = ScriptedServers([nil])
      let network = Eavesdropper(servers)
      servers.listen(
        0,
        Self.script(kind, seen, attempts: 4) { [weak network] attempt, connection, stream in
          if attempt == 1 { network?.refuse(stream) } else { connection.end(stream, .unavailable) }
        })
      var options = ClientOptions()
      options.service.methods[""] = MethodConfiguration(retry: Self.quick)
      Self.adjust(&options)
      let client = LontarClient(connector: network, options: options)
      _ = try await EchoClient(client).answers(kind, options: Self.options(key))
      #expect(seen.all == Self.attempts(4, key), "\(kind)")
      await client.shutdown()
    }
  }

  // MARK: Hedging

  private static func hedged(_ policy: HedgingPolicy, _ script: @escaping ScriptedServers.Script) -> LontarClient {
    ScriptedServers([script]).client {
      $0.service.methods[""] = MethodConfiguration(hedging: policy)
      Self.adjust(&$0)
    }
  }

  @Test(arguments: keys)
  func `hedged attempts that run side by side have one key`(key: [UInt8]?) async throws {
    let seen = Seen()
    let client = Self.hedged(HedgingPolicy(attemptsMax: 3, delay: .zero)) { connection, event in
      guard case .open(let stream, let frame, _, _) = event else { return }
      // The first two are never answered.
      if seen.note(frame) == 3 { connection.answer(stream) }
    }
    _ = try await EchoClient(client).unary(EchoRequest(), options: Self.options(key))
    // Each is a task of its own: they may overtake each other.
    #expect(seen.all.sorted { $0.number < $1.number } == Self.attempts(3, key))
    await client.shutdown()
  }

  @Test(arguments: keys)
  func `hedged attempts that follow upon an error have one key`(key: [UInt8]?) async throws {
    let seen = Seen()
    let client = Self.hedged(HedgingPolicy(attemptsMax: 3, delay: .seconds(3_600))) { connection, event in
      guard case .open(let stream, let frame, _, _) = event else { return }
      if seen.note(frame) == 3 { connection.answer(stream) } else { connection.end(stream, .unavailable) }
    }
    _ = try await EchoClient(client).unary(EchoRequest(), options: Self.options(key))
    #expect(seen.all == Self.attempts(3, key))
    await client.shutdown()
  }

  // MARK: An interceptor

  @Test(arguments: keys)
  func `an attempt that an interceptor makes has the key of the first`(key: [UInt8]?) async throws {
    let seen = Seen()
    let script = Self.script(.unary, seen, attempts: 2) { _, connection, stream in connection.end(stream, .aborted) }
    let client = ScriptedServers([script]).client {
      $0.interceptors = [Twice()]
      Self.adjust(&$0)
    }
    _ = try await EchoClient(client).unary(EchoRequest(), options: Self.options(key))
    #expect(seen.all == Self.attempts(2, key))
    await client.shutdown()
  }
}

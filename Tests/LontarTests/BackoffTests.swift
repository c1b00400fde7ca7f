internal import Dispatch
internal import LontarTesting
internal import NIOCore
internal import Testing

@testable internal import Lontar

/// How long a client waits before it tries an address again: 1 s, then 1.6 times longer each time up to 120 s, give or take a
/// fifth. Nobody waits here: the event loop says for how long it was asked to, and its timers go off when a test wants it.
@Suite struct BackoffTests {
  /// In milliseconds, without jitter.
  private static let nominal: [Double] = [
    1_000, 1_600, 2_560, 4_096, 6_553.6, 10_485.76, 16_777.216, 26_843.545_6, 42_949.672_96, 68_719.476_736, 109_951.162_777_6,
    120_000, 120_000, 120_000,
  ]

  /// A wait is cut to whole microseconds.
  private static func isNear(_ pause: Double, _ nominal: Double) -> Bool {
    pause >= nominal * 0.8 - 0.001 && pause <= nominal * 1.2 + 0.001
  }

  @Test func `each failure makes the wait 1.6 times longer, up to two minutes`() throws {
    for _ in 0..<50 {
      let client = SearchingClient()
      for (failures, nominal) in Self.nominal.enumerated() {
        let pause = try #require(client.search(.refused))
        #expect(Self.isNear(pause, nominal), "\(pause) ms after failure \(failures + 1)")
      }
    }
  }

  @Test func `it never grows beyond two minutes and a fifth`() throws {
    let client = SearchingClient()
    for failures in 1...200 {
      let pause = try #require(client.search(.refused))
      if failures > 11 { #expect(Self.isNear(pause, 120_000), "\(pause) ms after failure \(failures)") }
    }
  }

  /// Many clients of a server that went away must not come back at once. Of 1,000 numbers from 0.8 to 1.2 none in the outer
  /// twentieth on a side is as good as impossible, and so is a mean that is off by a fiftieth.
  @Test func `the jitter is a fifth to both sides, evenly`() throws {
    var factors: [Double] = []
    for _ in 0..<1_000 { factors.append(try #require(SearchingClient().search(.refused)) / 1_000) }
    let mean = factors.reduce(0, +) / 1_000
    #expect(factors.allSatisfy { Self.isNear($0 * 1_000, 1_000) })
    #expect(factors.contains { $0 < 0.82 } && factors.contains { $0 > 1.18 })
    #expect(abs(mean - 1) < 0.02)
  }

  @Test func `the count begins anew with HELLO and not with a connection that says nothing`() throws {
    let client = SearchingClient()
    for _ in 0..<5 { _ = client.search(.refused) }
    let cut = try #require(client.search(.endsBeforeHello))
    #expect(Self.isNear(cut, Self.nominal[5]), "the sixth failure: \(cut) ms")
    #expect(client.search(.greets) == nil, "a server that was there is looked for at once")
    let first = try #require(client.search(.refused))
    #expect(Self.isNear(first, Self.nominal[0]), "the first failure since: \(first) ms")
  }

  @Test func `while it waits nobody is asked`() throws {
    let client = SearchingClient()
    _ = try #require(client.search(.refused))
    let asked = client.asked
    for _ in 0..<10 { client.connect() }
    #expect(client.asked == asked)
    _ = client.search(.refused)
    #expect(client.asked == asked + 1)
  }

  @Test func `first and longest wait are the options'`() throws {
    let client = SearchingClient { ($0.backoffFirstMilliseconds, $0.backoffMaxMilliseconds) = (10, 20) }
    for nominal in [10, 16, 20, 20] as [Double] {
      let pause = try #require(client.search(.refused))
      #expect(Self.isNear(pause, nominal), "\(pause) ms")
    }
  }
}

// MARK: A client that looks for its server

/// A client's search for a connection to its only address, without a network and without time.
private final class SearchingClient {
  private let loop = TimerLoop()
  private let connector = OnlyAddress()
  private let core: ClientCore
  /// Told from the waits by its length.
  private static let connectTimeoutSeconds = 100_000

  init(_ adjust: (inout ClientOptions) -> Void = { _ in }) {
    var options = ClientOptions()
    options.connectTimeoutSeconds = Self.connectTimeoutSeconds
    adjust(&options)
    core = ClientCore(options: options, connector: connector, eventLoop: loop)
  }

  deinit { loop.stop() }

  /// How often the address was tried.
  var asked: Int { connector.asked }

  func connect() { core.subchannels[0].connect() }

  /// The wait that was asked for is over; the next attempt ends like this.
  /// - Returns: the milliseconds to wait before the one after it; nil: none.
  func search(_ end: OnlyAddress.End) -> Double? {
    loop.ring { $0 != .seconds(Int64(Self.connectTimeoutSeconds)) }
    connector.end = end
    connect()
    let waits = loop.delays.filter { $0 != .seconds(Int64(Self.connectTimeoutSeconds)) }
    return waits.last.map { Double($0.nanoseconds) / 1_000_000 }
  }
}

/// Unchecked because all of it happens on the test's thread.
private final class OnlyAddress: Connector, @unchecked Sendable {
  enum End { case refused, endsBeforeHello, greets }

  let target = "lontar:test"
  let isChanging = false
  var end = End.refused
  private(set) var asked = 0

  func resolve(on eventLoop: any EventLoop) -> EventLoopFuture<[Destination]> {
    eventLoop.makeSucceededFuture([Destination(place: "the only address", endpoint: 0)])
  }

  func connect(
    _ link: ClientLink, to destination: Destination, on eventLoop: any EventLoop, failed: @escaping @Sendable (RPCError) -> Void
  ) {
    asked += 1
    guard end != .refused else { return failed(.connectionLost) }
    link.attach(NoPipe(eventLoop))
    link.pipeIsActive()
    link.pipeIsOpen(peer: nil)
    if end == .greets {
      // Version 1.
      link.receive(ByteBuffer(bytes: RawFrames.frame(0x01, 0, [0, 1, 0, 4, 0, 1, 0, 1])))
    }
    link.pipeClosed()
  }
}

/// Takes all bytes and keeps none.
private final class NoPipe: BytePipe {
  let eventLoop: any EventLoop
  let isWritable = true
  init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }
  func write(_ bytes: ByteBuffer) {}
  func flush() {}
  func close() {}
}

/// An event loop that is wherever it is called, and whose timers go off when it is told so.
private final class TimerLoop: EventLoop, @unchecked Sendable {
  private struct Alarm {
    let delay: TimeAmount
    let ring: () -> Void
    let drop: () -> Void
  }

  private var alarms: [Alarm] = []
  private var tasks: [@Sendable () -> Void] = []
  private var isRunning = false

  var inEventLoop: Bool { true }

  /// Of the timers that are set.
  var delays: [TimeAmount] { alarms.map(\.delay) }

  /// Timers with such delays go off.
  func ring(_ isWanted: (TimeAmount) -> Bool) {
    let ringing = alarms.filter { isWanted($0.delay) }
    alarms.removeAll { isWanted($0.delay) }
    for alarm in ringing { alarm.ring() }
  }

  /// A promise must not be left alone.
  func stop() {
    let rest = alarms
    alarms = []
    for alarm in rest { alarm.drop() }
  }

  func execute(_ task: @escaping @Sendable () -> Void) {
    tasks.append(task)
    guard !isRunning else { return }
    isRunning = true
    while !tasks.isEmpty { tasks.removeFirst()() }
    isRunning = false
  }

  @discardableResult
  func scheduleTask<T>(in delay: TimeAmount, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
    let promise = makePromise(of: T.self)
    alarms.append(
      Alarm(
        delay: delay,
        ring: {
          do { promise.assumeIsolatedUnsafeUnchecked().succeed(try task()) } catch { promise.fail(error) }
        }, drop: { promise.fail(EventLoopError.cancelled) }))
    return Scheduled(promise: promise, cancellationTask: {})
  }

  @discardableResult
  func scheduleTask<T>(deadline: NIODeadline, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
    scheduleTask(in: deadline - NIODeadline.now(), task)
  }

  func shutdownGracefully(queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void) {
    stop()
    queue.async { callback(nil) }
  }
}

internal import LontarWire
internal import NIOCore
internal import Synchronization

/// What all connections of a server have in common.
final class ServerShared: Sendable {
  let configuration: ServerLimits
  let limits: WireLimits
  let methods: MethodTable
  let hello: Hello
  let connections = ConnectionTable()
  let counters = ServerCounters()
  let totals = ServerTotals()
  /// 0: no bound.
  let connectionsMax: Int
  let load = Mutex(ServerLoad.normal)
  let callNanosecondsMax: UInt64
  let onCall: (@Sendable (CallRecord) -> Void)?
  let onConnectionError: @Sendable (_ connection: String, any Error) -> Void
  /// Nil: nobody measures.
  let metrics: ServerMetrics?
  let frameLog: FrameLog?
  private let draining = Atomic<Bool>(false)
  private let handlers = Atomic<Int>(0)

  init(
    limits configuration: ServerLimits, connectionsMax: Int = 0, router: Router, onCall: (@Sendable (CallRecord) -> Void)?,
    onConnectionError: @escaping @Sendable (String, any Error) -> Void, telemetry: Telemetry
  ) {
    self.configuration = configuration
    self.connectionsMax = connectionsMax
    let metrics = telemetry.wantedMetrics.map { ServerMetrics($0) }
    methods = router.table(metrics, telemetry.tracer)
    self.onCall = onCall
    self.onConnectionError = onConnectionError
    self.metrics = metrics
    frameLog = telemetry.frameLog
    limits = configuration.wireLimits
    callNanosecondsMax = UInt64(configuration.callTimeoutSecondsMax) * 1_000_000_000
    var hello = Hello()
    hello.environment = configuration.environment
    hello.software = configuration.software
    hello.schemaHash = router.schemaHash
    self.hello = hello
  }

  /// Connections that come now are told at once that the server is going away.
  var isDraining: Bool { draining.load(ordering: .acquiring) }
  func startDraining() { draining.store(true, ordering: .releasing) }

  /// Handlers that run, also those whose clients have left.
  var handlersRunning: Int { handlers.load(ordering: .relaxed) }
  func handlerBegins() { handlers.add(1, ordering: .relaxed) }
  func handlerEnds() { handlers.subtract(1, ordering: .relaxed) }

  /// One more than there may be.
  func connectionRefused() {
    metrics?.connectionRefused()
    onConnectionError("-", RPCError(.resourceExhausted, "more connections than connectionsMax"))
  }

  /// An error has ended a connection before its time.
  func connectionFailed(_ connection: String, _ error: any Error) {
    metrics?.connectionFailed(error)
    onConnectionError(connection, error)
  }

  /// When a connection is old: give or take a tenth, so that connections made together do not end together. nil: never.
  func connectionAgeSeconds(of connection: String) -> Int64? {
    let age = Int64(configuration.connectionAgeSecondsMax)
    guard age > 0 else { return nil }
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in connection.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return age * 9 / 10 + Int64(hash % UInt64(max(1, age / 5)))
  }
}

/// What an operator wants to know of a server at a glance; counted where it happens, read at any time.
final class ServerCounters: Sendable {
  private let started = Atomic<Int>(0)
  private let ended = Mutex<[Int]>(Array(repeating: 0, count: StatusCode.allCases.count))

  func callStarted() {
    started.add(1, ordering: .relaxed)
  }

  func callEnded(_ code: StatusCode) {
    ended.withLock { $0[Int(code.rawValue)] += 1 }
  }

  var callsStarted: Int { started.load(ordering: .relaxed) }
  /// By status code.
  var callsEnded: [Int] { ended.withLock { $0 } }
}

/// The open connections and their event loops, so that a shutdown reaches them.
final class ConnectionTable: Sendable {
  private let links = Mutex<[ObjectIdentifier: (link: ServerLink, eventLoop: any EventLoop)]>([:])

  var count: Int { links.withLock { $0.count } }

  func add(_ link: ServerLink, _ eventLoop: any EventLoop) {
    links.withLock { $0[ObjectIdentifier(link)] = (link, eventLoop) }
  }

  func remove(_ link: ServerLink) {
    _ = links.withLock { $0.removeValue(forKey: ObjectIdentifier(link)) }
  }

  /// In no order.
  var all: [(link: ServerLink, eventLoop: any EventLoop)] { links.withLock { Array($0.values) } }

  /// Runs `body` for each connection on its event loop.
  func forEach(_ body: @escaping @Sendable (ServerLink) -> Void) {
    for (link, eventLoop) in all {
      eventLoop.execute { body(link) }
    }
  }
}

/// Numbers connections for logs: a random start, so that two runs of a server are not mistaken for each other.
enum ConnectionID {
  private static let start = UInt32.random(in: .min ... .max)
  private static let count = Atomic<UInt32>(0)

  static func next() -> String {
    let (_, number) = count.add(1, ordering: .relaxed)
    return String(start, radix: 16) + "." + String(number, radix: 16)
  }
}

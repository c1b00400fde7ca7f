internal import CPostgres

/// One connection: a PGconn and the requests on it. Lives on the pool's thread and never leaves it.
// SAFETY: `connection` is valid from init to `close`, which the reactor calls exactly once and last.
final class Link {
  enum Role {
    case shared
    case exclusive
    /// Delivers cancellations when no shared connection is idle.
    case control
  }

  enum Phase {
    case connecting(until: ContinuousClock.Instant)
    case ready
  }

  enum ConnectStep {
    case waits(for: Poller.Interest)
    case ready
    case failed(String)
  }

  let id: Int
  let role: Role
  let connection: OpaquePointer
  var phase: Phase
  /// Sent and not completely answered, in the order sent.
  var inFlight = FIFO<PendingRequest>()
  /// Since then the first of them runs.
  var runningSince: ContinuousClock.Instant
  /// Statements prepared here, or whose preparation is under way.
  var prepared: Set<PostgresStatement> = []
  /// The socket takes no more for now: nothing is fed until it does.
  var isWriteBlocked = false
  private(set) var isClosed = false
  /// To be closed once drained.
  var isRetiring = false

  /// A cancellation aims at this backend: nothing is fed until everything is answered, or it would hit the next request.
  var isHeld = false
  var cancelsUnderWay = 0
  var nextCancel: ContinuousClock.Instant?

  /// Role exclusive: a caller has it.
  var isLeased = false
  /// Role exclusive: requests of its caller that wait for a script, a cancellation or the socket.
  var backlog = FIFO<PendingRequest>()

  init?(id: Int, role: Role, configuration: PostgresConfiguration, now: ContinuousClock.Instant) {
    guard let connection = Self.startConnecting(configuration) else { return nil }
    self.id = id
    self.role = role
    self.connection = connection
    phase = .connecting(until: now + configuration.connectTimeout)
    runningSince = now
    seratus_silence_notices(connection)
  }

  func close() {
    isClosed = true
    PQfinish(connection)
  }

  var socket: Int32 { PQsocket(connection) }
  var processID: Int32 { PQbackendPID(connection) }
  var isReady: Bool { if case .ready = phase { true } else { false } }
  var isBroken: Bool { PQstatus(connection) == CONNECTION_BAD }
  var failureText: String { String(cString: PQerrorMessage(connection)).trimmedLine }
  /// Meaningful with nothing in flight only.
  var isOutsideTransaction: Bool { PQtransactionStatus(connection) == PQTRANS_IDLE }

  /// A request may be sent now without breaking a limit or meeting a cancellation.
  func accepts(depthMax: Int) -> Bool {
    isReady && !isHeld && !isWriteBlocked && !isRetiring && inFlight.count < depthMax
  }

  private static func startConnecting(_ configuration: PostgresConfiguration) -> OpaquePointer? {
    // Later entries win: ours before `dbname` are defaults, those after it are fixed.
    var entries: [(String, String)] = [
      ("gssencmode", "disable"), ("keepalives_idle", "30"), ("tcp_user_timeout", "10000"),
      ("dbname", configuration.conninfo),
      ("application_name", configuration.applicationName), ("client_encoding", "UTF8"),
    ]
    if let options = configuration.startupOptions { entries.append(("options", options)) }
    let keywords = entries.map { ownedCString($0.0) }
    let values = entries.map { ownedCString($0.1) }
    defer { (keywords + values).forEach { $0.deallocate() } }
    // SAFETY: both arrays end with nil as libpq wants; it copies every string within the call.
    return PQconnectStartParams(
      keywords.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil], 1)
  }

  /// One step of the handshake, whenever the socket is ready for it.
  func connectFurther() -> ConnectStep {
    guard !isBroken else { return .failed(failureText) }
    switch PQconnectPoll(connection) {
    case PGRES_POLLING_OK: return enterService()
    case PGRES_POLLING_READING: return .waits(for: .read)
    case PGRES_POLLING_WRITING: return .waits(for: .write)
    default: return .failed(failureText)
    }
  }

  private func enterService() -> ConnectStep {
    guard PQsetnonblocking(connection, 1) == 0, PQenterPipelineMode(connection) == 1 else { return .failed(failureText) }
    phase = .ready
    return .ready
  }
}

private func ownedCString(_ text: String) -> UnsafeMutablePointer<CChar> {
  let bytes = text.utf8CString
  let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
  _ = UnsafeMutableBufferPointer(start: copy, count: bytes.count).initialize(from: bytes)
  return copy
}

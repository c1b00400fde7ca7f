/// How a pool reaches its database and how much it may hold. Every limit stands here with its reason.
package struct PostgresConfiguration: Sendable {
  /// Where the database is and who we are: libpq keyword/value form or URI. Give `hostaddr` beside a TCP `host`:
  /// libpq looks names up on the pool's thread and everything else waits meanwhile.
  package var conninfo: String

  /// Shown in pg_stat_activity, so that an operator sees which pool a backend serves.
  package var applicationName = "seratus"

  /// Session parameters given at connect time (`-c name=value`), the only place where a session is ever changed.
  package var sessionParameters: [String: String] = [:]

  /// Kept open from the start: the first request after a quiet night waits for no handshake.
  package var connectionsMin = 1

  /// Shared connections. A backend is a process: twice the cores of the database machine keep it busy, more only add switching.
  package var connectionsMax = 4

  /// Connections of ``PostgresPool/withConnection(deadline:isolation:_:)``, apart from the shared ones, so that
  /// long exports never starve short requests. One more connection may be opened to deliver cancellations.
  package var exclusiveConnectionsMax = 2

  /// Requests sent on one connection and not yet answered. More hides no more latency, and a slow one delays all behind it.
  package var pipelineDepthMax = 32

  /// Nothing more is sent behind a request that runs longer than this: what waits goes to the first connection that gets free,
  /// instead of standing behind one report. Far above a point query, far below what a person notices.
  package var slowAfter: Duration = .milliseconds(10)

  /// Requests held while every pipeline is full. At 5,000 a second this is under a second of work; older ones are better refused.
  package var waitingRequestsMax = 4_096

  /// One attempt to connect, password exchange included. A database that takes longer is not well.
  package var connectTimeout: Duration = .seconds(5)

  /// How long requests wait while no connection is up, before they and all new ones get `unavailable` at once.
  /// Long enough to bridge one lost connection, short enough that callers notice an absent database.
  package var downtimeWaitMax: Duration = .milliseconds(1_000)

  /// Pause before connecting again; doubles from the first to the second with each failure, with jitter.
  package var reconnectDelayMin: Duration = .milliseconds(50)
  package var reconnectDelayMax: Duration = .seconds(5)

  package init(conninfo: String) {
    self.conninfo = conninfo
  }

  /// The problem that makes these values unusable, or nil.
  var defect: String? {
    if connectionsMax < 1 { return "connectionsMax must be at least 1" }
    if connectionsMin < 0 || connectionsMin > connectionsMax { return "connectionsMin must lie in 0...connectionsMax" }
    if pipelineDepthMax < 1 { return "pipelineDepthMax must be at least 1" }
    if exclusiveConnectionsMax < 0 { return "exclusiveConnectionsMax must not be negative" }
    if waitingRequestsMax < 1 { return "waitingRequestsMax must be at least 1" }
    if reconnectDelayMin <= .zero || reconnectDelayMax < reconnectDelayMin { return "reconnect delays must grow from above zero" }
    return nil
  }

  /// The value of libpq's `options` keyword; blanks and backslashes inside values are escaped as it demands.
  var startupOptions: String? {
    guard !sessionParameters.isEmpty else { return nil }
    return sessionParameters.sorted { $0.key < $1.key }.map { name, value in
      "-c " + Self.escaped("\(name)=\(value)")
    }.joined(separator: " ")
  }

  private static func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      if character == "\\" || character.isWhitespace { result.append("\\") }
      result.append(character)
    }
  }
}

/// One server of several that do the same.
public struct ClientEndpoint: Sendable, Hashable, CustomStringConvertible {
  /// A name, which may stand for several addresses, or an address.
  public var host: String
  public var port: Int
  /// The name that its certificate must carry; nil: the one of the client's TLS configuration.
  public var serverName: String?

  public init(host: String, port: Int, serverName: String? = nil) {
    self.host = host
    self.port = port
    self.serverName = serverName
  }

  public var description: String { "\(host):\(port)" }
}

/// Which of its addresses a client uses.
public enum LoadBalancing: Sendable, Equatable {
  /// One connection, to the first address in order that can be had; after it is lost the search starts again at the first.
  /// - Parameter shuffled: the order is by chance, anew for each search, so that many clients spread over the servers.
  case pickFirst(shuffled: Bool = false)
  /// A connection to every address; calls go to those that are ready in turn.
  case roundRobin
}

/// What a client can do for a call now: gRPC's five states.
public enum ConnectivityState: Sendable, Equatable {
  /// No connection, and no call has asked for one.
  case idle
  case connecting
  case ready
  /// Every address failed. Calls fail at once, but for those that wait for ready; the client tries again after its backoff.
  case transientFailure
  /// For ever.
  case shutdown
}

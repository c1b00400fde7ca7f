/// Where a registry listens, and by what its server is known.
public struct Endpoint: Sendable, Equatable {
  public var host: String
  public var port: Int
  /// Servers of the same registry that are asked, in order, while the first can't be.
  public var others: [ServerAddress] = []
  /// PEM file of the authority to trust; nil: the authorities of the operating system.
  public var trustRootsPath: String?
  /// The name that the server's certificate must carry; nil: the host.
  public var serverName: String?
  /// The environment that is meant; a server of another one, or of none, is refused. nil: any.
  public var environment: String?

  public init(
    host: String, port: Int, trustRootsPath: String? = nil, serverName: String? = nil, environment: String? = nil
  ) {
    self.host = host
    self.port = port
    self.trustRootsPath = trustRootsPath
    self.serverName = serverName
    self.environment = environment
  }

  public init(_ profile: Profile) {
    self.init(
      host: profile.host, port: profile.port, trustRootsPath: profile.ca, serverName: profile.serverName,
      environment: profile.environment)
    others = profile.others
  }
}

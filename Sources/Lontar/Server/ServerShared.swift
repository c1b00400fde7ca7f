internal import LontarWire
internal import Synchronization

/// What all connections of a server have in common.
final class ServerShared: Sendable {
  let configuration: ServerConfiguration
  let limits: WireLimits
  let router: Router
  let hello: Hello
  let connections = ConnectionTable()
  let onCall: (@Sendable (CallRecord) -> Void)?
  let onConnectionError: @Sendable (_ connection: String, any Error) -> Void

  init(
    configuration: ServerConfiguration, router: Router, onCall: (@Sendable (CallRecord) -> Void)?,
    onConnectionError: @escaping @Sendable (String, any Error) -> Void
  ) {
    self.configuration = configuration
    self.router = router
    self.onCall = onCall
    self.onConnectionError = onConnectionError
    limits = configuration.wireLimits
    var hello = Hello()
    hello.environment = configuration.environment
    hello.software = configuration.software
    self.hello = hello
  }
}

/// The open connections, so that a shutdown reaches them.
final class ConnectionTable: Sendable {
  private let handlers = Mutex<[ObjectIdentifier: ServerChannelHandler]>([:])

  var count: Int { handlers.withLock { $0.count } }

  func add(_ handler: ServerChannelHandler) {
    handlers.withLock { $0[ObjectIdentifier(handler)] = handler }
  }

  func remove(_ handler: ServerChannelHandler) {
    _ = handlers.withLock { $0.removeValue(forKey: ObjectIdentifier(handler)) }
  }

  var all: [ServerChannelHandler] { handlers.withLock { Array($0.values) } }
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

internal import Logging
internal import Lontar
internal import PostgresClient
internal import RegistryStore

/// Looks at how many requests wait for the database and tells the clients before they are refused.
struct LoadWatch: Sendable {
  private let pools: [PostgresPool]
  private let logger: Logger
  private let announce: @Sendable (ServerLoad) -> Void

  init(pools: RegistryPools, logger: Logger, announce: @escaping @Sendable (ServerLoad) -> Void) {
    self.pools = [pools.region, pools.ministry, pools.export]
    self.logger = logger
    self.announce = announce
  }

  /// Half of what a client waits.
  private static let pace: Duration = .milliseconds(250)

  /// Until the task is cancelled.
  func run() async {
    var load = ServerLoad.normal
    while (try? await Task.sleep(for: Self.pace)) != nil {
      let next = Self.load(after: load, fullness: pools.map(\.fullness).max() ?? 0)
      // Those who wait are told again for as long as it lasts.
      if next != load || next != .normal { announce(next) }
      if next != load { logger.notice("the load is \(next)") }
      load = next
    }
  }

  /// - Parameter fullness: of the fullest pool's queue, 0 to 1. Up at a quarter and a half, down at half of that, so that it doesn't flap.
  static func load(after load: ServerLoad, fullness: Double) -> ServerLoad {
    let isOverloaded = if case .overloaded = load { true } else { false }
    if fullness >= (isOverloaded ? 0.25 : 0.5) { return .overloaded(retryAfter: .milliseconds(500)) }
    if fullness >= (load == .normal ? 0.25 : 0.125) { return .busy }
    return .normal
  }
}

extension PostgresPool {
  /// How much of the places for waiting requests is taken.
  fileprivate var fullness: Double { Double(statistics.waiting) / Double(max(1, waitingRequestsMax)) }
}

internal import LontarWire
internal import Synchronization

/// How a server is, as it tells its clients (HINT), so that they hold back before their calls are refused.
public enum ServerLoad: Sendable, Equatable {
  case normal
  /// Clients with another server should prefer that.
  case busy
  /// Clients should hold new calls back for so long; at most 2³² − 1 milliseconds.
  case overloaded(retryAfter: Duration)

  var hint: OverloadHint {
    switch self {
    case .normal: OverloadHint(.none)
    case .busy: OverloadHint(.busy)
    case .overloaded(let retryAfter):
      OverloadHint(.overloaded, retryAfterMilliseconds: UInt32(clamping: Int64(retryAfter / .milliseconds(1))))
    }
  }
}

extension LontarServer {
  /// Tells every client, those that connect later too. Saying "overloaded" again starts their waiting anew.
  public func announce(_ load: ServerLoad) {
    shared.load.withLock { $0 = load }
    shared.connections.forEach { $0.tellLoad(again: true) }
  }
}

extension ServerLink {
  /// Says how the server is, if the client does not know it.
  func tellLoad(again: Bool = false) {
    let load = shared.load.withLock { $0 }
    guard machine.isOpen else { return }
    let known = loadTold ?? .normal
    loadTold = load
    guard load != known || (again && load != .normal) else { return }
    machine.sendHint(load.hint)
    scheduleFlush()
  }
}

internal import Synchronization

/// The server's context of the moment. New connections take the current one; a reload replaces it, old connections keep theirs.
package final class TLSContextBox: Sendable {
  private struct State {
    var configuration: TLSServerConfiguration
    var context: TLSContext
  }

  private let state: Mutex<State>

  /// - Throws: `TLSError` if the files are not in order.
  package init(_ configuration: TLSServerConfiguration, now: Int64 = systemTime()) throws(TLSError) {
    let context = try TLSContext(server: configuration, now: now)
    state = Mutex(State(configuration: configuration, context: context))
  }

  package var current: TLSContext {
    state.withLock { $0.context }
  }

  /// Reads the files again, checks them, and only then lets new connections use them.
  ///
  /// - Returns: what the new leaf certificate says.
  /// - Throws: `TLSError`; the old context stays in use.
  @discardableResult
  package func reload(now: Int64 = systemTime()) throws(TLSError) -> TLSPeer? {
    try replace(with: state.withLock { $0.configuration }, now: now)
  }

  /// Like `reload`, with other files or rules.
  @discardableResult
  package func replace(with configuration: TLSServerConfiguration, now: Int64 = systemTime()) throws(TLSError) -> TLSPeer? {
    // Built outside the lock: reading files must not delay the accept loop.
    let context = try TLSContext(server: configuration, now: now)
    state.withLock { $0 = State(configuration: configuration, context: context) }
    return context.credentials
  }
}

internal import Foundation
internal import LontarWire
internal import NIOCore
internal import Synchronization

/// What a server has seen of connections since its start; counted where it happens, read at any time.
final class ServerTotals: Sendable {
  struct State: Sendable {
    var accepted = 0
    var refused = 0
    /// By the code of GOAWAY.
    var faults: [String: Int] = [:]
    /// Of connections that have ended.
    var ended = LinkTally()
  }

  let started = NIODeadline.now()
  let startedAt = Date()
  private let state = Mutex(State())

  var current: State { state.withLock { $0 } }

  func connectionAccepted() { state.withLock { $0.accepted += 1 } }
  func connectionRefused() { state.withLock { $0.refused += 1 } }
  func connectionEnded(_ tally: LinkTally) { state.withLock { $0.ended += tally } }

  func connectionFailed(_ code: ConnectionErrorCode) {
    state.withLock { $0.faults["\(code)", default: 0] += 1 }
  }
}

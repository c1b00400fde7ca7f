internal import CPostgres
internal import Glibc
internal import Synchronization

/// What callers may ask of the pool's thread.
enum PoolCommand: Sendable {
  case submit(PendingRequest)
  case cancel(PendingRequest)
  case release(lease: Int)
  /// Ends the pool: at once without a limit, else when all work is done or the limit has passed.
  case shutdown(within: Duration?)
}

/// The door between callers and the pool's thread: a queue and a descriptor that wakes the sleeper.
final class PoolInbox: Sendable {
  private struct State {
    var commands: [PoolCommand] = []
    /// The thread is in, or on its way into, its wait; only then is a wake-up worth a system call.
    var isSleeping = false
    var isClosed = false
    var closeWaiters: [UnsafeContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())
  /// Readable when the sleeper shall wake.
  let descriptor: Int32

  init() {
    descriptor = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
    precondition(descriptor >= 0, "eventfd: no descriptor left")
  }

  deinit {
    Glibc.close(descriptor)
  }

  /// False when the pool is closed and nobody will read this.
  func post(_ command: PoolCommand) -> Bool {
    let (accepted, wakes) = state.withLock { state in
      if state.isClosed { return (false, false) }
      state.commands.append(command)
      defer { state.isSleeping = false }
      return (true, state.isSleeping)
    }
    if wakes { eventfd_write(descriptor, 1) }
    return accepted
  }

  /// Exchanges the queue for an empty array whose memory is used again.
  func take(into commands: inout [PoolCommand]) {
    state.withLock { state in
      state.isSleeping = false
      swap(&state.commands, &commands)
    }
  }

  /// True when nothing waits; from then on the next post wakes the thread.
  func fallsAsleep() -> Bool {
    state.withLock { state in
      state.isSleeping = state.commands.isEmpty
      return state.isSleeping
    }
  }

  func clearWakeUp() {
    var count: eventfd_t = 0
    eventfd_read(descriptor, &count)
  }

  /// Refuses everything from now on and returns what nobody has read.
  func close() -> [PoolCommand] {
    let (rest, waiters) = state.withLock { state in
      state.isClosed = true
      defer {
        state.commands = []
        state.closeWaiters = []
      }
      return (state.commands, state.closeWaiters)
    }
    for waiter in waiters { waiter.resume() }
    return rest
  }

  /// Returns once the pool is closed.
  func waitUntilClosed() async {
    await withUnsafeContinuation { continuation in
      let isClosed = state.withLock { state in
        if !state.isClosed { state.closeWaiters.append(continuation) }
        return state.isClosed
      }
      if isClosed { continuation.resume() }
    }
  }
}

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
    var hasEnded = false
    var endWaiters: [UnsafeContinuation<Void, Never>] = []
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
    state.withLock { state in
      state.isClosed = true
      defer { state.commands = [] }
      return state.commands
    }
  }

  /// Tells those who wait for the end that it has come; the last act of the pool's thread.
  func announceEnd() {
    let waiters = state.withLock { state in
      state.hasEnded = true
      defer { state.endWaiters = [] }
      return state.endWaiters
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Returns once the pool's thread has let go of everything.
  func waitForEnd() async {
    await withUnsafeContinuation { continuation in
      let hasEnded = state.withLock { state in
        if !state.hasEnded { state.endWaiters.append(continuation) }
        return state.hasEnded
      }
      if hasEnded { continuation.resume() }
    }
  }
}

internal import DequeModule
internal import NIOCore

/// Runs tasks on an event loop, so that a call's handler, its answer and the connection's state share one thread and no hop lies
/// between them.
///
/// Tasks that become ready on the loop itself wait in a queue of our own: one turn of the loop, or the end of a read, runs them all,
/// where NIO would take its lock for each. Unchecked because the queue is confined to the loop.
final class EventLoopTaskExecutor: TaskExecutor, @unchecked Sendable {
  let eventLoop: any EventLoop
  private var ready: Deque<UnownedJob> = []
  private var turnIsScheduled = false
  /// A read is being handled, at whose end `runReady` comes: no turn of the loop need be asked for.
  private var collects = false

  init(_ eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    guard eventLoop.inEventLoop else {
      eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
      return
    }
    ready.append(job)
    guard !turnIsScheduled, !collects else { return }
    turnIsScheduled = true
    eventLoop.execute {
      self.turnIsScheduled = false
      self.runReady()
    }
  }

  /// What becomes ready from now on waits for `runReady`, which must follow before control goes back to the loop.
  func collect() {
    collects = true
  }

  /// Runs what is ready now; what that makes ready waits for the next turn, so that sockets have theirs.
  func runReady() {
    collects = false
    let executor = asUnownedTaskExecutor()
    for _ in 0..<ready.count {
      guard let job = ready.popFirst() else { return }
      job.runSynchronously(on: executor)
    }
  }
}

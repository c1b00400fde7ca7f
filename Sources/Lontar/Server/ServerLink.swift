internal import LontarTLS
internal import LontarWire
internal import NIOCore

/// Performs what `ServerConnection` decides for one connection: reads bytes, starts handlers, writes frames.
///
/// Unchecked because all its state is confined to the event loop of its pipe; tasks of its calls run on that loop as well.
final class ServerLink: Link, @unchecked Sendable {
  let shared: ServerShared
  let id: String
  private(set) var peer: TLSPeer?
  private(set) var pipe: (any BytePipe)?
  private var taskExecutor: EventLoopTaskExecutor?
  private var eventLoop: (any EventLoop)?
  @exclusivity(unchecked) var machine: ServerConnection
  @exclusivity(unchecked) var running: [ServerCall] = []
  /// Of requests that are whole and whose calls have not begun.
  var unstartedBytes = 0
  var clocks = ServerClocks()
  var tally = LinkTally()
  /// What the client knows of the server's load; nil: its HELLO has not come.
  var loadTold: ServerLoad?
  private var isActive = false
  private var isClosing = false
  private var drainReason: String?
  private var isReading = false
  private var flushIsScheduled = false
  private var tap: FrameTap?
  /// A fault has ended the connection: what is queued goes out, then it closes.
  private(set) var isFailed = false

  init(shared: ServerShared) {
    self.shared = shared
    id = ConnectionID.next()
    machine = ServerConnection(hello: shared.hello, limits: shared.limits)
  }

  var executor: EventLoopTaskExecutor {
    guard let taskExecutor else { preconditionFailure("a call runs on a link without a pipe") }
    return taskExecutor
  }

  var isOnLoop: Bool { eventLoop?.inEventLoop ?? false }

  /// What follows touches the connection's state.
  func requireLoop() {
    precondition(isOnLoop, "a call's state is touched outside its event loop")
  }

  /// Runs `body` on the event loop, at once if we are there.
  func onLoop(_ body: @escaping @Sendable () -> Void) {
    if isOnLoop { body() } else { eventLoop?.execute(body) }
  }

  // MARK: The pipe

  func attach(_ pipe: any BytePipe) {
    self.pipe = pipe
    eventLoop = pipe.eventLoop
    taskExecutor = EventLoopTaskExecutor(pipe.eventLoop)
  }

  func pipeIsActive() {
    guard !isActive, let eventLoop else { return }
    isActive = true
    shared.connections.add(self, eventLoop)
    shared.totals.connectionAccepted()
    shared.metrics?.connectionOpened()
    tap = shared.frameLog.map { FrameTap($0, connection: id, side: .server) }
    startClocks(eventLoop)
    // It was accepted while the shutdown looked for connections to tell.
    if shared.isDraining { drain() }
  }

  func pipeIsOpen(peer: TLSPeer?) {
    self.peer = peer
    clocks.secureSince = .now()
  }

  func receive(_ bytes: ByteBuffer) {
    guard !isFailed, let taskExecutor else { return }
    isReading = true
    taskExecutor.collect()
    handleFrames(bytes)
    if loadTold == nil { tellLoad() }
    taskExecutor.runReady()
    isReading = false
    for call in running where !call.inbox.isEmpty { call.inbox.compact() }
    flush()
  }

  private func handleFrames(_ bytes: ByteBuffer) {
    tap?.received(bytes)
    let now = NIODeadline.now()
    tally.bytesIn += bytes.readableBytes
    machine.feed(bytes)
    do throws(WireError) {
      // A write that fails closes the pipe within `flush`: then nothing of what came begins any more.
      while !isFailed, let event = try machine.next(now: now.uptimeNanoseconds) {
        handle(event, now)
        // The client works on these answers while we work on its next calls.
        if machine.outboundBytes >= Self.earlyFlushBytes { flush() }
      }
    } catch {
      fail(error)
    }
    clocks.read(now, holdsPartialFrame: machine.holdsPartialFrame, frames: machine.framesReceived)
  }

  func pipeIsWritable() {
    flush()
  }

  func pipeFailed(_ error: any Error) {
    // What failed behind the end of the connection is nobody's concern.
    guard pipe != nil else { return }
    shared.connectionFailed(id, error)
    isFailed = true
    pipe?.close()
  }

  func pipeClosed() {
    stopClocks()
    tap?.closed()
    if isActive { shared.metrics?.connectionClosed() }
    isFailed = true
    for call in running { stop(call, RPCError(.cancelled, "the connection was lost")) }
    // Streams hold their calls, and those this link.
    _ = machine.abandon()
    if isActive { shared.totals.connectionEnded(tally) }
    shared.connections.remove(self)
    pipe = nil
  }

  /// The connection broke the protocol or has had its time.
  func fail(_ error: WireError) {
    guard !isFailed else { return }
    isFailed = true
    machine.fail(error)
    if error.code != .none {
      shared.totals.connectionFailed(error.code)
      shared.connectionFailed(id, error)
    }
    for call in running { stop(call, RPCError(.cancelled, "the connection was ended: \(error.reason)")) }
    scheduleFlush()
  }

  // MARK: Drain

  /// Carried by the PING that goes out behind the first GOAWAY.
  private static let drainMark: UInt64 = 0x4C4F_4452_4149_4E00

  /// Both steps of a shutdown: what the client has opened before it heard of the first is taken, so the second comes a round trip later,
  /// told by the answer to a PING; or after two seconds, for a client that does not answer must not keep the door open.
  func drain(_ reason: String = "the server is shutting down") {
    guard drainReason == nil, let eventLoop else { return }
    drainReason = reason
    machine.drain(reason)
    do throws(WireError) { try machine.ping(Self.drainMark) } catch { fail(error) }
    eventLoop.scheduleTask(in: .seconds(2)) { [weak self] in self?.finishDrain() }
    scheduleFlush()
  }

  func ponged(_ value: UInt64) {
    clocks.heard()
    if value == Self.drainMark { finishDrain() }
  }

  private func finishDrain() {
    guard let drainReason else { return }
    // Who has not come as far as HELLO in two seconds has no call here that could be lost.
    guard !machine.awaitsHello else { return fail(WireError(.none, drainReason)) }
    machine.finishDrain(drainReason)
    scheduleFlush()
  }

  // MARK: Bytes out

  /// Half a full TLS record.
  private static let earlyFlushBytes = 8 * 1024

  func scheduleFlush() {
    guard !isReading, !flushIsScheduled, let pipe else { return }
    flushIsScheduled = true
    pipe.eventLoop.execute {
      self.flushIsScheduled = false
      self.flush()
    }
  }

  private static let fullBatchBytes = 32 * 1024

  func flush() {
    guard let pipe else { return }
    var wrote = false
    while pipe.isWritable || isFailed, let bytes = machine.takeOutbound() {
      tally.bytesOut += bytes.readableBytes
      tap?.sent(bytes)
      pipe.write(bytes)
      // A full batch leaves at once, so that its storage and its ciphertext's serve the next one, still warm.
      wrote = bytes.readableBytes < Self.fullBatchBytes
      if !wrote { pipe.flush() }
    }
    if wrote { pipe.flush() }
    for stream in machine.takeWritable() {
      (machine.call(of: stream) as? ServerCall)?.writers.wake()
    }
    if isFailed {
      pipe.close()
    } else if machine.isDrained, running.isEmpty, !isClosing {
      isClosing = true
      pipe.closeBehindWrites()
    }
  }
}

internal import Glibc
internal import LontarWire
internal import NIOCore
internal import Synchronization

@testable internal import Lontar

/// Servers within this process that answer, refuse or vanish at the very event that a test names, below the level of handlers.
final class ScriptedServers: Connector, @unchecked Sendable {
  let target = "lontar:test"
  typealias Script = @Sendable (ScriptedConnection, ServerConnection.Event) -> Void

  private struct State {
    var scripts: [Script?]
    /// What resolving answers.
    var places: [Int]
    var connections: [Int]
  }

  let isChanging = true
  private let state: Mutex<State>

  /// - Parameter scripts: one for each server; nil: nothing listens there.
  init(_ scripts: [Script?]) {
    state = Mutex(
      State(scripts: scripts, places: Array(scripts.indices), connections: Array(repeating: 0, count: scripts.count)))
  }

  /// The servers that resolving finds from now on.
  func place(_ servers: [Int]) { state.withLock { $0.places = servers } }

  func listen(_ server: Int, _ script: Script?) { state.withLock { $0.scripts[server] = script } }

  /// How often each server was connected to, also in vain.
  var connections: [Int] { state.withLock { $0.connections } }

  func client(_ adjust: (inout ClientOptions) -> Void = { _ in }) -> LontarClient {
    var options = ClientOptions()
    adjust(&options)
    return LontarClient(connector: self, options: options)
  }

  func resolve(on eventLoop: any EventLoop) -> EventLoopFuture<[Destination]> {
    let places = state.withLock { $0.places }
    return eventLoop.makeSucceededFuture(
      places.map {
        Destination(place: "server \($0)", endpoint: $0, address: try? SocketAddress(ipAddress: "127.0.0.1", port: $0))
      }
    )
  }

  func connect(
    _ link: ClientLink, to destination: Destination, on eventLoop: any EventLoop, failed: @escaping @Sendable (RPCError) -> Void
  ) {
    let script = state.withLock { state in
      state.connections[destination.endpoint] += 1
      return state.scripts[destination.endpoint]
    }
    eventLoop.execute {
      guard let script else { return failed(.cantReach(destination.place, IOError(errnoCode: ECONNREFUSED, reason: "connect"))) }
      let connection = ScriptedConnection(link, eventLoop, script)
      link.attach(connection)
      link.pipeIsActive()
      link.pipeIsOpen(peer: nil)
    }
  }
}

/// One connection to a scripted server, seen from its event loop.
final class ScriptedConnection: BytePipe, @unchecked Sendable {
  let eventLoop: any EventLoop
  let isWritable = true
  private var link: ClientLink?
  private let script: ScriptedServers.Script
  private var machine = ServerConnection(hello: Hello(), limits: WireLimits())
  /// Calls that were opened here so far.
  private(set) var opened = 0
  private var isSilent = false

  init(_ link: ClientLink, _ eventLoop: any EventLoop, _ script: @escaping ScriptedServers.Script) {
    self.link = link
    self.eventLoop = eventLoop
    self.script = script
  }

  func write(_ bytes: ByteBuffer) { machine.feed(bytes) }

  func flush() {
    eventLoop.execute {
      while self.link != nil, !self.isSilent, let event = try? self.machine.next(now: 0) {
        if case .open = event { self.opened += 1 }
        self.script(self, event)
      }
      self.deliver()
    }
  }

  private func deliver() {
    while !isSilent, let link, let bytes = machine.takeOutbound() {
      link.receive(bytes)
    }
  }

  // MARK: What scripts do

  /// Once the client has had what was said before.
  func afterDelivery(_ body: @escaping @Sendable () -> Void) {
    eventLoop.execute {
      body()
      self.deliver()
    }
  }

  /// GOAWAY by hand: no call of this connection was processed.
  func forget() {
    deliver()
    var bytes = ByteBuffer(bytes: [0, 0, 10, 0x0A, 0, 0, 0, 0, 0, 0, 0, 0])
    bytes.writeBytes([0, 0, 0, 0, 0, 0, 0, 0, 1, 0])
    link?.receive(bytes)
    machine.fail(WireError(.none, ""))
    _ = machine.takeOutbound()
  }

  func answer(_ stream: UInt32, _ message: ByteBuffer? = ByteBuffer()) {
    machine.sendAnswer(stream, message.map { WireMessage($0) })
    machine.handlerFinished()
  }

  func head(_ stream: UInt32) { machine.sendHead(stream, .empty) }

  func message(_ stream: UInt32, _ message: ByteBuffer = ByteBuffer()) { _ = machine.sendMessage(stream, WireMessage(message)) }

  func end(_ stream: UInt32, _ code: StatusCode, pushback: Int32? = nil) {
    machine.sendStatus(
      stream,
      StatusFrame(code: code.rawValue, message: "as the script says", pushbackMilliseconds: pushback))
    machine.handlerFinished()
  }

  func hint(_ level: OverloadHint.Level, milliseconds: UInt32 = 0) {
    machine.sendHint(OverloadHint(level, retryAfterMilliseconds: milliseconds))
  }

  /// Both steps of a shutdown at once: what was opened before runs on, all later calls are not processed.
  func drain() {
    machine.drain("the script drains")
    machine.finishDrain("the script drains")
  }

  /// What was said before still arrives; after that nothing is heard or said any more.
  func fallSilent() {
    deliver()
    isSilent = true
  }

  /// The connection is cut off.
  func close() {
    let link = link
    self.link = nil
    eventLoop.execute { link?.pipeClosed() }
  }
}

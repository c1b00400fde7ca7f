internal import LontarWire
internal import NIOCore
internal import NIOPosix

/// A server without a socket: clients in the same process call the same handlers through the same protocol, without TLS.
public final class InProcessServer: Sendable {
  private let shared: ServerShared

  public init(
    router: Router, limits: ServerLimits = ServerLimits(), onCall: (@Sendable (CallRecord) -> Void)? = nil,
    telemetry: Telemetry = Telemetry()
  ) {
    shared = ServerShared(
      limits: limits, router: router, onCall: onCall, onConnectionError: { _, _ in }, telemetry: telemetry)
  }

  /// A client of this server. Both ends of its connection run on one event loop.
  public func client(_ options: ClientOptions = ClientOptions()) -> LontarClient {
    LontarClient(connector: InProcessConnector(shared: shared), options: options)
  }
}

private struct InProcessConnector: Connector {
  let shared: ServerShared
  let target = "lontar:in-process"
  let isChanging = false

  func resolve(on eventLoop: any EventLoop) -> EventLoopFuture<[Destination]> {
    eventLoop.makeSucceededFuture([Destination(place: "the server in this process", endpoint: 0)])
  }

  func connect(
    _ link: ClientLink, to destination: Destination, on eventLoop: any EventLoop, failed: @escaping @Sendable (RPCError) -> Void
  ) {
    let shared = shared
    eventLoop.execute {
      let server = ServerLink(shared: shared)
      let (near, far) = (MemoryPipe(eventLoop, link), MemoryPipe(eventLoop, server))
      near.other = far
      far.other = near
      server.attach(far)
      link.attach(near)
      server.pipeIsActive()
      link.pipeIsActive()
      server.pipeIsOpen(peer: nil)
      link.pipeIsOpen(peer: nil)
    }
  }
}

/// One end of a connection within a process. Unchecked because it is confined to its event loop.
private final class MemoryPipe: BytePipe, @unchecked Sendable {
  /// As a socket's high water mark.
  private static let pendingBytesMax = 256 * 1024

  let eventLoop: any EventLoop
  /// Who reads what the other end writes.
  private var link: (any Link)?
  /// Nil: closed.
  var other: MemoryPipe?
  private var pending: [ByteBuffer] = []
  private var pendingBytes = 0
  private var deliveryIsScheduled = false

  init(_ eventLoop: any EventLoop, _ link: any Link) {
    self.eventLoop = eventLoop
    self.link = link
  }

  var isWritable: Bool { pendingBytes < Self.pendingBytesMax }

  func write(_ bytes: ByteBuffer) {
    pending.append(bytes)
    pendingBytes += bytes.readableBytes
  }

  func flush() {
    guard !deliveryIsScheduled else { return }
    deliveryIsScheduled = true
    eventLoop.execute { self.deliver() }
  }

  private func deliver() {
    deliveryIsScheduled = false
    let (bytes, wasFull) = (pending, !isWritable)
    pending = []
    pendingBytes = 0
    guard let reader = other?.link, !bytes.isEmpty else { return }
    for part in bytes { reader.receive(part) }
    if wasFull { link?.pipeIsWritable() }
  }

  func close() {
    guard let other else { return }
    deliver()
    self.other = nil
    other.other = nil
    for link in [link, other.link] { eventLoop.execute { [link = UncheckedLink(link)] in link.link?.pipeClosed() } }
    link = nil
    other.link = nil
  }

  private struct UncheckedLink: @unchecked Sendable {
    let link: (any Link)?
    init(_ link: (any Link)?) { self.link = link }
  }
}

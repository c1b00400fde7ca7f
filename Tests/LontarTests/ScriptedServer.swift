internal import LontarTesting
internal import LontarWire
internal import NIOCore

@testable internal import Lontar

/// A server that says what a test wants: the other end of a client's pipes, without a socket.
final class ScriptedServer: Connector {
  let target = "lontar:test"
  enum Answer: Sendable {
    /// Bytes as they are, right or wrong.
    case says([UInt8])
    case closes
  }

  let isChanging = false
  private let greets: Bool
  private let answer: @Sendable (_ stream: UInt32) -> [Answer]

  /// - Parameters:
  ///   - greets: answers HELLO.
  ///   - answer: what it does when a call has been opened.
  init(greets: Bool = true, answer: @escaping @Sendable (_ stream: UInt32) -> [Answer] = { _ in [] }) {
    self.greets = greets
    self.answer = answer
  }

  func resolve(on eventLoop: any EventLoop) -> EventLoopFuture<[Destination]> {
    eventLoop.makeSucceededFuture([Destination(place: "a scripted server", endpoint: 0)])
  }

  func connect(
    _ link: ClientLink, to destination: Destination, on eventLoop: any EventLoop, failed: @escaping @Sendable (RPCError) -> Void
  ) {
    let pipe = Pipe(link, eventLoop, greets: greets, answer)
    eventLoop.execute {
      link.attach(pipe)
      link.pipeIsOpen(peer: nil)
    }
  }

  /// A client of a server that answers each call like this.
  static func client(
    greets: Bool = true, options: ClientOptions = ClientOptions(), answer: @escaping @Sendable (UInt32) -> [Answer] = { _ in [] }
  ) -> LontarClient {
    LontarClient(connector: ScriptedServer(greets: greets, answer: answer), options: options)
  }

  /// One connection. Unchecked because it is confined to its event loop.
  private final class Pipe: BytePipe, @unchecked Sendable {
    let eventLoop: any EventLoop
    let isWritable = true
    private var link: ClientLink?
    private let greets: Bool
    private let answer: @Sendable (UInt32) -> [Answer]
    private var decoder = FrameDecoder(limits: WireLimits(), expectsPreface: true)

    init(_ link: ClientLink, _ eventLoop: any EventLoop, greets: Bool, _ answer: @escaping @Sendable (UInt32) -> [Answer]) {
      self.link = link
      self.eventLoop = eventLoop
      self.greets = greets
      self.answer = answer
    }

    func write(_ bytes: ByteBuffer) {
      decoder.feed(bytes)
      while let frame = try? decoder.next() {
        switch frame {
        case .hello: if greets { say(Self.hello) }
        case .open(let stream, _, _, _, _): for answer in answer(stream) { act(answer) }
        default: break
        }
      }
    }

    /// Version 1, a hundred calls.
    private static let hello = RawFrames.frame(0x01, 0, [0, 1, 0, 4, 0, 1, 0, 1, 0, 9, 0, 8] + RawFrames.number(100))

    private func act(_ answer: Answer) {
      switch answer {
      case .says(let bytes): say(bytes)
      case .closes: close()
      }
    }

    /// Later, as a socket would bring it.
    private func say(_ bytes: [UInt8]) {
      eventLoop.execute {
        self.link?.receive(ByteBuffer(bytes: bytes))
      }
    }

    func flush() {}

    func close() {
      eventLoop.execute {
        self.link?.pipeClosed()
        self.link = nil
      }
    }
  }
}

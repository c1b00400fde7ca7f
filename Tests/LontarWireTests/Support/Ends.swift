import NIOCore

@testable import LontarWire

/// A server's end for tests: the connection's acts, callable from inside `#expect`.
final class ServerEnd {
  var connection: ServerConnection

  init(hello: Hello, limits: WireLimits) {
    connection = ServerConnection(hello: hello, limits: limits)
  }

  var isOpen: Bool { connection.isOpen }
  var isIdle: Bool { connection.isIdle }
  var runningStreams: Int { connection.runningStreams }

  /// Feeds bytes and takes every event.
  func events(_ bytes: ByteBuffer, now: UInt64 = 0) throws(WireError) -> [ServerConnection.Event] {
    connection.feed(bytes)
    var result: [ServerConnection.Event] = []
    while let event = try connection.next(now: now) { result.append(event) }
    return result
  }

  /// The code of the error that these bytes end in; nil: none.
  func errorCode(_ bytes: ByteBuffer, now: UInt64 = 0) -> ConnectionErrorCode? {
    do {
      _ = try events(bytes, now: now)
      return nil
    } catch {
      return error.code
    }
  }

  func takeOutbound() -> ByteBuffer? { connection.takeOutbound() }
  func takeWritable() -> [UInt32] { connection.takeWritable() }

  /// Everything there is to send.
  func takeAll() -> ByteBuffer {
    var all = ByteBuffer()
    while let bytes = connection.takeOutbound() { all.writeImmutableBuffer(bytes) }
    return all
  }

  func attach(_ call: AnyObject, to stream: UInt32) { connection.attach(call, to: stream) }
  func sendHead(_ stream: UInt32, _ metadata: MetadataBlock) { connection.sendHead(stream, metadata) }
  func sendMessage(_ stream: UInt32, _ message: ByteBuffer) -> Bool { connection.sendMessage(stream, WireMessage(message)) }
  func sendStatus(_ stream: UInt32, _ status: StatusFrame, message: ByteBuffer? = nil) {
    connection.sendStatus(stream, status, message: message.map { WireMessage($0) })
  }
  func messagesTaken(_ stream: UInt32) { connection.messagesTaken(stream) }
  func handlerFinished() { connection.handlerFinished() }
  func fail(_ error: WireError) { connection.fail(error) }
  func drain(_ reason: String) { connection.drain(reason) }
  func finishDrain(_ reason: String) { connection.finishDrain(reason) }
  func ping(_ value: UInt64) throws(WireError) { try connection.ping(value) }
  func abandon() -> [AnyObject] { connection.abandon() }
  func call(of stream: UInt32) -> AnyObject? { connection.call(of: stream) }
}

/// A client's end for tests.
final class ClientEnd {
  var connection: ClientConnection

  init(hello: Hello, limits: WireLimits) {
    connection = ClientConnection(hello: hello, limits: limits)
  }

  var canOpen: Bool { connection.canOpen }
  var isIdle: Bool { connection.isIdle }
  var isReady: Bool { connection.isReady }
  var streamsAreUsedUp: Bool { connection.streamsAreUsedUp }
  func secondPassed() throws(WireError) { try connection.secondPassed() }
  var runningStreams: Int { connection.runningStreams }
  var peerMessageBytesMax: Int { connection.peerMessageBytesMax }

  func events(_ bytes: ByteBuffer) throws(WireError) -> [ClientConnection.Event] {
    connection.feed(bytes)
    var result: [ClientConnection.Event] = []
    while let event = try connection.next() { result.append(event) }
    return result
  }

  func errorCode(_ bytes: ByteBuffer) -> ConnectionErrorCode? {
    do {
      _ = try events(bytes)
      return nil
    } catch {
      return error.code
    }
  }

  func takeOutbound() -> ByteBuffer? { connection.takeOutbound() }
  func takeWritable() -> [UInt32] { connection.takeWritable() }

  func takeAll() -> ByteBuffer {
    var all = ByteBuffer()
    while let bytes = connection.takeOutbound() { all.writeImmutableBuffer(bytes) }
    return all
  }

  func open(_ call: AnyObject, _ frame: OpenFrame, message: ByteBuffer? = nil, end: Bool = false) -> UInt32 {
    connection.open(call, frame, message: message.map { WireMessage($0) }, end: end)
  }
  func sendMessage(_ stream: UInt32, _ message: ByteBuffer, end: Bool = false) -> Bool {
    connection.sendMessage(stream, WireMessage(message), end: end)
  }
  func halfClose(_ stream: UInt32) { connection.halfClose(stream) }
  func cancel(_ stream: UInt32, _ code: ResetCode, _ reason: String) throws(WireError) {
    try connection.cancel(stream, code, reason)
  }
  func messagesTaken(_ stream: UInt32) { connection.messagesTaken(stream) }
  func ping(_ value: UInt64) throws(WireError) { try connection.ping(value) }
  func leave(_ reason: String) { connection.leave(reason) }
  func fail(_ error: WireError) { connection.fail(error) }
  func abandon() -> [AnyObject] { connection.abandon() }
}

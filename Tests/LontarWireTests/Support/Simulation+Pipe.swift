import NIOCore

@testable import LontarWire

/// The pipe: how bytes are carried, how it breaks, and what must be true when all is over.
extension Simulation {
  mutating func flushClient(all: Bool) {
    repeat {
      guard let bytes = client.takeOutbound() else { break }
      if bytes.readableBytes > 4_096 + 16 * 16_384 { fail("the client holds \(bytes.readableBytes) bytes for the socket") }
      toServer.writeImmutableBuffer(bytes)
    } while all
    for stream in client.takeWritable() { running[stream]?.waits = false }
  }

  mutating func flushServer(all: Bool) {
    repeat {
      guard let bytes = server.takeOutbound() else { break }
      if bytes.readableBytes > 4_096 + 16 * 16_384 { fail("the server holds \(bytes.readableBytes) bytes for the socket") }
      toClient.writeImmutableBuffer(bytes)
    } while all
    for stream in server.takeWritable() { handlers[stream]?.waits = false }
  }

  mutating func piece(of pipe: inout ByteBuffer, all: Bool) -> ByteBuffer? {
    guard pipe.readableBytes > 0 else { return nil }
    let most = chance(2) ? min(40, pipe.readableBytes) : pipe.readableBytes
    defer { pipe.discardReadBytes() }
    return pipe.readSlice(length: all ? pipe.readableBytes : Int.random(in: 1...most, using: &random))
  }

  mutating func deliverToServer(all: Bool) throws(WireError) {
    var pipe = toServer
    guard let bytes = piece(of: &pipe, all: all) else { return }
    toServer = pipe
    server.feed(bytes)
    while let event = try server.next(now: now) { serverHears(event) }
  }

  mutating func deliverToClient(all: Bool) throws(WireError) {
    var pipe = toClient
    guard let bytes = piece(of: &pipe, all: all) else { return }
    toClient = pipe
    client.feed(bytes)
    while let event = try client.next() { clientHears(event) }
    if !pingIsOut, !client.isIdle { heardSince = now }
  }

  // MARK: The end

  /// The pipe breaks. Whoever notices last goes on for a while, and nobody hears it.
  mutating func cut() throws(WireError) {
    if chance(2) {
      try endClient()
      for _ in 0..<5 {
        answer()
        takeAtServer()
        flushServer(all: false)
      }
      try endServer()
    } else {
      try endServer()
      for _ in 0..<5 {
        openCall()
        sendFromClient()
        flushClient(all: false)
      }
      try endClient()
    }
  }

  /// What still arrives of bytes that are on their way when the pipe breaks; the rest is lost.
  mutating func remains(of pipe: ByteBuffer) -> ByteBuffer {
    let count = Int.random(in: 0...pipe.readableBytes, using: &random)
    return pipe.getSlice(at: pipe.readerIndex, length: count)!
  }

  /// The client learns which calls were running, each once.
  mutating func endClient() throws(WireError) {
    let bytes = remains(of: toClient)
    reached.bytesLostToClient += toClient.readableBytes - bytes.readableBytes
    toClient = ByteBuffer()
    client.feed(bytes)
    while let event = try client.next() { clientHears(event) }
    let lost = client.abandon().compactMap { ($0 as? Call)?.id }.sorted()
    if lost != running.values.map(\.id).sorted() { fail("calls \(lost) were lost, not those that were running") }
    if client.runningStreams != 0 { fail("the client keeps streams of a connection that is lost") }
    client.feed(ByteBuffer(repeating: 0xFF, count: 20))
    let later = try client.next()
    if later != nil { fail("the client hears of a connection that is lost") }
  }

  /// As `ServerLink.pipeClosed`: what runs is stopped, and the handlers come to their ends some time later.
  mutating func endServer() throws(WireError) {
    let bytes = remains(of: toServer)
    reached.bytesLostToServer += toServer.readableBytes - bytes.readableBytes
    toServer = ByteBuffer()
    server.feed(bytes)
    while let event = try server.next(now: now) { serverHears(event) }
    let stopped = handlers.values.map(\.id).sorted()
    let live = server.liveCalls.compactMap { ($0 as? Handler)?.id }.sorted()
    let abandoned = server.abandon().compactMap { ($0 as? Handler)?.id }.sorted()
    if live != abandoned { fail("calls \(abandoned) end with the connection, and not \(live), which were alive") }
    if Set(live).count != live.count { fail("a call of \(live) ends twice") }
    if !Set(live).isSuperset(of: stopped) { fail("handlers of calls \(stopped) run, and only \(live) are alive") }
    let unsent = Set(live).subtracting(stopped)
    if !unsent.isSubset(of: answered.map(\.id)) { fail("calls \(unsent.sorted()) are alive without a handler or an answer") }
    if !concluded.isDisjoint(with: stopped) { fail("a handler of \(stopped) runs although the client has heard its STATUS") }
    reached.handlersStopped += stopped.count
    stragglers += stopped.count
    handlers = [:]
    for _ in 0..<stragglers { server.handlerFinished() }
    stragglers = 0
    if server.runningStreams != 0 { fail("the server keeps streams of a connection that is lost") }
    server.feed(ByteBuffer(repeating: 0xFF, count: 20))
    let later = try server.next(now: now)
    if later != nil { fail("the server hears of a connection that is lost") }
  }

  /// Everybody takes everything, handlers come to their end, and all bytes arrive. It takes minutes, because RESETs that were held
  /// back have to go.
  mutating func settle() throws(WireError) {
    for _ in 0..<200 where fault == nil {
      try pass(Self.second)
      for stream in running.keys.sorted() {
        guard let call = running[stream] else { continue }
        client.messagesTaken(call.stream)
        if call.canSend, !call.waits {
          client.halfClose(call.stream)
          call.canSend = false
        }
      }
      for stream in handlers.keys.sorted() {
        guard let handler = handlers[stream] else { continue }
        server.messagesTaken(handler.stream)
        if handler.heardAll, !handler.waits { finish(handler) }
      }
      for _ in 0..<stragglers { server.handlerFinished() }
      stragglers = 0
      flushClient(all: true)
      flushServer(all: true)
      try deliverToServer(all: true)
      try deliverToClient(all: true)
    }
    if !running.isEmpty { fail("calls \(running.values.map(\.id).sorted()) never end") }
    if !handlers.isEmpty { fail("handlers of calls \(handlers.values.map(\.id).sorted()) never end") }
    if !client.isIdle || !server.isIdle { fail("something is left over") }
    if draining < 3, !client.canOpen { fail("nothing runs, and yet no call can be opened") }
  }

  /// The bytes of a message follow from its call and number, so that both ends know them.
  static func message(_ call: Int, _ number: Int, fromClient: Bool) -> WireMessage {
    var own = Seeded(UInt64(call) << 32 | UInt64(number) << 1 | (fromClient ? 1 : 0))
    let length = [0, 1, 7, 300, 1_015, 1_016, 1_017, 4_000, 12_000].randomElement(using: &own)!
    var buffer = ByteBufferAllocator().buffer(capacity: length + 8)
    while buffer.readableBytes < length { buffer.writeInteger(own.next()) }
    // The wire passes compressed messages on as they are, so any bytes do.
    let codec = UInt8.random(in: 0...1, using: &own)
    let bytes = buffer.getSlice(at: 0, length: length)!
    return codec == 0 ? WireMessage(bytes) : WireMessage(bytes, codec: codec, plainBytes: min(12_000, length * 3))
  }
}

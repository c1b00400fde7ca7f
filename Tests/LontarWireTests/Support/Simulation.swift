import NIOCore

@testable import LontarWire

/// A client and a server with a pipe between them that hands bytes over in pieces of any size. Both upper layers act by chance, within
/// the rules. Time is a number; it creeps, and in many runs it jumps by up to 20 s now and then.
///
/// What must hold: two honest ends never refuse each other; messages arrive whole, in order and with their bytes; each call ends once;
/// a call that was said not to have been processed has seen no handler; no more handlers run than were allowed; what each end holds is
/// bounded; and when all have said and taken everything, nothing is left over and nobody waits.
///
/// In half of the runs the server counts strikes and glitches by its real limits, and the client asks for signs of life as
/// `ClientLink` does by default: it is never sent away, however long its frames were on their way.
///
/// When the pipe breaks, each direction loses what it loses by itself, and either end may be the first to notice. Then the client
/// learns which calls were running, each once; the server stops just the handlers that run and drops just the answers that have not
/// left; no handler runs for a call whose STATUS has been heard; and neither end hears anything any more.
///
/// A run is its seed's alone: whatever draws a number by chance, or says something, goes through streams in the order of their
/// numbers.
struct Simulation: ~Copyable {
  private final class ClientCall {
    let id: Int
    let stream: UInt32
    var sent = 0
    var received = 0
    var canSend = true
    var waits = false
    var ended = false
    init(id: Int, stream: UInt32) { (self.id, self.stream) = (id, stream) }
  }

  private final class Handler {
    let id: Int
    let stream: UInt32
    var sent = 0
    var received = 0
    var waits = false
    /// The client has half-closed.
    var heardAll = false
    /// The client has given up, or we have answered.
    var over = false
    init(id: Int, stream: UInt32) { (self.id, self.stream) = (id, stream) }
  }

  private(set) var fault: String?
  private var random: Seeded
  private var client: ClientConnection
  private var server: ServerConnection
  private var toServer = ByteBuffer()
  private var toClient = ByteBuffer()
  private var now: UInt64 = 0
  private let limits: WireLimits
  private var calls: [ClientCall] = []
  private var running: [UInt32: ClientCall] = [:]
  private var handlers: [UInt32: Handler] = [:]
  private var handledCalls: Set<Int> = []
  /// Handlers that work on although their call is over.
  private var stragglers = 0
  private var draining = 0
  /// Calls whose answers may not have left yet.
  private var answered: [Handler] = []
  /// Calls of which the server has dropped what was unsent, at their deadline.
  private var expired: Set<Int> = []
  /// Calls whose STATUS has come.
  private var concluded: Set<Int> = []

  /// The server counts as it really does. In other runs it counts nothing, and PINGs go out at any time.
  private let isCounted: Bool
  /// So often time jumps.
  private let stepsPerJump: Int
  private var secondsTold: UInt64 = 0
  /// What `ClientLink` keeps for its signs of life.
  private var heardSince: UInt64 = 0
  private var pingIsOut = false

  /// FNV-1a over all that both ends heard, in order; nil: nobody asked for it.
  private(set) var digest: UInt64?

  /// What has happened in a run, for those who want to know whether the runs reach it.
  struct Reached {
    var keepalives = 0
    var bytesLostToServer = 0
    var bytesLostToClient = 0
    var handlersStopped = 0
  }
  private(set) var reached = Reached()

  init(seed: UInt64, digests: Bool = false) { self.init(chance: Seeded(seed), digests: digests) }

  init(chance: Seeded, digests: Bool = false) {
    random = chance
    digest = digests ? 0xCBF2_9CE4_8422_2325 : nil
    isCounted = Bool.random(using: &random)
    stepsPerJump = [10, 1_000].randomElement(using: &random)!
    var limits = WireLimits()
    limits.assemblyBytesMax = [1, 5_000, 1 << 24].randomElement(using: &random)!
    limits.framePayloadBytesMax = [1_024, 2_000, 16_372].randomElement(using: &random)!
    limits.streamWindowBytes = [1_024, 3_000, 40_000].randomElement(using: &random)!
    limits.streamWindowBytesMax = limits.streamWindowBytes * [1, 2, 16].randomElement(using: &random)!
    limits.windowGrowthBytesMax = [1, 5_000, 1 << 20].randomElement(using: &random)!
    limits.codecs = 3
    limits.messageBytesMax = 12_000
    limits.callsMax = [1, 2, 5, 16].randomElement(using: &random)!
    limits.outboundBytesHigh = 4_096
    limits.streamSendBytesHigh = 2_048
    // With 10, RESETs have to wait and their streams with them.
    limits.costlyFramesMax = [10, limits.costlyFramesMax].randomElement(using: &random)!
    if !isCounted { (limits.pingStrikesMax, limits.glitchesMax) = (.max, 100_000) }
    self.limits = limits
    client = ClientConnection(hello: Hello(), limits: limits)
    server = ServerConnection(hello: Hello(), limits: limits)
  }

  mutating func run(steps: Int) {
    do throws(WireError) {
      for _ in 0..<steps where fault == nil { try step() }
      if chance(5) { try cut() } else { try settle() }
    } catch {
      fail("an honest end was refused: \(error)")
    }
    // As many numbers were drawn as in any other run of this seed.
    let last = random.next()
    note("end \(last)")
  }

  private mutating func note(_ line: @autoclosure () -> String) {
    guard var hash = digest else { return }
    for byte in line().utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    digest = hash
  }

  private mutating func fail(_ what: String) {
    if fault == nil { fault = what }
  }

  private mutating func chance(_ of: Int) -> Bool { Int.random(in: 0..<of, using: &random) == 0 }

  private mutating func step() throws(WireError) {
    let most: UInt64 = chance(stepsPerJump) ? 20 * Self.second : Self.second / 1_000
    let passed = UInt64.random(in: 0...most, using: &random)
    try pass(passed)
    switch Int.random(in: 0..<20, using: &random) {
    case 0...1: openCall()
    case 2...3: sendFromClient()
    case 4: takeAtClient()
    case 5: if chance(4) { try cancelCall() }
    case 6...7: answer()
    case 8: if chance(6) { try expire() } else { takeAtServer() }
    case 9: if chance(10) { drain() } else if !isCounted { try client.ping(now) }
    case 10:
      try server.ping(now)
      server.reportBlocked()
      if !isCounted { client.reportBlocked(callsWait: true) }
      if chance(3) { server.sendHint(OverloadHint(.busy, retryAfterMilliseconds: 5)) }
    case 11...12: flushClient(all: false)
    case 13...14: flushServer(all: false)
    case 15...17: try deliverToServer(all: false)
    default: try deliverToClient(all: false)
    }
  }

  // MARK: Time

  private static let second: UInt64 = 1_000_000_000

  /// Time goes on, and the client's upper layer hears of each second that is over, as `ClientLink.tick` does.
  private mutating func pass(_ nanoseconds: UInt64) throws(WireError) {
    now += nanoseconds
    guard now / Self.second > secondsTold else { return }
    while now / Self.second > secondsTold {
      secondsTold += 1
      try client.secondPassed()
    }
    guard isCounted else { return }
    client.reportBlocked(callsWait: true)
    try keepAlive()
  }

  /// With calls under way and nothing heard for 30 s, one PING at a time.
  private mutating func keepAlive() throws(WireError) {
    guard !pingIsOut else { return }
    guard !client.isIdle else {
      heardSince = now
      return
    }
    guard now - heardSince > 30 * Self.second else { return }
    pingIsOut = true
    reached.keepalives += 1
    try client.ping(now)
  }

  // MARK: The client's upper layer

  private mutating func openCall() {
    guard client.canOpen else { return }
    let id = calls.count
    let end = chance(3)
    let inline = chance(2)
    let frame = OpenFrame(method: ByteBuffer(string: "s/\(id)"))
    let stream = client.open(Call(id), frame, message: inline ? Self.message(id, 0, fromClient: true) : nil, end: end)
    let call = ClientCall(id: id, stream: stream)
    call.sent = inline ? 1 : 0
    call.canSend = !end
    calls.append(call)
    running[stream] = call
  }

  private mutating func someCall() -> ClientCall? {
    running.isEmpty ? nil : running[running.keys.sorted().randomElement(using: &random)!]
  }

  private mutating func sendFromClient() {
    guard let call = someCall(), call.canSend, !call.waits else { return }
    if chance(4) {
      client.halfClose(call.stream)
      call.canSend = false
      return
    }
    let end = chance(6)
    let waits = client.sendMessage(call.stream, Self.message(call.id, call.sent, fromClient: true), end: end)
    call.sent += 1
    call.canSend = !end
    call.waits = waits && !end
  }

  private mutating func takeAtClient() {
    if let call = someCall() { client.messagesTaken(call.stream) }
  }

  private mutating func cancelCall() throws(WireError) {
    guard let call = someCall() else { return }
    try client.cancel(call.stream, .cancelled, "")
    end(call)
  }

  private mutating func end(_ call: ClientCall) {
    if call.ended { fail("call \(call.id) ended twice") }
    call.ended = true
    running[call.stream] = nil
  }

  private mutating func clientHears(_ event: ClientConnection.Event) {
    note("client: \(event.line)\n")
    switch event {
    case .ready, .moreCalls, .hint: break
    case .pong:
      pingIsOut = false
      heardSince = now
    case .head(let call, let metadata):
      if find(call, "HEAD")?.received != 0 || metadata.count != 1 { fail("HEAD came late or wrong") }
    case .message(let stream, let call, let message):
      guard let call = find(call, "a message") else { return }
      if call.stream != stream || message != Self.message(call.id, call.received, fromClient: false) {
        fail("message \(call.received) of call \(call.id) came out wrong at the client")
      }
      call.received += 1
    case .status(let call, let status, let message):
      guard let call = find(call, "STATUS") else { return }
      if let message, message != Self.message(call.id, call.received, fromClient: false) {
        fail("a wrong answer for call \(call.id)")
      }
      if message != nil { call.received += 1 }
      if status.code != UInt16(call.received % 17) { fail("call \(call.id) lost messages") }
      concluded.insert(call.id)
      end(call)
    case .reset(let call, let code, _, let notProcessed):
      guard let call = find(call, "RESET") else { return }
      if notProcessed == handledCalls.contains(call.id) { fail("call \(call.id) was processed and refused, or neither") }
      if !notProcessed, code != 1 || !expired.contains(call.id) { fail("call \(call.id) was reset without a reason") }
      end(call)
    case .failed(_, let fault): fail("an honest server failed: \(fault)")
    case .goAway(_, _, _, let refused):
      for object in refused {
        guard let call = find(object, "GOAWAY") else { continue }
        if handledCalls.contains(call.id) { fail("call \(call.id) was processed and refused") }
        end(call)
      }
    }
  }

  private mutating func find(_ object: AnyObject?, _ what: String) -> ClientCall? {
    guard let id = (object as? Call)?.id, !calls[id].ended else {
      fail("\(what) for a call that is over")
      return nil
    }
    return calls[id]
  }

  // MARK: The server's upper layer

  private mutating func someHandler() -> Handler? {
    handlers.isEmpty ? nil : handlers[handlers.keys.sorted().randomElement(using: &random)!]
  }

  private mutating func answer() {
    if stragglers > 0, chance(2) {
      stragglers -= 1
      server.handlerFinished()
    }
    guard let handler = someHandler(), !handler.waits else { return }
    switch Int.random(in: 0..<5, using: &random) {
    case 0 where handler.sent == 0:
      server.sendHead(handler.stream, GoldenHead.block)
    case 1, 2:
      handler.waits = server.sendMessage(handler.stream, Self.message(handler.id, handler.sent, fromClient: false))
      handler.sent += 1
    case 3 where handler.heardAll || chance(3):
      finish(handler)
    default: break
    }
  }

  private mutating func finish(_ handler: Handler) {
    let message = chance(2) ? Self.message(handler.id, handler.sent, fromClient: false) : nil
    let sent = handler.sent + (message == nil ? 0 : 1)
    server.sendStatus(handler.stream, StatusFrame(code: UInt16(sent % 17)), message: message)
    handlers[handler.stream] = nil
    answered.append(handler)
    if chance(2) { server.handlerFinished() } else { stragglers += 1 }
  }

  /// The deadline of a call passes, before or after its handler has answered.
  private mutating func expire() throws(WireError) {
    if chance(2), let handler = someHandler() { finish(handler) }
    guard let handler = answered.popLast() else { return }
    expired.insert(handler.id)
    try server.giveUp(handler.stream)
  }

  private mutating func takeAtServer() {
    if let handler = someHandler() { server.messagesTaken(handler.stream) }
  }

  private mutating func drain() {
    guard server.isOpen else { return }
    draining += 1
    if draining == 3 { server.drain("restart") }
    if draining == 6 { server.finishDrain("restart") }
  }

  private mutating func serverHears(_ event: ServerConnection.Event) {
    note("server: \(event.line)\n")
    switch event {
    case .open(let stream, let open, let message, let end):
      guard let id = Int(String(buffer: open.method).dropFirst(2)) else { return fail("a method came out wrong") }
      let handler = Handler(id: id, stream: stream)
      if !handledCalls.insert(id).inserted { fail("call \(id) was handled twice") }
      handlers[stream] = handler
      server.attach(handler, to: stream)
      if handlers.count + stragglers > Int(limits.callsMax) { fail("more handlers run than are allowed") }
      if let message { receive(message, end: end, handler) } else { handler.heardAll = end }
    case .message(let stream, let call, let message, let end):
      guard let handler = call as? Handler, handler.stream == stream else { return fail("a message for no handler") }
      if handlers[stream] != nil { receive(message, end: end, handler) }
    case .halfClosed(_, let call):
      guard let handler = call as? Handler else { return fail("a half-close for no handler") }
      if handler.heardAll { fail("call \(handler.id) was half-closed twice") }
      handler.heardAll = true
    case .cancelled(let call, _):
      guard let handler = call as? Handler else { return fail("a cancellation for no handler") }
      // An answer that was still on its way has been dropped; its handler has already been counted.
      guard handlers.removeValue(forKey: handler.stream) != nil else { return }
      stragglers += 1
    case .failed(_, _, let fault): fail("an honest client failed: \(fault)")
    case .pong, .clientLeaves: break
    }
  }

  private mutating func receive(_ message: WireMessage, end: Bool, _ handler: Handler) {
    if message != Self.message(handler.id, handler.received, fromClient: true) {
      fail("message \(handler.received) of call \(handler.id) came out wrong at the server")
    }
    handler.received += 1
    if end { handler.heardAll = true }
  }

  // MARK: The pipe

  private mutating func flushClient(all: Bool) {
    repeat {
      guard let bytes = client.takeOutbound() else { break }
      if bytes.readableBytes > 4_096 + 16 * 16_384 { fail("the client holds \(bytes.readableBytes) bytes for the socket") }
      toServer.writeImmutableBuffer(bytes)
    } while all
    for stream in client.takeWritable() { running[stream]?.waits = false }
  }

  private mutating func flushServer(all: Bool) {
    repeat {
      guard let bytes = server.takeOutbound() else { break }
      if bytes.readableBytes > 4_096 + 16 * 16_384 { fail("the server holds \(bytes.readableBytes) bytes for the socket") }
      toClient.writeImmutableBuffer(bytes)
    } while all
    for stream in server.takeWritable() { handlers[stream]?.waits = false }
  }

  private mutating func piece(of pipe: inout ByteBuffer, all: Bool) -> ByteBuffer? {
    guard pipe.readableBytes > 0 else { return nil }
    let most = chance(2) ? min(40, pipe.readableBytes) : pipe.readableBytes
    defer { pipe.discardReadBytes() }
    return pipe.readSlice(length: all ? pipe.readableBytes : Int.random(in: 1...most, using: &random))
  }

  private mutating func deliverToServer(all: Bool) throws(WireError) {
    var pipe = toServer
    guard let bytes = piece(of: &pipe, all: all) else { return }
    toServer = pipe
    server.feed(bytes)
    while let event = try server.next(now: now) { serverHears(event) }
  }

  private mutating func deliverToClient(all: Bool) throws(WireError) {
    var pipe = toClient
    guard let bytes = piece(of: &pipe, all: all) else { return }
    toClient = pipe
    client.feed(bytes)
    while let event = try client.next() { clientHears(event) }
    if !pingIsOut, !client.isIdle { heardSince = now }
  }

  // MARK: The end

  /// The pipe breaks. Whoever notices last goes on for a while, and nobody hears it.
  private mutating func cut() throws(WireError) {
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
  private mutating func remains(of pipe: ByteBuffer) -> ByteBuffer {
    let count = Int.random(in: 0...pipe.readableBytes, using: &random)
    return pipe.getSlice(at: pipe.readerIndex, length: count)!
  }

  /// The client learns which calls were running, each once.
  private mutating func endClient() throws(WireError) {
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
  private mutating func endServer() throws(WireError) {
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
  private mutating func settle() throws(WireError) {
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
  private static func message(_ call: Int, _ number: Int, fromClient: Bool) -> WireMessage {
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

private enum GoldenHead {
  static let block = try! MetadataBlock([("k", [1])], limits: WireLimits())
}

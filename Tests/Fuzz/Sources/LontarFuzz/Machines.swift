import NIOCore

@testable import LontarWire

/// Limits small enough for a fuzzer to reach.
private func tightLimits(_ mode: UInt8) -> WireLimits {
  var limits = WireLimits()
  limits.pingStrikesMax = .max
  limits.costlyFramesMax = 2
  limits.assemblyBytesMax = 1
  limits.callsMax = 4
  limits.streamWindowBytes = 2_048
  limits.streamWindowBytesMax = 4_096
  limits.windowGrowthBytesMax = 8_192
  limits.codecs = 3
  limits.messageBytesMax = 8_192
  if mode & 1 == 1 { limits.framePayloadBytesMax = 1_024 }
  limits.outboundBytesHigh = 4_096
  limits.streamSendBytesHigh = 2_048
  return limits
}

/// What an end may hold, whatever it hears: a frame that is not whole; for each call a message on its way in or a window of whole ones
/// and the part behind them, and what waits to go out, a message beyond the mark included; and for the socket a frame and heads or
/// control frames beyond the mark.
private func heldBytesMax(_ limits: WireLimits, largestAnswer: Int) -> Int {
  let stream = limits.messageBytesMax + 2 * Int(limits.streamWindowBytes) + limits.streamSendBytesHigh + largestAnswer + 8
  let socket = limits.outboundBytesHigh + 16_384 + limits.outboundControlFramesMax * 540
  return 16_384 + Int(limits.callsMax) * stream + 2 * Int(limits.windowGrowthBytesMax) + socket
}

/// A server hears anything; its upper layer acts by chance, within the rules. The first byte chooses limits and whether the client has
/// greeted, the second seeds the acts.
func checkServer(_ input: ByteBuffer) -> Int32 {
  var bytes = input
  guard let mode = bytes.readInteger(as: UInt8.self), let seed = bytes.readInteger(as: UInt8.self) else { return -1 }
  let limits = tightLimits(mode)
  var random = Seeded(UInt64(seed))
  var server = ServerConnection(hello: .stating(goldenEnvironment), limits: limits)
  if mode & 2 == 2 { server.feed(greeting) }
  let pieceMax = mode & 4 == 4 ? 64 : 4_096
  var order = EventOrder()
  var waiting: Set<UInt32> = []
  var now: UInt64 = 0
  do throws(WireError) {
    while let piece = bytes.readSlice(length: min(bytes.readableBytes, Int.random(in: 1...pieceMax, using: &random))),
      piece.readableBytes > 0
    {
      server.feed(piece)
      while let event = try server.next(now: now) {
        order.check(event)
        if let fault = order.fault { fatalError(fault) }
        answer(event, &server, &waiting, &random)
      }
      now += UInt64.random(in: 0..<1_000_000_000, using: &random)
      let held = server.heldBytes
      demand(held <= heldBytesMax(limits, largestAnswer: 9_000), "the server holds \(held) bytes")
      if Int.random(in: 0..<4, using: &random) == 0 { _ = server.takeOutbound() }
      waiting.subtract(server.takeWritable())
      switch Int.random(in: 0..<64, using: &random) {
      case 0: server.drain("restart")
      case 1: server.finishDrain("restart")
      case 2: try server.ping(now)
      default: break
      }
    }
  } catch {
    server.fail(error)
    demand(endsWithGoAway(server.takeAll(), error.code), "a server that gives up says GOAWAY")
    server.feed(bytes)
    demand((try? server.next(now: now)) == nil, "an event came after the end")
    demand(server.takeOutbound() == nil, "something is sent after the end")
  }
  return 0
}

private func answer(
  _ event: ServerConnection.Event, _ server: inout ServerConnection, _ waiting: inout Set<UInt32>, _ random: inout Seeded
) {
  switch event {
  case .open(let stream, _, _, _), .message(let stream, _, _, _), .halfClosed(let stream, _):
    switch Int.random(in: 0..<8, using: &random) {
    case 0:
      server.sendStatus(
        stream, StatusFrame(code: 0), message: WireMessage(ByteBuffer(count: Int.random(in: 0..<9_000, using: &random))))
    case 1 where !waiting.contains(stream):
      if server.sendMessage(stream, WireMessage(ByteBuffer(count: Int.random(in: 0..<500, using: &random)))) {
        waiting.insert(stream)
      }
    case 2: server.messagesTaken(stream)
    case 3: server.handlerFinished()
    case 4: try? server.giveUp(stream)
    case 5: server.sendHead(stream, .empty)
    default: break
    }
  case .failed(let stream, _, let fault): server.sendStatus(stream, StatusFrame(code: 13, message: fault.reason))
  case .cancelled: server.handlerFinished()
  case .pong, .clientLeaves: break
  }
}

/// A client hears anything, with calls under way.
func checkClient(_ input: ByteBuffer) -> Int32 {
  var bytes = input
  guard let mode = bytes.readInteger(as: UInt8.self), let seed = bytes.readInteger(as: UInt8.self) else { return -1 }
  let limits = tightLimits(mode)
  var random = Seeded(UInt64(seed))
  var client = ClientConnection(hello: .stating(goldenEnvironment), limits: limits)
  if mode & 2 == 2 { client.feed(serverGreeting) }
  let pieceMax = mode & 4 == 4 ? 64 : 4_096
  var opened: [UInt32] = []
  var ended: Set<Int> = []
  var waiting: Set<UInt32> = []
  do throws(WireError) {
    while let piece = bytes.readSlice(length: min(bytes.readableBytes, Int.random(in: 1...pieceMax, using: &random))),
      piece.readableBytes > 0
    {
      client.feed(piece)
      while let event = try client.next() {
        for id in event.endedCalls { demand(ended.insert(id).inserted, "call \(id) ended twice") }
        if case .message(let stream, _, _) = event, Bool.random(using: &random) { client.messagesTaken(stream) }
      }
      act(&client, &opened, &ended, &waiting, &random)
      let held = client.heldBytes
      demand(held <= heldBytesMax(limits, largestAnswer: 9_000), "the client holds \(held) bytes")
      if Bool.random(using: &random) { _ = client.takeOutbound() }
      if Bool.random(using: &random) { try client.secondPassed() }
      waiting.subtract(client.takeWritable())
    }
  } catch {
    client.fail(error)
    let last = client.takeAll()
    demand(client.isRefused || endsWithGoAway(last, error.code), "a client that gives up says GOAWAY, unless it was refused")
    client.feed(bytes)
    demand((try? client.next()) == nil, "an event came after the end")
  }
  for case let call as Call in client.abandon() {
    demand(ended.insert(call.id).inserted, "call \(call.id) was lost after its end")
  }
  return 0
}

private func act(
  _ client: inout ClientConnection, _ opened: inout [UInt32], _ ended: inout Set<Int>, _ waiting: inout Set<UInt32>,
  _ random: inout Seeded
) {
  if client.canOpen, client.runningStreams < 4 {
    opened.append(client.open(Call(opened.count), openFrame(), message: nil, end: Bool.random(using: &random)))
  }
  guard let number = opened.indices.randomElement(using: &random), client.call(of: opened[number]) != nil else { return }
  switch Int.random(in: 0..<8, using: &random) {
  case 0 where !waiting.contains(opened[number]):
    if client.sendMessage(opened[number], WireMessage(ByteBuffer(count: Int.random(in: 0..<500, using: &random)))) {
      waiting.insert(opened[number])
    }
  case 1: client.halfClose(opened[number])
  case 2:
    ended.insert(number)
    try? client.cancel(opened[number], .cancelled, "")
  default: break
  }
}

/// Two honest ends and a pipe: the input decides what happens next.
func checkSimulation(_ input: ByteBuffer) -> Int32 {
  var simulation = Simulation(chance: Seeded(given: Array(input.readableBytesView)))
  simulation.run(steps: min(input.readableBytes, 600))
  if let fault = simulation.fault { fatalError(fault) }
  return 0
}

func runSeeds(_ count: UInt64) {
  for seed in 0..<count {
    var simulation = Simulation(seed: seed)
    simulation.run(steps: 400)
    if let fault = simulation.fault { fatalError("LONTAR_SIMULATION_SEED=\(seed): \(fault)") }
  }
}

// MARK: Help

/// Unlike `precondition` it says what is wrong in a release build too.
func demand(_ condition: Bool, _ otherwise: @autoclosure () -> String) {
  if !condition { fatalError(otherwise()) }
}

private let greeting: ByteBuffer = {
  var payload = ByteBuffer()
  Hello.stating(goldenEnvironment).write(to: &payload)
  var bytes = ByteBuffer(bytes: FrameDecoder.preface)
  bytes.writeImmutableBuffer(rawFrame(0x01, payload))
  return bytes
}()

private let serverGreeting: ByteBuffer = {
  var hello = Hello.stating(goldenEnvironment)
  hello.callsMax = 100
  hello.streamWindowBytes = 2_048
  var payload = ByteBuffer()
  hello.write(to: &payload)
  return rawFrame(0x01, payload)
}()

private func endsWithGoAway(_ bytes: ByteBuffer, _ code: ConnectionErrorCode) -> Bool {
  var decoder = FrameDecoder(limits: WireLimits(), expectsPreface: false)
  var bytes = bytes
  if bytes.readableBytesView.starts(with: FrameDecoder.preface) { bytes.moveReaderIndex(forwardBy: FrameDecoder.preface.count) }
  decoder.feed(bytes)
  var last: Frame?
  while let frame = try? decoder.next() { last = frame }
  if case .goAway(_, code.rawValue, _, true) = last { return true }
  return false
}

extension ServerConnection {
  fileprivate mutating func takeAll() -> ByteBuffer {
    var all = ByteBuffer()
    while let bytes = takeOutbound() { all.writeImmutableBuffer(bytes) }
    return all
  }
}

extension ClientConnection {
  fileprivate mutating func takeAll() -> ByteBuffer {
    var all = ByteBuffer()
    while let bytes = takeOutbound() { all.writeImmutableBuffer(bytes) }
    return all
  }
}

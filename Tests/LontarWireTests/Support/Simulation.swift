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
  final class ClientCall {
    let id: Int
    let stream: UInt32
    var sent = 0
    var received = 0
    var canSend = true
    var waits = false
    var ended = false
    init(id: Int, stream: UInt32) { (self.id, self.stream) = (id, stream) }
  }

  final class Handler {
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
  var random: Seeded
  var client: ClientConnection
  var server: ServerConnection
  var toServer = ByteBuffer()
  var toClient = ByteBuffer()
  var now: UInt64 = 0
  let limits: WireLimits
  var calls: [ClientCall] = []
  var running: [UInt32: ClientCall] = [:]
  var handlers: [UInt32: Handler] = [:]
  var handledCalls: Set<Int> = []
  /// Handlers that work on although their call is over.
  var stragglers = 0
  var draining = 0
  /// Calls whose answers may not have left yet.
  var answered: [Handler] = []
  /// Calls of which the server has dropped what was unsent, at their deadline.
  var expired: Set<Int> = []
  /// Calls whose STATUS has come.
  var concluded: Set<Int> = []

  /// The server counts as it really does. In other runs it counts nothing, and PINGs go out at any time.
  let isCounted: Bool
  /// So often time jumps.
  let stepsPerJump: Int
  var secondsTold: UInt64 = 0
  /// What `ClientLink` keeps for its signs of life.
  var heardSince: UInt64 = 0
  var pingIsOut = false

  /// FNV-1a over all that both ends heard, in order; nil: nobody asked for it.
  private(set) var digest: UInt64?

  /// What has happened in a run, for those who want to know whether the runs reach it.
  struct Reached {
    var keepalives = 0
    var bytesLostToServer = 0
    var bytesLostToClient = 0
    var handlersStopped = 0
  }
  var reached = Reached()

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

  mutating func note(_ line: @autoclosure () -> String) {
    guard var hash = digest else { return }
    for byte in line().utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    digest = hash
  }

  mutating func fail(_ what: String) {
    if fault == nil { fault = what }
  }

  mutating func chance(_ of: Int) -> Bool { Int.random(in: 0..<of, using: &random) == 0 }

  mutating func step() throws(WireError) {
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

  static let second: UInt64 = 1_000_000_000

  /// Time goes on, and the client's upper layer hears of each second that is over, as `ClientLink.tick` does.
  mutating func pass(_ nanoseconds: UInt64) throws(WireError) {
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
  mutating func keepAlive() throws(WireError) {
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
}

enum GoldenHead {
  static let block = try! MetadataBlock([("k", [1])], limits: WireLimits())
}

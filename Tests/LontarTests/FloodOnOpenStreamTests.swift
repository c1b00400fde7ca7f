internal import Lontar
internal import LontarTesting
internal import LontarWire
internal import NIOCore
internal import Synchronization
internal import Testing

/// Floods on streams that are open, over TLS: faults that make the server end calls, messages that cost nothing to send, and calls
/// that are given up as soon as they are made.
@Suite(.timeLimit(.minutes(5))) struct FloodOnOpenStreamTests {
  private static let unary = "lontar.testing.v1.Echo/Unary"

  private static func method(_ kind: MethodKind) -> Method<EchoRequest, EchoResponse> {
    Method<EchoRequest, EchoResponse>(service: "a.S", name: "M", kind: kind)
  }

  private static func stream(_ number: Int) -> UInt32 { UInt32(number) * 2 + 1 }

  // MARK: Faults

  /// "Made you reset": the client resets nothing, it has the server end its calls. Only the first fault of a stream counts; what
  /// is wrong behind it is read past.
  @Test func `200 faults on open streams are borne, however often each is said, and the next ends the connection`() async throws {
    let ends = Signals<HandlerEnd>()
    let register = { @Sendable (router: inout Router) in
      router.register(EchoService())
      router.clientStreaming(Self.method(.clientStreaming)) { _, _ in
        try await waitForCancellation(telling: ends)
        return EchoResponse()
      }
    }
    // MSG whose lengths are cut off.
    func fault(_ number: Int, times: Int) -> [UInt8] {
      let wrong = RawFrames.frame(0x04, Self.stream(number), [1, 2, 3])
      return (0..<times).reduce(into: RawFrames.open(Self.stream(number), "a.S/M", end: false)) { said, _ in said += wrong }
    }
    let codes = try await Attacked.server(callsMax: 250, register: register) { echo async throws in
      let raw = try await RawClient.greeted(by: echo)
      let (faults, good) = ((0..<200).flatMap { fault($0, times: 3) }, Self.stream(200))
      await raw.send(faults + RawFrames.open(good, Self.unary, message: []))
      let frames = try await raw.frames { if case .status(good, _, _, _) = $0 { true } else { false } }
      var answers: [UInt32: UInt16] = [:]
      for frame in frames {
        switch frame {
        case .status(let stream, let status, _, _): answers[stream] = status.code
        case .goAway, .reset: Issue.record("\(frame) came before the last fault")
        default: break
        }
      }
      let answer = answers.removeValue(forKey: good)
      #expect(answer == StatusCode.ok.rawValue)
      #expect(answers.count == 200 && answers.values.allSatisfy { $0 == StatusCode.internalError.rawValue })
      await raw.send(fault(201, times: 1))
      #expect(try await raw.goAway().code == .enhanceYourCalm)
      _ = try await raw.ended()
    }
    #expect(codes == [.enhanceYourCalm])
    #expect(await ends.next(201) == Array(repeating: .cancelled, count: 201))
  }

  // MARK: Messages

  /// An empty message costs its sender eight bytes of credit, so 262,144 bytes are 32,768 of them. One more is a fault of the
  /// stream, not of the connection: what is over the connection's credit, and its GOAWAY, is in `CreditOverrunTests`.
  @Test func `empty messages on a stream that nobody reads stop at its credit`() async throws {
    let held = Signals<Int>()
    let register = { @Sendable (router: inout Router) in
      router.register(EchoService())
      router.bidirectional(Self.method(.bidirectional)) { requests, _, _ in
        // The fault ends the wait; what was kept for the handler until then is still there to be counted.
        try? await waitForCancellation()
        var count = 0
        do {
          for try await _ in requests { count += 1 }
        } catch {
          held.send(count)
        }
      }
    }
    let empty = RawFrames.message(1, [])
    func flood(_ count: Int) -> [UInt8] { (0..<count).reduce(into: []) { said, _ in said += empty } }
    let codes = try await Attacked.server(register: register) { echo async throws in
      let raw = try await RawClient.greeted(by: echo)
      await raw.send(RawFrames.open(1, "a.S/M", end: false) + flood(32_768) + RawFrames.open(3, Self.unary, message: []))
      let borne = try await raw.frames { if case .status(3, _, _, _) = $0 { true } else { false } }
      for frame in borne {
        switch frame {
        case .status(1, _, _, _), .credit(1, _): Issue.record("\(frame) came although nobody reads")
        default: break
        }
      }
      // One too many, and then as many again for a call that is over.
      await raw.send(flood(1) + flood(10_000) + RawFrames.open(5, Self.unary, message: []))
      let frames = try await raw.frames { if case .status(5, _, _, _) = $0 { true } else { false } }
      var answers: [UInt32: UInt16] = [:]
      for case .status(let stream, let status, _, _) in frames { answers[stream] = status.code }
      #expect(answers[1] == StatusCode.internalError.rawValue && answers[5] == StatusCode.ok.rawValue && answers.count == 2)
      await raw.close()
    }
    #expect(codes.isEmpty)
    #expect(await held.next() == 32_768)
  }

  // MARK: Calls

  /// Handlers by the connection whose calls they answer: the limit is each connection's.
  private struct Handlers: Sendable {
    private(set) var begun = 0
    private(set) var running = 0
    private(set) var most: [String: Int] = [:]
    private var byConnection: [String: Int] = [:]

    mutating func begin(_ connection: String) {
      begun += 1
      running += 1
      byConnection[connection, default: 0] += 1
      most[connection] = max(most[connection, default: 0], byConnection[connection, default: 0])
    }

    mutating func end(_ connection: String) {
      running -= 1
      byConnection[connection, default: 0] -= 1
    }
  }

  private static func reset(_ number: Int) -> [UInt8] { RawFrames.frame(0x06, stream(number), [0, 0, 0, 0]) }

  private static func openAndReset(_ numbers: Range<Int>) -> [UInt8] {
    numbers.flatMap { RawFrames.open(stream($0), "a.S/M", message: []) + reset($0) }
  }

  /// The handlers do not heed that their calls are over. Their places stay taken, and a client that opens more all the same is let
  /// go.
  @Test(arguments: [1, 4, 100]) func `a call that was reset keeps its place until its handler ends`(callsMax: Int) async throws {
    let started = Signals<CheckedContinuation<Void, Never>>()
    let register = { @Sendable (router: inout Router) in
      router.register(EchoService())
      router.unary(Self.method(.unary)) { _, _ in
        await withCheckedContinuation { started.send($0) }
        return EchoResponse()
      }
    }
    let codes = try await Attacked.server(callsMax: callsMax, register: register) { echo async throws in
      let raw = try await RawClient.greeted(by: echo)
      await raw.send(Self.openAndReset(0..<callsMax))
      let waiting = await started.next(callsMax)
      #expect(waiting.count == callsMax)
      // All that the server had to say of the RESETs has come when it answers PING.
      await raw.send(RawFrames.frame(0x09, 0, RawFrames.number(7)))
      let said = try await raw.frames { if case .ping(_, ack: true) = $0 { true } else { false } }
      #expect(!said.contains { if case .maxCalls(_) = $0 { true } else { false } }, "no place was given away")
      await raw.send(RawFrames.open(Self.stream(callsMax), "a.S/M", message: []))
      #expect(try await raw.goAway().code == .callLimit)
      _ = try await raw.ended()
      for handler in waiting { handler.resume() }
    }
    #expect(codes == [.callLimit])
  }

  /// 10,000 calls that are given up as they are made, by a client that keeps to MAX_CALLS and comes back whenever it is sent away,
  /// which it is at its 201st RESET. The handlers work on for a while: however fast the client is, a hundred of them run for a
  /// connection.
  @Test func `10,000 calls made and reset have no more handlers run than the calls that are allowed`() async throws {
    let handlers = Mutex(Handlers())
    let register = { @Sendable (router: inout Router) in
      router.register(EchoService())
      router.unary(Self.method(.unary)) { _, context in
        let connection = String(context.requestID.prefix { $0 != "-" })
        handlers.withLock { $0.begin(connection) }
        // Not a child of the handler's task, so its cancellation ends nothing.
        _ = await Task.detached { try? await Task.sleep(for: .milliseconds(1)) }.value
        handlers.withLock { $0.end(connection) }
        return EchoResponse()
      }
    }
    let codes = try await Attacked.server(callsMax: 100, register: register) { echo async throws in
      for _ in 0..<50 { #expect(try await Self.floodUntilSentAway(echo, callsMax: 100) == .enhanceYourCalm) }
      while handlers.withLock({ $0.running }) > 0 { await Task.yield() }
    }
    #expect(codes == Array(repeating: .enhanceYourCalm, count: 50))
    let all = handlers.withLock { $0 }
    #expect(all.begun >= 10_000)
    #expect(all.most.count == 50)
    #expect(all.most.values.allSatisfy { (1...100).contains($0) }, "\(all.most)")
  }

  /// Opens and resets as many calls as it may, as soon as it may.
  private static func floodUntilSentAway(_ echo: EchoServer, callsMax: Int) async throws -> ConnectionErrorCode? {
    let raw = try await RawClient.greeted(by: echo)
    var (opened, granted) = (0, callsMax)
    while true {
      await raw.send(openAndReset(opened..<granted))
      opened = granted
      let frames = try await raw.frames {
        switch $0 {
        case .maxCalls(_), .goAway(_, _, _, true): true
        default: false
        }
      }
      switch frames.last {
      case .maxCalls(let calls): granted = max(granted, Int(calls))
      case .goAway(_, let code, _, true):
        _ = try await raw.ended()
        return ConnectionErrorCode(rawValue: code)
      default: return nil
      }
    }
  }
}

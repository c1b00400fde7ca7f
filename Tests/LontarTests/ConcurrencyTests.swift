internal import Foundation
internal import Lontar
internal import LontarTesting
internal import Synchronization
internal import Testing

/// gRPC's large unary calls, many of them at the same moment: no answer has a byte of another's.
@Suite(.timeLimit(.minutes(10))) struct ConcurrencyTests {
  /// As many as are in their handlers together. All thousand would be 600 MB at once.
  private static let atOnce = 200

  /// Lets nobody pass before so many are there.
  private final class Barrier: Sendable {
    private let count: Int
    private let waiting = Mutex<[CheckedContinuation<Void, Never>]>([])

    init(_ count: Int) { self.count = count }

    func pass() async {
      await withCheckedContinuation { continuation in
        let all = waiting.withLock { waiting -> [CheckedContinuation<Void, Never>] in
          waiting.append(continuation)
          guard waiting.count == count else { return [] }
          defer { waiting = [] }
          return waiting
        }
        for one in all { one.resume() }
      }
    }
  }

  /// Each call has bytes of its own: a piece of a text that does not repeat itself, from a place that no other call has.
  private enum Bytes {
    private static let text: Data = {
      var number: UInt64 = 1
      let bytes = (0..<320_000).map { _ -> UInt8 in
        number = number &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: number >> 33)
      }
      return Data(bytes)
    }()

    static func request(_ call: Int) -> Data { text.subdata(in: call..<(call + 271_828)) }
    static func answer(_ call: Int) -> Data { text.subdata(in: (2_000 + call)..<(2_000 + call + 314_159)) }
  }

  /// In the second case each stream takes turns of a kilobyte with 199 others; its frames are sixteen times as many.
  @Test(arguments: [(16_372, 5), (1_024, 1)])
  func `large calls, 200 of them in their handlers at once, are answered each with its own bytes`(
    frames: Int, waves: Int
  ) async throws {
    let barrier = Barrier(Self.atOnce)
    let spoiled = Mutex<[Int]>([])
    let echo = try await EchoServer.start(
      // A quarter of the places may be free and not granted yet.
      callsMax: Self.atOnce * 3 / 2,
      register: { router in
        router.unary(Lontar_Testing_V1_Echo.unary) { request, _ in
          let call = Int(request.responseCount) % 1_000
          if request.payload != Bytes.request(call) { spoiled.withLock { $0.append(call) } }
          // Nobody is answered before all are here.
          await barrier.pass()
          return EchoResponse { $0.payload = Bytes.answer(call) }
        }
      }, adjust: { $0.limits.framePayloadBytesMax = frames })
    let client = try echo.client { $0.options.framePayloadBytesMax = frames }
    for wave in 0..<waves {
      let wrong = try await withThrowingTaskGroup(of: Int?.self) { group in
        for call in (wave * Self.atOnce)..<((wave + 1) * Self.atOnce) {
          group.addTask {
            let request = EchoRequest {
              $0.payload = Bytes.request(call)
              $0.responseCount = UInt32(call)
            }
            let answer = try await EchoClient(client).unary(request)
            return answer.payload == Bytes.answer(call) ? nil : call
          }
        }
        var wrong: [Int] = []
        for try await call in group {
          if let call { wrong.append(call) }
        }
        return wrong
      }
      #expect(wrong.isEmpty, "answers with other bytes")
    }
    #expect(spoiled.withLock { $0 }.isEmpty, "requests with other bytes")
    await echo.stop(client)
  }
}

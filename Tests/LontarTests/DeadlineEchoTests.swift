internal import Foundation
internal import Lontar
internal import LontarTesting
internal import Testing

/// What a handler is told of its caller's time, over TLS, in calls of every kind: all of it but for the way there, and never more.
@Suite(.timeLimit(.minutes(3))) struct DeadlineEchoTests {
  /// Longer than any way there on a machine that runs a thousand tests, and far less than half of the shortest time here.
  private static let wayMax: Int64 = 30

  private static let request = EchoRequest { $0.responseCount = 3 }

  /// Each answer says what was left when it was written.
  private static func expect(_ answers: [EchoResponse], _ kind: MethodKind, of seconds: Int64) {
    #expect(answers.count == (kind.answersStream ? 3 : 1))
    let all = seconds * 1_000_000_000
    let least = all - wayMax * 1_000_000_000
    let left = answers.map(\.remainingNanoseconds)
    #expect(left.allSatisfy { $0 > least && $0 <= all }, "\(left) of \(seconds) s")
    // It only becomes less.
    #expect(left == left.sorted(by: >), "\(left)")
  }

  @Test(arguments: MethodKind.all)
  func `a handler has what is left of its caller's time`(kind: MethodKind) async throws {
    try await EchoServer.with(adjust: { $0.limits.callTimeoutSecondsMax = 4_000 }) { _, client async throws in
      // What connecting takes is not to count.
      #expect(try await EchoClient(client).isServed())
      for seconds in [100, 3_000] as [Int64] {
        let options = CallOptions(timeout: .seconds(seconds))
        Self.expect(try await EchoClient(client).answers(kind, Self.request, options: options), kind, of: seconds)
      }
    }
  }

  @Test(arguments: MethodKind.all)
  func `a handler never has more than the server allows, whatever its caller asks`(kind: MethodKind) async throws {
    try await EchoServer.with(adjust: { $0.limits.callTimeoutSecondsMax = 200 }) { _, client async throws in
      #expect(try await EchoClient(client).isServed())
      for asked in [.seconds(3_000), .seconds(1_000_000_000_000), nil] as [Duration?] {
        let options = CallOptions(timeout: asked)
        Self.expect(try await EchoClient(client).answers(kind, Self.request, options: options), kind, of: 200)
      }
      // And never more than its caller asks, whatever the server allows.
      let options = CallOptions(timeout: .seconds(100))
      Self.expect(try await EchoClient(client).answers(kind, Self.request, options: options), kind, of: 100)
    }
  }
}

import Lontar
import RegistryClient
import Testing

/// How long the client library tries, in numbers; how it tries is Lontar's, and tested there.
@Suite struct PatienceTests {
  private func pause(attempt: Int) -> Duration? {
    RegistryClient.patience.pause(after: RPCError(.unavailable, ""), attempt: attempt, remaining: .seconds(30), jitter: 1)
  }

  @Test(arguments: StatusCode.allCases)
  func `only a call that was not carried out is repeated`(code: StatusCode) {
    let pause = RegistryClient.patience.pause(after: RPCError(code, ""), attempt: 1, remaining: .seconds(30), jitter: 1)
    #expect((pause != nil) == (code == .unavailable))
  }

  @Test(arguments: [(1, 100), (2, 200), (3, 400), (5, 1_600), (6, 2_000), (19, 2_000)])
  func `pauses double up to two seconds`(attempt: Int, milliseconds: Int) {
    #expect(pause(attempt: attempt) == .milliseconds(milliseconds))
  }

  @Test(arguments: [(19, true), (20, false)])
  func `twenty attempts are enough`(attempt: Int, isRepeated: Bool) {
    #expect((pause(attempt: attempt) != nil) == isRepeated)
  }

  @Test func `two acts never share a key`() {
    let keys = (0..<1_000).map { _ in IdempotencyKey() }
    #expect(Set(keys).count == 1_000)
    #expect(keys.allSatisfy { $0.bytes.count == 16 })
  }
}

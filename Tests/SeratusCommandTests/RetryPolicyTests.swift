import Lontar
import LontarTLS
import RegistryClient
import Testing

@Suite struct RetryPolicyTests {
  private let policy = RetryPolicy()

  private func pause(_ error: RPCError, attempt: Int = 1, remaining: Duration = .seconds(30), jitter: Double = 0) -> Duration? {
    policy.pause(after: error, attempt: attempt, remaining: remaining, jitter: jitter)
  }

  @Test(arguments: StatusCode.allCases)
  func `only a call that was not carried out is repeated`(code: StatusCode) {
    #expect((pause(RPCError(code, "")) != nil) == (code == .unavailable))
  }

  @Test(arguments: [(1, 100), (2, 200), (3, 400), (5, 1_600), (6, 2_000), (19, 2_000)])
  func `pauses double up to two seconds`(attempt: Int, milliseconds: Int) {
    #expect(pause(RPCError(.unavailable, ""), attempt: attempt) == .milliseconds(milliseconds))
  }

  @Test func `chance shortens a pause by up to a half`() {
    #expect(pause(RPCError(.unavailable, ""), jitter: 0.5) == .milliseconds(75))
  }

  @Test(arguments: [(.milliseconds(101), true), (.milliseconds(100), false), (.zero, false)] as [(Duration, Bool)])
  func `a pause that would outlast the call is not begun`(remaining: Duration, isRepeated: Bool) {
    #expect((pause(RPCError(.unavailable, ""), remaining: remaining) != nil) == isRepeated)
  }

  @Test(arguments: [(19, true), (20, false)])
  func `twenty attempts are enough`(attempt: Int, isRepeated: Bool) {
    #expect((pause(RPCError(.unavailable, ""), attempt: attempt) != nil) == isRepeated)
  }

  @Test func `a server that names a time is obeyed, and one that says never, too`() {
    var error = RPCError(.unavailable, "")
    error.details.retryDelay = .seconds(3)
    #expect(pause(error) == .seconds(3))
    error.pushbackMilliseconds = 700
    #expect(pause(error) == .milliseconds(700))
    error.pushbackMilliseconds = -1
    #expect(pause(error) == nil)
  }

  @Test func `nothing is repeated where retries are off`() {
    #expect(RetryPolicy.none.pause(after: RPCError(.unavailable, ""), attempt: 1, remaining: .seconds(9), jitter: 0) == nil)
  }

  @Test func `two acts never share a key`() {
    let keys = (0..<1_000).map { _ in IdempotencyKey() }
    #expect(Set(keys).count == 1_000)
    #expect(keys.allSatisfy { $0.bytes.count == 16 })
  }
}

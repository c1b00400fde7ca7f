import Synchronization
import Testing

@testable import RegistryAccess

@Suite struct PasswordTests {
  /// Cheap enough for tests: 32 KiB.
  static let cheap = PasswordHash.Cost(logN: 5, r: 8, p: 1)

  static func hasher(_ limits: PasswordHasher.Limits = PasswordHasher.Limits()) throws -> PasswordHasher {
    try PasswordHasher(limits: limits, cost: cheap)
  }

  /// RFC 7914, section 12.
  @Test(arguments: [
    (
      "", "", 4, 1, 1,
      "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"
    ),
    (
      "pleaseletmein", "SodiumChloride", 14, 8, 1,
      "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
    ),
  ])
  func `scrypt is that of RFC 7914`(password: String, salt: String, logN: Int, r: Int, p: Int, expected: String) throws {
    let key = try PasswordHash.derive(
      password: Array(password.utf8), salt: Array(salt.utf8), cost: PasswordHash.Cost(logN: logN, r: r, p: p), keyBytes: 64)
    #expect(key.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == expected)
  }

  @Test func `the standard cost is 32 MiB`() {
    #expect(PasswordHash.Cost.standard.memoryBytes == 32 * 1024 * 1024)
    #expect(PasswordHash.Cost.standard.encoded == "ln=15,r=8,p=1")
  }

  @Test func `a password is known again from its stored form, and another is not`() async throws {
    let hasher = try Self.hasher()
    let stored = try await hasher.hash("correct horse battery").encoded
    #expect(stored.hasPrefix("$scrypt$ln=5,r=8,p=1$"))
    #expect(try await hasher.verify("correct horse battery", against: stored))
    #expect(try await !hasher.verify("correct horse batterz", against: stored))
    #expect(try await !hasher.verify("", against: stored))
  }

  @Test func `the same password has another hash each time`() async throws {
    let hasher = try Self.hasher()
    #expect(try await hasher.hash("correct horse battery").encoded != hasher.hash("correct horse battery").encoded)
  }

  @Test func `without an account no password is right, not even the empty one`() async throws {
    let hasher = try Self.hasher()
    #expect(try await !hasher.verify("", against: nil))
    #expect(try await !hasher.verify("anything at all", against: nil))
  }

  @Test(arguments: [(11, false), (12, true), (200, true), (201, false)])
  func `a password has 12 to 200 letters`(count: Int, isAccepted: Bool) async throws {
    let hasher = try Self.hasher()
    let hash = try? await hasher.hash(String(repeating: "a", count: count))
    #expect((hash != nil) == isAccepted)
  }

  @Test(arguments: [
    "", "plain", "$scrypt$", "$scrypt$ln=15,r=8$c2FsdHNhbHQ$aGFzaA", "$scrypt$ln=40,r=8,p=1$c2FsdHNhbHRzYWx0$aGFzaA",
    "$scrypt$ln=24,r=64,p=64$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "$argon2id$v=19$m=1$a$b",
  ])
  func `a stored text of another kind is refused, never matched`(text: String) async throws {
    let hasher = try Self.hasher()
    await #expect(throws: AccessError.self) { try await hasher.verify("correct horse battery", against: text) }
  }

  /// How many of these calls at once are sent away.
  private static func refusals(of hasher: PasswordHasher, calls: Int) async throws -> Int {
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<calls {
        group.addTask {
          do {
            _ = try await hasher.verify("x", against: nil)
            return false
          } catch let error as AccessError {
            #expect(error.reason == .passwordChecksBusy)
            #expect(error.retryDelay != nil)
            return true
          }
        }
      }
      return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
  }

  @Test func `when too many wait, the next is sent away at once`() async throws {
    var limits = PasswordHasher.Limits()
    limits.atOnceMax = 1
    limits.waitingMax = 0
    let hasher = try PasswordHasher(limits: limits, cost: PasswordHash.Cost(logN: 14, r: 8, p: 1))
    // A starved machine may run a whole round one after the other: then there is nobody to send away, and another round is due.
    var refused = 0
    for _ in 0..<50 where refused == 0 { refused = try await Self.refusals(of: hasher, calls: 20) }
    #expect(refused > 0)
    #expect(try await !hasher.verify("x", against: nil))
  }
}

@Suite struct LoginThrottleTests {
  let start = ContinuousClock.now

  @Test func `a name has five attempts, and one comes back each half minute`() throws {
    var throttle = LoginThrottle()
    for _ in 0..<5 { try throttle.attempt("siti", now: start) }
    let error = #expect(throws: AccessError.self) { try throttle.attempt("siti", now: start) }
    #expect(error?.reason == .loginRateLimited)
    #expect(error?.retryDelay == .seconds(30))
    #expect(throws: AccessError.self) { try throttle.attempt("siti", now: start + .seconds(29)) }
    try throttle.attempt("siti", now: start + .seconds(30))
    #expect(throws: AccessError.self) { try throttle.attempt("siti", now: start + .seconds(31)) }
  }

  @Test func `the delay told is what is left, never less than a second`() throws {
    var throttle = LoginThrottle()
    for _ in 0..<5 { try throttle.attempt("siti", now: start) }
    let error = #expect(throws: AccessError.self) { try throttle.attempt("siti", now: start + .milliseconds(29_900)) }
    #expect(error?.retryDelay == .seconds(1))
  }

  @Test func `names don't share attempts, and a success gives them back`() throws {
    var throttle = LoginThrottle()
    for _ in 0..<5 { try throttle.attempt("siti", now: start) }
    try throttle.attempt("budi", now: start)
    throttle.succeeded("siti")
    try throttle.attempt("siti", now: start)
  }

  @Test func `the table stays within its limit`() throws {
    var limits = LoginThrottle.Limits()
    limits.namesMax = 3
    var throttle = LoginThrottle(limits: limits)
    for index in 0..<50 { try throttle.attempt("name \(index)", now: start + .milliseconds(index)) }
    #expect(throttle.count == 3)
  }

  @Test func `of a full table the name used longest ago is forgotten`() throws {
    var limits = LoginThrottle.Limits()
    limits.namesMax = 2
    limits.attemptsMax = 1
    var throttle = LoginThrottle(limits: limits)
    try throttle.attempt("first", now: start)
    try throttle.attempt("second", now: start + .seconds(1))
    try throttle.attempt("third", now: start + .seconds(2))
    #expect(throws: AccessError.self) { try throttle.attempt("second", now: start + .seconds(3)) }
    try throttle.attempt("first", now: start + .seconds(3))
  }
}

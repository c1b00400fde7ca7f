internal import Foundation
internal import LontarTesting
internal import LontarWire
internal import NIOCore
internal import SwiftProtobuf
internal import Synchronization
internal import Testing

@testable internal import Lontar

/// `google.rpc.RetryInfo`: a server says in an error's details when it wants the call again, and the client's policy obeys.
@Suite(.timeLimit(.minutes(3))) struct RetryInfoTests {
  private static func unavailable(after delay: Duration?, pushback: Int32? = nil) -> RPCError {
    var error = RPCError(.unavailable, "come back later", pushbackMilliseconds: pushback)
    error.details.retryDelay = delay
    return error
  }

  /// Handlers of every kind that fail as often as they are told, and then answer.
  private final class Failing: Sendable {
    private let count = Mutex(0)
    private let failures: Int
    private let error: RPCError

    init(_ error: RPCError, failures: Int = .max) {
      self.error = error
      self.failures = failures
    }

    var attempts: Int { count.withLock { $0 } }

    private func fail() throws {
      let attempt = count.withLock { count in
        count += 1
        return count
      }
      if attempt <= failures { throw error }
    }

    func register(_ router: inout Router) {
      router.unary(Lontar_Testing_V1_Echo.unary) { _, _ in
        try self.fail()
        return EchoResponse()
      }
      router.serverStreaming(Lontar_Testing_V1_Echo.serverStream) { _, _, _ in try self.fail() }
      router.clientStreaming(Lontar_Testing_V1_Echo.clientStream) { requests, _ in
        try self.fail()
        for try await _ in requests {}
        return EchoResponse()
      }
      router.bidirectional(Lontar_Testing_V1_Echo.bidiStream) { requests, _, _ in
        try self.fail()
        for try await _ in requests {}
      }
    }
  }

  // MARK: On the wire

  /// The last is protobuf's longest: 10,000 years.
  static let delays: [Duration] = [
    .zero, .nanoseconds(1), .nanoseconds(999_999_999), .milliseconds(1_500), Duration.seconds(2) + .nanoseconds(123_456_789),
    .seconds(315_576_000_000),
  ]

  @Test(arguments: delays)
  func `a time to wait arrives to the nanosecond, in calls of every kind`(delay: Duration) async throws {
    let failing = Failing(Self.unavailable(after: delay))
    try await EchoServer.with(register: failing.register) { _, client async throws in
      for kind in MethodKind.all {
        let error = await RPCError.of { try await EchoClient(client).answers(kind) }
        #expect(error?.code == .unavailable, "\(kind)")
        #expect(error?.details.retryDelay == delay, "\(kind)")
        #expect(error?.isRetryable == true)
      }
    }
    // No policy, no repetition: the time alone is no order.
    #expect(failing.attempts == 4)
  }

  @Test func `an error that names no time arrives without one`() async throws {
    let failing = Failing(Self.unavailable(after: nil))
    try await EchoServer.with(register: failing.register) { _, client async throws in
      let error = await RPCError.of { try await EchoClient(client).answers(.unary) }
      #expect(error?.code == .unavailable)
      #expect(error?.details.retryDelay == nil)
    }
  }

  /// As any other reader of google.rpc.Status would find it.
  @Test func `it is google's RetryInfo, byte by byte`() async throws {
    let failing = Failing(Self.unavailable(after: Duration.seconds(2) + .nanoseconds(123_456_789)))
    let echo = try await EchoServer.start(register: failing.register)
    let raw = try await RawClient.secure(to: echo)
    await raw.send(RawFrames.greeting() + RawFrames.open(1, "lontar.testing.v1.Echo/Unary", message: []))
    let frames = try await raw.frames { if case .status(1, _, _, _) = $0 { true } else { false } }
    await raw.close()
    await echo.stop()
    guard case .status(1, let status, _, _) = frames.last, let details = status.details else {
      Issue.record("no STATUS with details came: \(frames)")
      return
    }
    let said = try Google_Rpc_Status(serializedBytes: Array(details.readableBytesView))
    #expect(said.code == 14)
    let info = try #require(said.details.first { $0.typeURL == "type.googleapis.com/google.rpc.RetryInfo" })
    // Field 1, a Duration of 7 bytes: field 1 is 2, field 2 is 123,456,789.
    #expect(Array(info.value) == [0x0A, 0x07, 0x08, 0x02, 0x10, 0x95, 0x9A, 0xEF, 0x3A])
  }

  // MARK: Obeyed

  /// What became of a call whose first attempt fails like this: how many attempts there were, the error it ended with, and how
  /// long it took.
  private static func call(
    _ kind: MethodKind, _ error: RPCError, backoff: Duration
  ) async throws -> (attempts: Int, error: RPCError?, took: Duration) {
    let failing = Failing(error, failures: 1)
    let echo = try await EchoServer.start(register: failing.register)
    let client = try echo.client {
      $0.options.service.methods[""] = MethodConfiguration(
        retry: RetryPolicy(attemptsMax: 3, backoffFirst: backoff, backoffMax: backoff))
    }
    let start = ContinuousClock.now
    // A repetition that would come later than this is not made.
    let options = CallOptions(timeout: .seconds(120))
    let end = await RPCError.of { try await EchoClient(client).answers(kind, options: options) }
    let took = ContinuousClock.now - start
    await echo.stop(client)
    return (failing.attempts, end, took)
  }

  @Test(arguments: MethodKind.all)
  func `the server's time goes before the client's backoff, which would be an hour`(kind: MethodKind) async throws {
    for delay in [Duration.zero, .nanoseconds(1), .milliseconds(20)] {
      let (attempts, error, _) = try await Self.call(kind, Self.unavailable(after: delay), backoff: .seconds(3_600))
      #expect(error == nil, "\(delay)")
      #expect(attempts == 2, "\(delay)")
    }
  }

  @Test(arguments: MethodKind.all)
  func `the server's hour goes before the client's backoff of a millisecond`(kind: MethodKind) async throws {
    let (attempts, error, _) = try await Self.call(
      kind, Self.unavailable(after: .seconds(3_600)), backoff: .milliseconds(1))
    // The call would be over by then: its first error stands.
    #expect(error?.code == .unavailable)
    #expect(error?.details.retryDelay == .seconds(3_600))
    #expect(attempts == 1)
  }

  @Test(arguments: MethodKind.all)
  func `the client waits as long as the server says, and then repeats`(kind: MethodKind) async throws {
    let (attempts, error, took) = try await Self.call(
      kind, Self.unavailable(after: Duration.milliseconds(300) + .nanoseconds(1)), backoff: .milliseconds(1))
    #expect(error == nil)
    #expect(attempts == 2)
    #expect(took > .milliseconds(290))
  }

  @Test func `a pushback goes before the time in the details`() async throws {
    let (attempts, error, _) = try await Self.call(
      .unary, Self.unavailable(after: .seconds(3_600), pushback: 0), backoff: .seconds(3_600))
    #expect(error == nil)
    #expect(attempts == 2)
  }

  @Test func `a pushback that forbids is not talked over by a time in the details`() async throws {
    let (attempts, error, _) = try await Self.call(
      .unary, Self.unavailable(after: .zero, pushback: -1), backoff: .milliseconds(1))
    #expect(error?.code == .unavailable)
    #expect(error?.details.retryDelay == .zero)
    #expect(attempts == 1)
  }

  /// The time says when, not whether: that is for the policy's codes.
  @Test func `a time in the details of an error that is not listed is no order to repeat`() async throws {
    var denied = RPCError(.permissionDenied, "not you")
    denied.details.retryDelay = .zero
    let (attempts, error, _) = try await Self.call(.unary, denied, backoff: .milliseconds(1))
    #expect(error?.code == .permissionDenied)
    #expect(attempts == 1)
  }
}

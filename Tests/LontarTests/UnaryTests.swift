internal import Foundation
internal import Lontar
internal import LontarTesting
internal import Testing

/// Unary calls between a real client and a real server over TLS.
@Suite struct UnaryTests {
  @Test(arguments: [0, 1, 100, 16_000, 16_372, 70_000, 300_000, 4_000_000])
  func `a request and its answer of any allowed size arrive whole`(bytes: Int) async throws {
    let echo = try await EchoServer.start()
    let client = try echo.client()
    var request = Lontar_Testing_V1_EchoRequest()
    request.payload = Data((0..<bytes).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    let answer = try await Lontar_Testing_V1_EchoClient(client).unary(request)
    #expect(answer.payload == request.payload)
    await echo.stop(client)
  }

  @Test func `an error arrives with code, message and every detail`() async throws {
    let echo = try await EchoServer.start()
    let client = try echo.client()
    var request = Lontar_Testing_V1_EchoRequest()
    request.failWithCode = 9
    request.failMessage = "\t\nwith whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
    let error = await #expect(throws: RPCError.self) { try await Lontar_Testing_V1_EchoClient(client).unary(request) }
    #expect(error?.code == .failedPrecondition)
    #expect(error?.message == request.failMessage)
    #expect(error?.details.reason == "ECHO_WAS_TOLD_TO_FAIL")
    #expect(error?.details.parameters == ["code": "FAILED_PRECONDITION"])
    #expect(error?.details.localized == ["id": "gagal", "en": "failed"])
    #expect(error?.details.fieldViolations.map(\.field) == ["fail_with_code"])
    #expect(error?.details.requestID.isEmpty == false)
    await echo.stop(client)
  }

  @Test func `a deadline is carried to the server and enforced when it passes`() async throws {
    let echo = try await EchoServer.start()
    let client = try echo.client()
    let service = Lontar_Testing_V1_EchoClient(client)
    let answer = try await service.unary(.init(), options: CallOptions(timeout: .seconds(10)))
    #expect((1...10_000_000_000).contains(answer.remainingNanoseconds))
    var slow = Lontar_Testing_V1_EchoRequest()
    slow.sleepMilliseconds = 60_000
    let error = await #expect(throws: RPCError.self) {
      try await service.unary(slow, options: CallOptions(timeout: .milliseconds(30)))
    }
    #expect(error?.code == .deadlineExceeded)
    await echo.stop(client)
  }

  @Test func `more calls than the server runs at once wait for their turn`() async throws {
    let echo = try await EchoServer.start(callsMax: 3)
    let client = try echo.client()
    let sum = try await withThrowingTaskGroup(of: Int.self) { group in
      for number in 0..<200 {
        group.addTask {
          var request = Lontar_Testing_V1_EchoRequest()
          request.payload = Data(count: number)
          return try await Lontar_Testing_V1_EchoClient(client).unary(request).payload.count
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(sum == 199 * 200 / 2)
    await echo.stop(client)
  }

  /// One timer serves all calls of a client, and stays as it is between them.
  @Test func `a deadline is kept, whatever deadlines came before it`() async throws {
    try await EchoServer.with { _, client async throws in
      for (milliseconds, isSlow) in [(10_000, false), (300, true), (2_000, false), (600, true), (5_000, false), (100, true)] {
        let request = EchoRequest { $0.sleepMilliseconds = isSlow ? 20_000 : 0 }
        let start = ContinuousClock.now
        let error = await RPCError.of {
          _ = try await EchoClient(client).unary(request, options: CallOptions(timeout: .milliseconds(milliseconds)))
        }
        #expect(error?.code == (isSlow ? .deadlineExceeded : nil))
        if isSlow { #expect(ContinuousClock.now - start >= .milliseconds(milliseconds)) }
      }
    }
  }
}

internal import Foundation
internal import Lontar
internal import LontarTesting
internal import Synchronization
internal import Testing

/// What a client does by method, and gRPC's JSON form of it.
@Suite(.timeLimit(.minutes(3))) struct ServiceConfigurationTests {
  /// The example of gRPC's A6, with both policies, and its throttling.
  private static let example = """
    {
      "methodConfig": [
        {
          "name": [{"service": "a.Search", "method": "Find"}, {"service": "a.Index"}],
          "timeout": "1.5s",
          "waitForReady": true,
          "retryPolicy": {
            "maxAttempts": 4, "initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 2,
            "retryableStatusCodes": ["UNAVAILABLE", 10]
          }
        },
        {
          "name": [{}],
          "hedgingPolicy": {"maxAttempts": 9, "hedgingDelay": "0.5s", "nonFatalStatusCodes": ["UNAVAILABLE", "INTERNAL"]}
        }
      ],
      "retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1}
    }
    """

  @Test func `gRPC's JSON form is read`() throws {
    let configuration = try ServiceConfiguration(json: Self.example)
    let retried = MethodConfiguration(
      timeout: .milliseconds(1_500), waitForReady: true,
      retry: RetryPolicy(
        attemptsMax: 4, backoffFirst: .milliseconds(100), backoffMax: .seconds(1), backoffFactor: 2,
        codes: [.unavailable, .aborted]))
    #expect(configuration.methods["a.Search/Find"] == retried)
    #expect(configuration.methods["a.Index/"] == retried)
    // gRPC counts more than five attempts as five.
    #expect(
      configuration.methods[""]
        == MethodConfiguration(
          hedging: HedgingPolicy(attemptsMax: 5, delay: .milliseconds(500), codes: [.unavailable, .internalError])))
    #expect(configuration.methods.count == 3)
    #expect(configuration.throttle != nil)
    #expect(try ServiceConfiguration(json: "{}").throttle == nil)
  }

  @Test(arguments: [("a.Search/Find", 1), ("a.Search/Other", 3), ("a.Index/Any", 2), ("b.S/M", 3), ("", 3)])
  func `the most exact name counts`(method: String, seconds: Int) {
    let configuration = ServiceConfiguration(methods: [
      "a.Search/Find": MethodConfiguration(timeout: .seconds(1)), "a.Index/": MethodConfiguration(timeout: .seconds(2)),
      "": MethodConfiguration(timeout: .seconds(3)),
    ])
    #expect(configuration[method]?.timeout == .seconds(seconds))
  }

  static let retry =
    #""maxAttempts": 4, "initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 2, "retryableStatusCodes": [14]"#

  static func method(_ content: String) -> String { #"{"methodConfig": [{"name": [{"service": "s"}], \#(content)}]}"# }

  static let faults = [
    ("[]", "", "NOT_JSON"),
    ("{", "", "NOT_JSON"),
    (#"{"methodConfigs": []}"#, "methodConfigs", "UNKNOWN_FIELD"),
    (#"{"methodConfig": {}}"#, "methodConfig", "NOT_A_LIST"),
    (#"{"methodConfig": [{}, 1]}"#, "methodConfig[1]", "NOT_AN_OBJECT"),
    (#"{"methodConfig": [{"name": [{"method": "M"}]}]}"#, "methodConfig[0].name[0].method", "SERVICE_MISSING"),
    (#"{"methodConfig": [{"name": [{"service": 1}]}]}"#, "methodConfig[0].name[0].service", "NOT_A_TEXT"),
    (#"{"methodConfig": [{"name": [{"service": "s"}, {"service": "s"}]}]}"#, "methodConfig[0].name[1]", "DUPLICATE_NAME"),
    (method(#""timeout": "soon""#), "methodConfig[0].timeout", "NOT_A_DURATION"),
    (method(#""timeout": "-1s""#), "methodConfig[0].timeout", "NOT_A_DURATION"),
    (method(#""waitForReady": "yes""#), "methodConfig[0].waitForReady", "NOT_A_BOOLEAN"),
    (method(#""maxRequestMessageBytes": 1"#), "methodConfig[0].maxRequestMessageBytes", "UNKNOWN_FIELD"),
    (method(#""retryPolicy": {\#(retry.replacing("4", with: "1"))}"#), "methodConfig[0].retryPolicy.maxAttempts", "OUT_OF_RANGE"),
    (
      method(#""retryPolicy": {\#(retry.replacing("4,", with: "2.5,"))}"#), "methodConfig[0].retryPolicy.maxAttempts",
      "OUT_OF_RANGE"
    ),
    (
      method(#""retryPolicy": {\#(retry.replacing("0.1s", with: "0s"))}"#), "methodConfig[0].retryPolicy.initialBackoff",
      "NOT_A_DURATION"
    ),
    (
      method(#""retryPolicy": {\#(retry.replacing("2,", with: "0,"))}"#), "methodConfig[0].retryPolicy.backoffMultiplier",
      "OUT_OF_RANGE"
    ),
    (
      method(#""retryPolicy": {\#(retry.replacing("[14]", with: "[]"))}"#), "methodConfig[0].retryPolicy.retryableStatusCodes",
      "EMPTY"
    ),
    (
      method(#""retryPolicy": {\#(retry.replacing("[14]", with: #"[14, "BAD"]"#))}"#),
      "methodConfig[0].retryPolicy.retryableStatusCodes[1]", "UNKNOWN_CODE"
    ),
    (
      method(#""retryPolicy": {\#(retry)}, "hedgingPolicy": {"maxAttempts": 2}"#), "methodConfig[0].hedgingPolicy",
      "RETRY_AND_HEDGING"
    ),
    (#"{"retryThrottling": {"maxTokens": 1001, "tokenRatio": 0.1}}"#, "retryThrottling.maxTokens", "OUT_OF_RANGE"),
    (#"{"retryThrottling": {"maxTokens": 10}}"#, "retryThrottling.tokenRatio", "NOT_A_NUMBER"),
  ]

  @Test(arguments: faults)
  func `what is wrong is named by its field`(json: String, field: String, reason: String) {
    do {
      _ = try ServiceConfiguration(json: json)
      Issue.record("it was accepted")
    } catch {
      #expect(error.field == field)
      #expect(error.reason == reason)
      #expect(error.description.hasPrefix(field))
    }
  }

  // MARK: What clients do with it

  private static func client(_ configuration: MethodConfiguration, register: (inout Router) -> Void) -> LontarClient {
    var router = Router()
    register(&router)
    var options = ClientOptions()
    options.service.methods["lontar.testing.v1.Echo/"] = configuration
    return InProcessServer(router: router).client(options)
  }

  @Test(arguments: [(nil, 10_000), (.seconds(1), 1_000), (.seconds(60), 10_000)] as [(Duration?, Int64)])
  func `the shorter timeout counts, the call's or its method's`(own: Duration?, milliseconds: Int64) async throws {
    let client = Self.client(MethodConfiguration(timeout: .seconds(10))) { $0.register(EchoService()) }
    let answer = try await EchoClient(client).unary(EchoRequest(), options: CallOptions(timeout: own))
    let limit = milliseconds * 1_000_000
    #expect((limit / 2...limit).contains(answer.remainingNanoseconds))
  }

  @Test(arguments: [
    MethodConfiguration(retry: RetryPolicy(attemptsMax: 3, backoffFirst: .milliseconds(1))),
    MethodConfiguration(hedging: HedgingPolicy(attemptsMax: 3, delay: .zero)),
  ])
  func `a call may say that it is not to be repeated`(configuration: MethodConfiguration) async throws {
    let runs = Mutex(0)
    let client = Self.client(configuration) { router in
      router.unary(Lontar_Testing_V1_Echo.unary) { _, _ in
        runs.withLock { $0 += 1 }
        throw RPCError(.unavailable, "not now")
      }
    }
    var options = CallOptions()
    options.mayRepeat = false
    #expect(await RPCError.of { try await EchoClient(client).unary(EchoRequest(), options: options) }?.code == .unavailable)
    #expect(runs.withLock { $0 } == 1)
  }

  @Test func `a method is hedged by configuration, and streams of it run once`() async throws {
    let attempts = Mutex<[Int]>([])
    let client = Self.client(MethodConfiguration(hedging: HedgingPolicy(attemptsMax: 2, delay: .milliseconds(5)))) { router in
      router.unary(Lontar_Testing_V1_Echo.unary) { _, context in
        attempts.withLock { $0.append(context.attempt) }
        if context.attempt == 1 { try await waitForCancellation() }
        return EchoResponse { $0.remainingNanoseconds = Int64(context.attempt) }
      }
      router.serverStreaming(Lontar_Testing_V1_Echo.serverStream) { _, _, context in
        attempts.withLock { $0.append(context.attempt) }
        throw RPCError(.unavailable, "not now")
      }
    }
    #expect(try await EchoClient(client).unary(EchoRequest()).remainingNanoseconds == 2)
    #expect(try await EchoClient(client).serverStream(EchoRequest()).collect().error?.code == .unavailable)
    #expect(attempts.withLock { $0 } == [1, 2, 1])
  }
}

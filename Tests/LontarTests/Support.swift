internal import Foundation
internal import Lontar
internal import LontarTesting
internal import Synchronization

typealias EchoRequest = Lontar_Testing_V1_EchoRequest
typealias EchoResponse = Lontar_Testing_V1_EchoResponse
typealias EchoClient = Lontar_Testing_V1_EchoClient

/// Values that come from a handler in the order they were sent; a test waits for the next.
struct Signals<Value: Sendable>: Sendable {
  private let stream: AsyncStream<Value>
  private let continuation: AsyncStream<Value>.Continuation

  init() {
    (stream, continuation) = AsyncStream.makeStream(of: Value.self)
  }

  func send(_ value: Value) {
    continuation.yield(value)
  }

  @discardableResult
  func next() async -> Value? {
    var iterator = stream.makeAsyncIterator()
    return await iterator.next()
  }

  func next(_ count: Int) async -> [Value] {
    var values: [Value] = []
    for _ in 0..<count {
      if let value = await next() { values.append(value) }
    }
    return values
  }
}

/// How a handler came to its end.
enum HandlerEnd: Sendable, Equatable {
  case finished
  case cancelled
  case failed(StatusCode)

  init(_ error: any Error) {
    self = (error as? RPCError).map { .failed($0.code) } ?? (error is CancellationError ? .cancelled : .failed(.unknown))
  }
}

/// Waits until its task is cancelled: a handler that would never end by itself.
/// - Parameter ends: hears how it was.
func waitForCancellation(telling ends: Signals<HandlerEnd>? = nil) async throws {
  do {
    try await Task.sleep(for: .seconds(3_600))
  } catch {
    ends?.send(HandlerEnd(error))
    throw error
  }
}

extension EchoRequest {
  init(_ change: (inout EchoRequest) -> Void) {
    self.init()
    change(&self)
  }
}

extension EchoResponse {
  init(_ change: (inout EchoResponse) -> Void) {
    self.init()
    change(&self)
  }
}

extension RPCError {
  /// The error a call ends with; nil if it succeeds.
  static func of<Value>(isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Value) async -> RPCError? {
    do {
      _ = try await body()
      return nil
    } catch {
      return error as? RPCError
    }
  }
}

extension ResponseStream {
  /// All messages up to the end, and the error if the end was one.
  func collect() async -> (messages: [Response], error: RPCError?) {
    var messages: [Response] = []
    do throws(RPCError) {
      for try await message in self { messages.append(message) }
      return (messages, nil)
    } catch {
      return (messages, error)
    }
  }
}

extension EchoClient {
  /// A call that must be answered: the server lives and serves.
  func isServed() async throws -> Bool {
    try await unary(EchoRequest { $0.payload = Data("alive".utf8) }).payload == Data("alive".utf8)
  }
}

/// Makes a second attempt.
struct Twice: ClientInterceptor {
  func intercept(
    _ method: String, _ options: CallOptions,
    _ proceed: @escaping @Sendable (CallOptions) async throws(RPCError) -> UnaryAnswer
  ) async throws(RPCError) -> UnaryAnswer {
    do { return try await proceed(options) } catch {
      var again = options
      again.attempt = 2
      return try await proceed(again)
    }
  }
}

/// Runs around every call of a client, with all the attempts that its method's configuration allows: to add metadata, to refuse, to
/// measure, to trace. The first of a client's interceptors is the outermost.
public protocol ClientInterceptor: Sendable {
  /// Around a unary call. Calls `proceed`, lets through what it throws and returns its answer. Calling it again makes another attempt.
  func intercept(
    _ method: String, _ options: CallOptions, _ proceed: @escaping @Sendable (CallOptions) async throws(RPCError) -> UnaryAnswer
  ) async throws(RPCError) -> UnaryAnswer

  /// A call of one of the other three kinds is about to begin. Changes what it is sent with, or refuses it by throwing.
  /// - Returns: who is told of what happens to it; nil: nobody.
  func begins(_ method: String, _ kind: MethodKind, _ options: inout CallOptions) async throws(RPCError) -> (any CallObserver)?
}

extension ClientInterceptor {
  /// Lets the call pass as it is.
  public func begins(
    _ method: String, _ kind: MethodKind, _ options: inout CallOptions
  ) async throws(RPCError) -> (any CallObserver)? { nil }
}

/// Is told of a call with streams. Called on the client's event loop, in order: it must not block.
public protocol CallObserver: Sendable {
  /// A request was handed over, with so many bytes before compression.
  func requestWritten(bytes: Int)
  /// A message of the answer has come, with so many bytes as it came.
  func answerReceived(bytes: Int)
  /// Once, at the end, and after everything else. nil: the call succeeded.
  func ended(_ error: RPCError?)
}

extension CallObserver {
  public func requestWritten(bytes: Int) {}
  public func answerReceived(bytes: Int) {}
}

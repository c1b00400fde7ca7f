internal import Lontar
internal import LontarTesting
internal import LontarWire
internal import Synchronization
internal import Testing

/// A server that others use while somebody attacks it.
enum Attacked {
  /// Lends a server, and checks that it serves those who were there before the attack and those who come later.
  /// - Returns: what it says of connections that ended early.
  static func errors(
    callsMax: Int = 100, register: (@Sendable (inout Router) -> Void)? = nil,
    adjust: @Sendable (inout ServerConfiguration) -> Void = { _ in }, _ attack: (EchoServer) async throws -> Void
  ) async throws -> [any Error] {
    let errors = Mutex<[any Error]>([])
    let echo = try await EchoServer.start(
      callsMax: callsMax, register: register, onConnectionError: { _, error in errors.withLock { $0.append(error) } },
      adjust: adjust)
    let early = try echo.client()
    #expect(try await EchoClient(early).isServed())
    try await attack(echo)
    #expect(try await EchoClient(early).isServed(), "a connection from before the attack")
    let late = try echo.client()
    #expect(try await EchoClient(late).isServed(), "a connection from after the attack")
    await echo.stop(early, late)
    return errors.withLock { $0 }
  }

  /// - Returns: the codes with which it ended connections.
  static func server(
    callsMax: Int = 100, register: (@Sendable (inout Router) -> Void)? = nil,
    adjust: @Sendable (inout ServerConfiguration) -> Void = { _ in }, _ attack: (EchoServer) async throws -> Void
  ) async throws -> [ConnectionErrorCode] {
    try await errors(callsMax: callsMax, register: register, adjust: adjust, attack).compactMap { ($0 as? WireError)?.code }
  }
}

extension RawClient {
  /// Opens the connection and hears the server's HELLO.
  static func greeted(by echo: EchoServer) async throws -> RawClient {
    let raw = try await secure(to: echo)
    await raw.send(RawFrames.greeting())
    _ = try await raw.frames { if case .hello(_) = $0 { true } else { false } }
    return raw
  }

  /// The code of the GOAWAY that ends the connection, and what came before it. Nil: it ended without one.
  func goAway() async throws -> (code: ConnectionErrorCode?, before: [Frame]) {
    let said = try await frames { if case .goAway(_, _, _, true) = $0 { true } else { false } }
    guard case .goAway(_, let code, _, true)? = said.last else { return (nil, said) }
    return (ConnectionErrorCode(rawValue: code), Array(said.dropLast()))
  }
}

internal import LontarTLS
internal import NIOCore
internal import Testing

/// Configurations that fit together, on certificates of the shared test authority.
enum Fitting {
  static let serverCredentials = TestAuthority.shared.issue()
  static let protocols = ["lontar/1"]
  /// Long enough for a busy machine: a test that is not about time must not depend on it.
  static let patient: TLSLimits = {
    var limits = TLSLimits()
    limits.handshakeTimeout = .seconds(120)
    limits.closeTimeout = .seconds(120)
    return limits
  }()

  static func server(_ change: (inout TLSServerConfiguration) -> Void = { _ in }) -> TLSServerConfiguration {
    var configuration = TLSServerConfiguration(credentials: serverCredentials, applicationProtocols: protocols, limits: patient)
    change(&configuration)
    return configuration
  }

  static func client(_ change: (inout TLSClientConfiguration) -> Void = { _ in }) -> TLSClientConfiguration {
    var configuration = TLSClientConfiguration(
      trustRootsPath: TestAuthority.shared.rootsPath, serverName: "localhost", applicationProtocols: protocols,
      limits: patient)
    change(&configuration)
    return configuration
  }
}

@Suite struct EchoTests {
  /// Around the record size, around the batch size of three records, and far above both.
  @Test(arguments: [1, 16_383, 16_384, 16_385, 49_152, 49_153, 1 << 20, 8 << 20])
  func `what is sent in one write comes back the same`(bytes: Int) async throws {
    let server = try await TestServer(TLSContextBox(Fitting.server()))
    let client = try await Connect.tls(to: server.port, Fitting.client())
    let sent = pattern(bytes)
    try await client.send(sent)
    #expect(try await client.received(atLeast: bytes) == sent)
    try await client.channel.close()
    let outcome = try await client.outcome()
    #expect(outcome.errors.isEmpty)
    #expect(outcome.handshake?.applicationProtocol == "lontar/1")
    #expect(try await server.nextConnection().outcome().errors.isEmpty)
    try await server.stop()
  }

  @Test(arguments: [1, 16_383, 16_384, 16_385])
  func `what arrives one byte at a time comes back the same`(bytes: Int) async throws {
    let server = try await TestServer(TLSContextBox(Fitting.server()), receiveBytes: 1)
    let client = try await Connect.tls(to: server.port, Fitting.client(), receiveBytes: 1)
    let sent = pattern(bytes)
    try await client.send(sent)
    #expect(try await client.received(atLeast: bytes) == sent)
    try await client.channel.close()
    #expect(try await client.outcome().errors.isEmpty)
    #expect(try await server.nextConnection().outcome().errors.isEmpty)
    try await server.stop()
  }

  @Test func `an empty write is fulfilled and sends nothing`() async throws {
    let server = try await TestServer(TLSContextBox(Fitting.server()), echoes: false)
    let client = try await Connect.tls(to: server.port, Fitting.client())
    _ = try await client.handshake()
    try await client.send(ByteBuffer())
    try await client.channel.close()
    let seen = try await server.nextConnection().outcome()
    #expect(seen.reads == 0)
    #expect(seen.errors.isEmpty)
    try await server.stop()
  }

  @Test func `ten thousand small writes arrive whole and in order`() async throws {
    let server = try await TestServer(TLSContextBox(Fitting.server()), echoes: false)
    let client = try await Connect.tls(to: server.port, Fitting.client())
    var expected = ByteBuffer()
    for number in 0..<10_000 as Range<UInt32> {
      expected.writeInteger(number)
      client.channel.write(ByteBuffer(integer: number), promise: nil)
      if number % 97 == 0 { client.channel.flush() }
    }
    client.channel.flush()
    let connection = await server.nextConnection()
    #expect(try await connection.received(atLeast: expected.readableBytes) == expected)
    try await client.channel.close()
    try await server.stop()
  }

  @Test func `every write's promise is fulfilled`() async throws {
    let server = try await TestServer(TLSContextBox(Fitting.server()), echoes: false)
    let client = try await Connect.tls(to: server.port, Fitting.client())
    _ = try await client.handshake()
    let writes = (0..<100).map { _ in client.channel.write(pattern(1_000)) }
    client.channel.flush()
    for write in writes { try await write.get() }
    let connection = await server.nextConnection()
    #expect(try await connection.received(atLeast: 100_000).readableBytes == 100_000)
    try await client.channel.close()
    try await server.stop()
  }
}

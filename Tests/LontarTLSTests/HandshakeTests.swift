internal import Foundation
internal import LontarTLS
internal import NIOCore
internal import Testing

@Suite struct HandshakeTests {
  @Test func `both ends learn the protocol and the client learns who the server is`() async throws {
    let server = try await TestServer(TLSContextBox(Fitting.server()))
    let client = try await Connect.tls(to: server.port, Fitting.client())
    let seen = try await client.handshake()
    #expect(seen.applicationProtocol == "lontar/1")
    #expect(seen.peer?.subject == "CN=localhost")
    #expect(seen.peer?.spiffeID == nil)
    #expect(
      seen.peer?.fingerprintSHA256 == (try await OpenSSLCommand.fingerprint(Fitting.serverCredentials.certificateChainPath)))
    let serverSide = try await server.nextConnection().handshake()
    #expect(serverSide.applicationProtocol == "lontar/1")
    #expect(serverSide.peer == nil)
    try await client.channel.close()
    try await server.stop()
  }

  @Test(arguments: ["localhost", "127.0.0.1", "::1", "[::1]", "localhost."])
  func `a server is accepted by each name of its certificate`(name: String) async throws {
    let server = try await TestServer(TLSContextBox(Fitting.server()))
    let client = try await Connect.tls(to: server.port, Fitting.client { $0.serverName = name })
    _ = try await client.handshake()
    try await client.channel.close()
    try await server.stop()
  }

  @Test(arguments: ["seratus.example", "127.0.0.2", "::2", "localhost.example", "sub.localhost"])
  func `a server is refused by any other name`(name: String) async throws {
    let (client, server) = try await failure(client: Fitting.client { $0.serverName = name })
    #expect(client.codes == [.peerNameMismatch])
    #expect(client.errors.first?.message == "the server's certificate is not for \(name)")
    #expect(server.codes == [.refusedByPeer])
  }

  @Test func `a certificate's subject is no substitute for a name`() async throws {
    let named = TestAuthority.shared.issue(Wanted(commonName: "localhost", alternativeNames: "DNS:other.example"))
    let (client, _) = try await failure(server: Fitting.server { $0.credentials = named })
    #expect(client.codes == [.peerNameMismatch])
    let unnamed = TestAuthority.shared.issue(Wanted(commonName: "localhost", alternativeNames: ""))
    let (again, _) = try await failure(server: Fitting.server { $0.credentials = unnamed })
    #expect(again.codes == [.peerNameMismatch])
  }

  @Test func `a server of another authority is refused`() async throws {
    let other = TestAuthority(name: "Another authority")
    let (client, server) = try await failure(client: Fitting.client { $0.trustRootsPath = other.rootsPath })
    #expect(client.codes == [.peerUntrusted])
    #expect(server.codes == [.refusedByPeer])
    #expect(server.errors.first?.parameters["alert"] == "48", "unknown_ca, RFC 8446 section 6.2")
  }

  @Test func `a server whose certificate expired while it ran is refused`() async throws {
    let expired = TestAuthority.shared.issue(Wanted(notBefore: -7_200, notAfter: -3_600))
    let box = try TLSContextBox(Fitting.server { $0.credentials = expired }, now: systemTime() - 5_000)
    let (client, server) = try await failure(box: box)
    #expect(client.codes == [.peerExpired])
    #expect(server.errors.first?.parameters["alert"] == "45", "certificate_expired, RFC 8446 section 6.2")
  }

  @Test func `a server whose certificate is not valid yet is refused`() async throws {
    let early = TestAuthority.shared.issue(Wanted(notBefore: 3_600, notAfter: 7_200))
    let box = try TLSContextBox(Fitting.server { $0.credentials = early }, now: systemTime() + 5_000)
    #expect(try await failure(box: box).client.codes == [.peerNotYetValid])
  }

  // MARK: Application protocols

  @Test func `a client that offers only other protocols is refused`() async throws {
    let (client, server) = try await failure(client: Fitting.client { $0.applicationProtocols = ["h2", "lontar/2"] })
    #expect(client.codes == [.alpnMismatch])
    #expect(server.codes == [.alpnMismatch])
    #expect(server.errors.first?.parameters["expected"] == "lontar/1")
  }

  @Test func `a client that offers no protocol is refused`() async throws {
    let (client, server) = try await failure(client: Fitting.client { $0.applicationProtocols = [] })
    #expect(server.codes == [.alpnMissing])
    #expect(server.handshake == nil)
    #expect(client.codes.count == 1)
    #expect(client.handshake == nil)
  }

  @Test func `a server that selects no protocol is refused by the client`() async throws {
    let (client, server) = try await failure(server: Fitting.server { $0.applicationProtocols = [] })
    #expect(client.codes == [.alpnMissing])
    #expect(client.handshake == nil)
    #expect(server.errors.isEmpty, "the handshake was good and the client closed in order")
  }

  @Test func `the server's preference decides between common protocols`() async throws {
    let box = try TLSContextBox(Fitting.server { $0.applicationProtocols = ["lontar/2", "lontar/1"] })
    let server = try await TestServer(box)
    let client = try await Connect.tls(to: server.port, Fitting.client { $0.applicationProtocols = ["lontar/1", "lontar/2"] })
    #expect(try await client.handshake().applicationProtocol == "lontar/2")
    try await client.channel.close()
    try await server.stop()
  }

  @Test(arguments: [(0, false), (1, true), (255, true), (256, false)])
  func `a protocol's name has 1 to 255 bytes`(bytes: Int, accepted: Bool) {
    let name = String(repeating: "x", count: bytes)
    let made = Result { () throws(TLSError) in try TLSContext(client: Fitting.client { $0.applicationProtocols = [name] }) }
    switch made {
    case .success: #expect(accepted)
    case .failure(let error): #expect(!accepted && error.code == .configurationInvalid)
    }
  }

  // MARK: Time

  @Test func `a peer that says nothing is cut off when the handshake's time is up`() async throws {
    let server = try await TestServer(TLSContextBox(Fitting.server { $0.limits.handshakeTimeout = .milliseconds(50) }))
    let client = try await Connect.raw(to: server.port)
    let seen = try await server.nextConnection().outcome()
    #expect(seen.codes == [.handshakeTimeout])
    #expect(try await client.outcome().received.readableBytes == 0)
    try await server.stop()
  }

  // MARK: Key log

  @Test func `session secrets are written only where the configuration says`() async throws {
    let folder = TemporaryFolder()
    let log = folder.file("keys.log")
    let server = try await TestServer(TLSContextBox(Fitting.server { $0.keyLogPath = log }))
    let client = try await Connect.tls(to: server.port, Fitting.client())
    _ = try await client.handshake()
    _ = try await server.nextConnection().handshake()
    let text = try String(contentsOfFile: log, encoding: .utf8)
    #expect(text.contains("CLIENT_TRAFFIC_SECRET_0 "))
    let mode = try FileManager.default.attributesOfItem(atPath: log)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    try await client.channel.close()
    try await server.stop()
  }
}

/// Connects two ends that must not come together; returns what each saw.
func failure(
  client: TLSClientConfiguration = Fitting.client(), server: TLSServerConfiguration = Fitting.server()
) async throws -> (client: Outcome, server: Outcome) {
  try await failure(client: client, box: TLSContextBox(server))
}

func failure(
  client: TLSClientConfiguration = Fitting.client(), box: TLSContextBox
) async throws -> (client: Outcome, server: Outcome) {
  let server = try await TestServer(box)
  let client = try await Connect.tls(to: server.port, client)
  let connection = await server.nextConnection()
  // Two ends that come together after all would wait for ever; closed, they show a handshake and no error.
  if (try? await connection.handshake()) != nil, (try? await client.handshake()) != nil { client.channel.close(promise: nil) }
  let seen = try await (client.outcome(), connection.outcome())
  try await server.stop()
  return (seen.0, seen.1)
}

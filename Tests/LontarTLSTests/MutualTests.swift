internal import LontarTLS
internal import NIOCore
internal import Testing

@Suite struct MutualTests {
  private static let roots = TestAuthority.shared.rootsPath
  private static let identity = "spiffe://seratus.test/operator/anna"

  private func server(_ wanted: TLSClientCertificates) -> TLSServerConfiguration {
    Fitting.server { $0.clientCertificates = wanted }
  }

  private func client(_ wanted: Wanted?, authority: TestAuthority = .shared) -> TLSClientConfiguration {
    Fitting.client { $0.credentials = wanted.map { authority.issue($0) } }
  }

  @Test func `a client is known by the one URI of its certificate`() async throws {
    let configuration = client(.client("URI:\(Self.identity)"))
    let server = try await TestServer(TLSContextBox(server(.required(trustRootsPath: Self.roots))))
    let client = try await Connect.tls(to: server.port, configuration)
    let peer = try await server.nextConnection().handshake().peer
    #expect(peer?.spiffeID == Self.identity)
    #expect(peer?.subject == "CN=a client")
    #expect(peer?.fingerprintSHA256 == (try await OpenSSLCommand.fingerprint(configuration.credentials!.certificateChainPath)))
    #expect(abs((peer?.notAfter ?? 0) - systemTime() - 86_400) < 600)
    try await client.channel.close()
    try await server.stop()
  }

  @Test func `other names beside the URI do no harm`() async throws {
    let server = try await TestServer(TLSContextBox(server(.required(trustRootsPath: Self.roots))))
    let client = try await Connect.tls(
      to: server.port, client(.client("DNS:anna.example,URI:\(Self.identity),email:a@b.example")))
    #expect(try await server.nextConnection().handshake().peer?.spiffeID == Self.identity)
    try await client.channel.close()
    try await server.stop()
  }

  static let badIdentities: [(names: String, fault: String)] = [
    ("DNS:anna.example", "it has no URI name"),
    ("", "it has no URI name"),
    ("URI:spiffe://a.test/x,URI:spiffe://a.test/y", "it has 2 URI names, not one"),
    ("URI:spiffe://a.test/x,URI:https://a.test/", "it has 2 URI names, not one"),
    ("URI:https://a.test/x", "its URI name is not a SPIFFE identity"),
    ("URI:spiffe://a.test", "its URI name is not a SPIFFE identity"),
    ("URI:spiffe://a.test/%61", "its URI name is not a SPIFFE identity"),
  ]

  @Test(arguments: badIdentities)
  func `a client without exactly one identity is refused`(names: String, fault: String) async throws {
    let (client, server) = try await failure(
      client: client(.client(names)), server: server(.required(trustRootsPath: Self.roots)))
    #expect(server.codes == [.peerIdentityInvalid])
    #expect(server.errors.first?.parameters["fault"] == fault)
    #expect(server.handshake == nil)
    #expect(client.codes == [.refusedByPeer])
  }

  @Test func `an authority's certificate names no client`() async throws {
    var wanted = Wanted.client("URI:\(Self.identity)")
    wanted.basicConstraints = "critical,CA:TRUE"
    let (_, server) = try await failure(client: client(wanted), server: server(.required(trustRootsPath: Self.roots)))
    #expect(server.codes == [.peerIdentityInvalid])
    #expect(server.errors.first?.parameters["fault"] == "it is an authority's certificate (CA:TRUE)")
  }

  @Test(arguments: ["critical,digitalSignature,keyCertSign", "critical,digitalSignature,cRLSign"])
  func `a certificate whose key may sign others names no client`(usage: String) async throws {
    var wanted = Wanted.client("URI:\(Self.identity)")
    wanted.keyUsage = usage
    let (_, server) = try await failure(client: client(wanted), server: server(.required(trustRootsPath: Self.roots)))
    #expect(server.errors.count == 1)
    #expect([.peerIdentityInvalid, .peerUntrusted].contains(server.codes.first))
    #expect(server.handshake == nil)
  }

  @Test func `a client without a certificate is refused where one is required`() async throws {
    let (client, server) = try await failure(client: client(nil), server: server(.required(trustRootsPath: Self.roots)))
    #expect(server.codes == [.peerCertificateMissing])
    #expect(client.codes == [.refusedByPeer])
    #expect(client.errors.first?.parameters["alert"] == "116", "certificate_required, RFC 8446 section 6.2")
  }

  @Test func `a client without a certificate is nobody where one is optional`() async throws {
    let server = try await TestServer(TLSContextBox(server(.optional(trustRootsPath: Self.roots))))
    let client = try await Connect.tls(to: server.port, client(nil))
    #expect(try await server.nextConnection().handshake().peer == nil)
    try await client.channel.close()
    try await server.stop()
  }

  @Test func `a bad certificate is refused even where none is required`() async throws {
    let stranger = TestAuthority(name: "A stranger's authority")
    let (_, server) = try await failure(
      client: client(.client("URI:\(Self.identity)"), authority: stranger), server: server(.optional(trustRootsPath: Self.roots)))
    #expect(server.codes == [.peerUntrusted])
  }

  @Test func `an expired client certificate is refused by the server and by the client's own check`() async throws {
    var wanted = Wanted.client("URI:\(Self.identity)")
    (wanted.notBefore, wanted.notAfter) = (-7_200, -3_600)
    let configuration = client(wanted)
    let error = #expect(throws: TLSError.self) { try TLSContext(client: configuration) }
    #expect(error?.code == .certificateExpired)
    let server = try await TestServer(TLSContextBox(server(.required(trustRootsPath: Self.roots))))
    let context = try TLSContext(client: configuration, now: systemTime() - 5_000)
    let client = try await Connect.raw(to: server.port) { try TLSHandler(context: context) }
    #expect(try await server.nextConnection().outcome().codes == [.peerExpired])
    #expect(try await client.outcome().codes == [.refusedByPeer])
    try await server.stop()
  }
}

@Suite struct SpiffeIDTests {
  static let good = [
    "spiffe://a/b", "spiffe://seratus.test/operator/anna", "spiffe://a_b-c.1/X/y.z", "spiffe://a/...",
    "spiffe://" + String(repeating: "d", count: 255) + "/p", "spiffe://a/" + String(repeating: "p", count: 2_048 - 11),
  ]
  static let bad = [
    "", "spiffe://", "spiffe:///a", "spiffe://a", "spiffe://a/", "spiffe://a/b/", "spiffe://a//b", "spiffe://a/./b",
    "spiffe://a/../b",
    "spiffe://A/b", "SPIFFE://a/b", "https://a/b", "spiffe://a:1/b", "spiffe://u@a/b", "spiffe://a/b?c", "spiffe://a/b#c",
    "spiffe://a/%62",
    "spiffe://a/b c", "spiffe://a/é", " spiffe://a/b", "spiffe://a/b\n", "spiffe://" + String(repeating: "d", count: 256) + "/p",
    "spiffe://a/" + String(repeating: "p", count: 2_049 - 11),
  ]

  @Test(arguments: good) func `a well-formed identity is taken apart`(text: String) throws {
    let id = try #require(SpiffeID(text))
    #expect(id.description == text)
    #expect("spiffe://" + id.trustDomain + id.path == text)
  }

  @Test(arguments: bad) func `anything else is no identity`(text: String) {
    #expect(SpiffeID(text) == nil)
  }
}

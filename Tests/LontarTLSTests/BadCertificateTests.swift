internal import LontarTLS
internal import Testing

/// Certificates that the other side must not accept, on both sides, each with the error that its operator reads. Names, identities,
/// other authorities and authorities as leaves stand in `HandshakeTests` and `MutualTests`.
@Suite struct BadCertificateTests {
  struct Bad: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let code: TLSError.Code
    /// A part of the error's message.
    let words: String
    let change: @Sendable (inout Wanted) -> Void
  }

  static let both: [Bad] = [
    Bad(testDescription: "expired", code: .peerExpired, words: "has expired") { ($0.notBefore, $0.notAfter) = (-7_200, -3_600) },
    Bad(testDescription: "not valid yet", code: .peerNotYetValid, words: "is not valid yet") {
      ($0.notBefore, $0.notAfter) = (3_600, 7_200)
    },
    Bad(testDescription: "signed by itself", code: .peerUntrusted, words: "is not trusted: self") { $0.isSelfSigned = true },
    Bad(testDescription: "a key for other purposes", code: .peerUntrusted, words: "is not trusted: un") {
      $0.extendedKeyUsage = "codeSigning"
    },
  ]

  @Test(arguments: both) func `a client refuses a server whose certificate is no good`(bad: Bad) async throws {
    var wanted = Wanted()
    bad.change(&wanted)
    let files = TestAuthority.shared.issue(wanted)
    // The server itself would not start with it: its clock is in the time of the certificate.
    let box = try TLSContextBox(
      Fitting.server { $0.credentials = files }, now: systemTime() + Int64(wanted.notBefore + wanted.notAfter) / 2)
    let (client, server) = try await failure(box: box)
    #expect(client.codes == [bad.code])
    #expect(client.errors.first?.message.contains(bad.words) == true, "\(client.errors)")
    #expect(client.handshake == nil)
    #expect(server.codes == [.refusedByPeer])
  }

  @Test(arguments: both) func `a server refuses a client whose certificate is no good`(bad: Bad) async throws {
    var wanted = Wanted.client("URI:spiffe://seratus.test/operator/anna")
    bad.change(&wanted)
    let server = try await TestServer(
      TLSContextBox(Fitting.server { $0.clientCertificates = .required(trustRootsPath: TestAuthority.shared.rootsPath) }))
    let context = try TLSContext(
      client: Fitting.client { $0.credentials = TestAuthority.shared.issue(wanted) },
      now: systemTime() + Int64(wanted.notBefore + wanted.notAfter) / 2)
    let client = try await Connect.raw(to: server.port) { try TLSHandler(context: context) }
    let refusal = try await server.nextConnection().outcome()
    #expect(refusal.codes == [bad.code])
    #expect(refusal.errors.first?.message.contains(bad.words) == true, "\(refusal.errors)")
    #expect(refusal.handshake == nil)
    #expect(try await client.outcome().codes == [.refusedByPeer])
    try await server.stop()
  }

  /// `extendedKeyUsage` of the other side.
  @Test func `a client's certificate serves no server, and a server's names no client`() async throws {
    var wanted = Wanted()
    wanted.extendedKeyUsage = "clientAuth"
    let clients = TestAuthority.shared.issue(wanted)
    let (client, _) = try await failure(server: Fitting.server { $0.credentials = clients })
    #expect(client.codes == [.peerUntrusted])
    var identity = Wanted.client("URI:spiffe://seratus.test/operator/anna")
    identity.extendedKeyUsage = "serverAuth"
    let servers = TestAuthority.shared.issue(identity)
    let (_, server) = try await failure(
      client: Fitting.client { $0.credentials = servers },
      server: Fitting.server { $0.clientCertificates = .required(trustRootsPath: TestAuthority.shared.rootsPath) })
    #expect(server.codes == [.peerUntrusted])
  }
}

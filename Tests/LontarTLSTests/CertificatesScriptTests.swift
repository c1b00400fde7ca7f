internal import Foundation
internal import LontarTLS
internal import NIOCore
internal import Testing

@Suite struct CertificatesScriptTests {
  private let folder = TemporaryFolder()

  private func make(_ arguments: String...) async throws -> OpenSSLCommand.Result {
    try await OpenSSLCommand.launch(OpenSSLCommand.script("certificates"), [folder.path] + arguments)
  }

  @Test func `what it makes is good for a server and for a client`() async throws {
    let result = try await make("--client", "spiffe://seratus.test/operator/anna")
    try #require(result.status == 0, "\(result.output)")
    let files = { (name: String) in
      TLSCredentialFiles(certificateChainPath: folder.file("\(name).pem"), privateKeyPath: folder.file("\(name).key"))
    }
    let server = try await TestServer(
      TLSContextBox(
        Fitting.server {
          $0.credentials = files("server")
          $0.clientCertificates = .required(trustRootsPath: folder.file("ca.pem"))
        }))
    for name in ["localhost", "127.0.0.1", "::1"] {
      let client = try await Connect.tls(
        to: server.port,
        Fitting.client {
          $0.trustRootsPath = folder.file("ca.pem")
          $0.credentials = files("client-anna")
          $0.serverName = name
        })
      #expect(try await server.nextConnection().handshake().peer?.spiffeID == "spiffe://seratus.test/operator/anna")
      try await client.channel.close()
    }
    try await server.stop()
  }

  @Test func `keys are readable by their owner only`() async throws {
    try #require(try await make("--client", "spiffe://seratus.test/operator/anna").status == 0)
    for key in ["ca.key", "server.key", "client-anna.key"] {
      #expect(try FileManager.default.attributesOfItem(atPath: folder.file(key))[.posixPermissions] as? Int == 0o600)
    }
  }

  @Test func `a second run changes nothing`() async throws {
    let names = ["ca.pem", "ca.key", "server.pem", "server.key"]
    try #require(try await make().status == 0)
    let before = names.map { FileManager.default.contents(atPath: folder.file($0)) }
    try #require(try await make().status == 0)
    #expect(names.map { FileManager.default.contents(atPath: folder.file($0)) } == before)
  }

  @Test func `what is about to expire is renewed under the same authority`() async throws {
    try #require(try await make("--days", "6").status == 0)
    let before = ["ca.pem", "server.pem"].map { FileManager.default.contents(atPath: folder.file($0)) }
    try #require(try await make().status == 0)
    #expect(FileManager.default.contents(atPath: folder.file("ca.pem")) == before[0])
    #expect(FileManager.default.contents(atPath: folder.file("server.pem")) != before[1])
  }

  @Test func `a server certificate without a wanted name is renewed`() async throws {
    try #require(try await make().status == 0)
    let result = try await make("--host", "registry.example", "--host", "192.0.2.7")
    #expect(result.output.contains("made") && result.output.contains("kept"))
    let names = try await OpenSSLCommand.run(["x509", "-in", folder.file("server.pem"), "-noout", "-ext", "subjectAltName"])
      .output
    #expect(names.contains("DNS:registry.example") && names.contains("IP Address:192.0.2.7"))
  }

  @Test(arguments: [["--client", "https://a/b"], ["--client", "spiffe://a"], ["--days", "0"], ["--nonsense"]])
  func `what it cannot do it refuses`(arguments: [String]) async throws {
    let result = try await OpenSSLCommand.launch(OpenSSLCommand.script("certificates"), [folder.path] + arguments)
    #expect(result.status == 1)
    #expect(result.output.hasPrefix("certificates: ") || result.output.contains("\ncertificates: "))
  }
}

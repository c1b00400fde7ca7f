internal import Foundation
internal import LontarTLS
internal import NIOCore
internal import Testing

@Suite struct ReloadTests {
  private let files = TestAuthority.shared.issue(Wanted(commonName: "first"))

  private func fingerprint(_ port: Int) async throws -> String {
    let client = try await Connect.tls(to: port, Fitting.client())
    let peer = try await client.handshake().peer
    try await client.channel.close()
    return try #require(peer).fingerprintSHA256
  }

  @Test func `new connections see the new certificate and old ones live on`() async throws {
    let box = try TLSContextBox(Fitting.server { $0.credentials = files })
    let server = try await TestServer(box)
    let old = try await Connect.tls(to: server.port, Fitting.client())
    let before = try await old.handshake().peer

    TestAuthority.shared.issue(Wanted(commonName: "second"), into: files)
    let loaded = try box.reload()
    #expect(loaded?.subject == "CN=second")
    let after = try await fingerprint(server.port)
    #expect(after == (try await OpenSSLCommand.fingerprint(files.certificateChainPath)))
    #expect(after != before?.fingerprintSHA256)

    try await old.send(ByteBuffer(string: "still here"))
    #expect(try await old.received(atLeast: 10) == ByteBuffer(string: "still here"))
    try await old.channel.close()
    try await server.stop()
  }

  @Test(arguments: ["missing", "garbage", "expired", "mismatch"])
  func `a reload that fails changes nothing`(fault: String) async throws {
    let box = try TLSContextBox(Fitting.server { $0.credentials = files })
    let server = try await TestServer(box)
    let before = try await fingerprint(server.port)
    let expected: TLSError.Code
    switch fault {
    case "missing":
      try FileManager.default.removeItem(atPath: files.privateKeyPath)
      expected = .fileMissing
    case "garbage":
      try "no certificate".write(toFile: files.certificateChainPath, atomically: true, encoding: .utf8)
      expected = .certificateMalformed
    case "expired":
      TestAuthority.shared.issue(Wanted(notBefore: -7_200, notAfter: -3_600), into: files)
      expected = .certificateExpired
    default:
      let other = TestAuthority.shared.issue()
      try FileManager.default.removeItem(atPath: files.privateKeyPath)
      try FileManager.default.copyItem(atPath: other.privateKeyPath, toPath: files.privateKeyPath)
      expected = .keyMismatch
    }
    let error = #expect(throws: TLSError.self) { try box.reload() }
    #expect(error?.code == expected)
    #expect(try await fingerprint(server.port) == before)
    try await server.stop()
  }
}

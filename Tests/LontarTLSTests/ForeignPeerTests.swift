internal import Foundation
internal import LontarTLS
internal import NIOCore
internal import Testing

/// The other end is the `openssl` command.
@Suite struct ForeignPeerTests {
  private func connect(_ port: Int, _ arguments: [String]) async throws -> OpenSSLCommand.Result {
    try await OpenSSLCommand.run(
      ["s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", TestAuthority.shared.rootsPath, "-verify_return_error"] + arguments
    )
  }

  @Test func `a good client is served`() async throws {
    let server = try await TestServer(TLSContextBox(Fitting.server()))
    let result = try await connect(server.port, ["-alpn", "lontar/1"])
    #expect(result.output.contains("ALPN protocol: lontar/1"))
    #expect(result.output.contains("New, TLSv1.3, Cipher is TLS_AES_"))
    #expect(result.output.contains("Verification: OK"))
    #expect(!result.output.contains("Post-Handshake New Session Ticket"), "no session may be resumed")
    let seen = try await server.nextConnection().outcome()
    #expect(seen.errors.isEmpty, "s_client ends with a close_notify at the end of its input")
    try await server.stop()
  }

  @Test func `a client without an application protocol is refused with an alert`() async throws {
    let server = try await TestServer(TLSContextBox(Fitting.server()))
    let result = try await connect(server.port, [])
    #expect(result.status != 0)
    #expect(result.output.contains("no application protocol"))
    #expect(try await server.nextConnection().outcome().codes == [.alpnMissing])
    try await server.stop()
  }

  @Test(arguments: ["-tls1_2", "-tls1_1"])
  func `a client of an older version is refused with an alert`(version: String) async throws {
    let server = try await TestServer(TLSContextBox(Fitting.server()))
    let result = try await connect(server.port, ["-alpn", "lontar/1", "-cipher", "ALL:@SECLEVEL=0", version])
    #expect(result.status != 0)
    #expect(result.output.contains("alert protocol version"))
    #expect(try await server.nextConnection().outcome().codes == [.versionUnsupported])
    try await server.stop()
  }

  @Test func `a server of an older version is refused`() async throws {
    let foreign = try await ForeignServer(["-tls1_2", "-alpn", "lontar/1"])
    let client = try await Connect.tls(to: foreign.port, Fitting.client())
    let seen = try await client.outcome()
    #expect(seen.codes == [.versionUnsupported])
    #expect(seen.handshake == nil)
  }

  @Test func `a good server is accepted`() async throws {
    let foreign = try await ForeignServer(["-tls1_3", "-alpn", "lontar/1", "-rev"])
    let client = try await Connect.tls(to: foreign.port, Fitting.client())
    #expect(try await client.handshake().applicationProtocol == "lontar/1")
    try await client.send(ByteBuffer(string: "lontar\n"))
    #expect(try await client.received(atLeast: 7) == ByteBuffer(string: "ratnol\n"))
    try await client.channel.close()
  }

  @Test func `session tickets and key updates of a peer are taken in silence`() async throws {
    let foreign = try await ForeignServer(["-tls1_3", "-alpn", "lontar/1", "-num_tickets", "5", "-rev"])
    let client = try await Connect.tls(to: foreign.port, Fitting.client())
    try await client.send(ByteBuffer(string: "a\n"))
    #expect(try await client.received(atLeast: 2) == ByteBuffer(string: "a\n"))
    try await client.channel.close()
    #expect(try await client.outcome().errors.isEmpty)
  }
}

/// `openssl s_server` on a port of its own choice, stopped with its owner.
final class ForeignServer {
  let port: Int
  private let process = Process()
  private let output = Pipe()
  private let input = Pipe()

  init(_ arguments: [String]) async throws {
    let files = Fitting.serverCredentials
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", files.certificateChainPath, "-key", files.privateKeyPath]
      + arguments
    process.standardOutput = output
    process.standardError = output
    process.standardInput = input
    try process.run()
    let reading = output.fileHandleForReading
    port = try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(with: Result { try Self.announcedPort(reading) })
      }
    }
  }

  deinit {
    // Not terminate(): a process started from a pool thread inherits that thread's mask, in which SIGTERM is blocked.
    kill(process.processIdentifier, SIGKILL)
  }

  /// It says "ACCEPT 127.0.0.1:PORT" when it listens.
  private static func announcedPort(_ output: FileHandle) throws -> Int {
    var said = ""
    while true {
      let bytes = output.availableData
      guard !bytes.isEmpty else { throw Unusable(said: said) }
      said += String(decoding: bytes, as: UTF8.self)
      let lines = said.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      if let line = lines.first(where: { $0.hasPrefix("ACCEPT") }), let port = Int(line.split(separator: ":").last!) {
        return port
      }
    }
  }

  struct Unusable: Error { let said: String }
}

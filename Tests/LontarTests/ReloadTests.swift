internal import Foundation
internal import Lontar
internal import LontarTLS
internal import LontarTesting
internal import LontarWire
internal import Synchronization
internal import Testing

/// A server's certificate is replaced while it works.
@Suite(.timeLimit(.minutes(3))) struct ReloadTests {
  /// A folder with an authority and two server certificates of it, and the pair of files that a server reads.
  private struct Certificates {
    let folder: String
    var credentials: TLSCredentialFiles {
      TLSCredentialFiles(certificateChainPath: folder + "/current.pem", privateKeyPath: folder + "/current.key")
    }

    init() async throws {
      folder = FileManager.default.temporaryDirectory.appendingPathComponent("lontar-reload-\(UUID().uuidString)").path
      for number in 0...1 {
        // The authority stays, a server certificate that is missing is made anew.
        try await TestCertificates.make([folder])
        for kind in ["pem", "key"] {
          try FileManager.default.moveItem(atPath: "\(folder)/server.\(kind)", toPath: "\(folder)/\(number).\(kind)")
        }
      }
      try use(0)
    }

    func use(_ number: Int) throws {
      for kind in ["pem", "key"] {
        try? FileManager.default.removeItem(atPath: "\(folder)/current.\(kind)")
        try FileManager.default.copyItem(atPath: "\(folder)/\(number).\(kind)", toPath: "\(folder)/current.\(kind)")
      }
    }
  }

  private final class Load: Sendable {
    private let over = Atomic<Bool>(false)
    var isOver: Bool { over.load(ordering: .relaxed) }
    func end() { over.store(true, ordering: .relaxed) }
  }

  private static func client(_ echo: EchoServer, _ certificates: Certificates) throws -> LontarClient {
    try echo.client { $0.tls.trustRootsPath = certificates.folder + "/ca.pem" }
  }

  /// SHA-256 of the certificate that a new connection is shown.
  private static func shown(_ echo: EchoServer, _ certificates: Certificates) async throws -> String? {
    var tls = try echo.clientConfiguration().tls
    tls.trustRootsPath = certificates.folder + "/ca.pem"
    let raw = try await RawClient.connect(to: echo, tls: tls)
    await raw.send(RawFrames.greeting())
    _ = try await raw.frames { if case .hello(_) = $0 { true } else { false } }
    await raw.close()
    return try await raw.ended().peer?.fingerprintSHA256
  }

  @Test func `20 new certificates under the load of 16 connections drop no call, and new connections see each of them`()
    async throws
  {
    let certificates = try await Certificates()
    let errors = Mutex<[String]>([])
    let echo = try await EchoServer.start(
      onConnectionError: { _, error in errors.withLock { $0.append("\(error)") } },
      adjust: { $0.tls.credentials = certificates.credentials })
    let clients = try (0..<16).map { _ in try Self.client(echo, certificates) }
    let load = Load()
    try await withThrowingTaskGroup(of: Int.self) { group in
      for client in clients {
        for _ in 0..<2 {
          group.addTask {
            var calls = 0
            while !load.isOver || calls == 0 {
              let isServed = try await EchoClient(client).isServed()
              #expect(isServed)
              calls += 1
            }
            return calls
          }
        }
      }
      // A client that is made anew all the time: its handshakes run while contexts change.
      group.addTask {
        var calls = 0
        while !load.isOver || calls == 0 {
          let client = try Self.client(echo, certificates)
          let isServed = try await EchoClient(client).isServed()
          #expect(isServed)
          await client.shutdown()
          calls += 1
        }
        return calls
      }
      var seen: [String?] = []
      for round in 1...20 {
        try certificates.use(round % 2)
        try echo.server.reloadCertificates()
        seen.append(try await Self.shown(echo, certificates))
      }
      load.end()
      for try await calls in group { #expect(calls > 0) }
      #expect(Set(seen).count == 2)
      #expect(zip(seen, seen.dropFirst()).allSatisfy { $0 != $1 }, "each reload shows")
    }
    #expect(errors.withLock { $0 }.isEmpty)
    for client in clients { await client.shutdown() }
    await echo.stop()
    try FileManager.default.removeItem(atPath: certificates.folder)
  }

  @Test func `a reload that fails changes nothing for anybody`() async throws {
    let certificates = try await Certificates()
    let echo = try await EchoServer.start(adjust: { $0.tls.credentials = certificates.credentials })
    let before = try await Self.shown(echo, certificates)
    try "no certificate".write(toFile: certificates.credentials.certificateChainPath, atomically: true, encoding: .utf8)
    #expect(throws: TLSError.self) { try echo.server.reloadCertificates() }
    #expect(try await Self.shown(echo, certificates) == before)
    let client = try Self.client(echo, certificates)
    #expect(try await EchoClient(client).isServed())
    await echo.stop(client)
    try FileManager.default.removeItem(atPath: certificates.folder)
  }
}

internal import Foundation
internal import Lontar
internal import LontarTLS
internal import LontarTesting
internal import Synchronization
internal import Testing

/// Client certificates as an application meets them: who its handlers are told the client is, and what a client hears that is
/// refused.
@Suite(.timeLimit(.minutes(3))) struct ClientCertificateTests {
  private static let identity = "spiffe://lontar.test/operator/anna"

  /// An authority, a server's certificate and Anna's, in a folder that is removed with its owner.
  private final class Certificates: Sendable {
    private let folder: String

    init() async throws {
      folder = FileManager.default.temporaryDirectory.appendingPathComponent("lontar-clients-\(UUID().uuidString)").path
      try await TestCertificates.make([folder, "--client", ClientCertificateTests.identity])
    }

    deinit {
      try? FileManager.default.removeItem(atPath: folder)
    }

    var authority: String { folder + "/ca.pem" }
    var server: TLSCredentialFiles { files("server") }
    var anna: TLSCredentialFiles { files("client-anna") }

    private func files(_ name: String) -> TLSCredentialFiles {
      TLSCredentialFiles(certificateChainPath: "\(folder)/\(name).pem", privateKeyPath: "\(folder)/\(name).key")
    }
  }

  /// Who was there, by each handler that ran.
  private final class Callers: Sendable {
    private let all = Mutex<[TLSPeer?]>([])

    var seen: [TLSPeer?] { all.withLock { $0 } }

    private func note(_ context: CallContext) { all.withLock { $0.append(context.peer) } }

    func register(_ router: inout Router) {
      router.unary(Lontar_Testing_V1_Echo.unary) { request, context in
        self.note(context)
        return EchoResponse { $0.payload = request.payload }
      }
      router.serverStreaming(Lontar_Testing_V1_Echo.serverStream) { request, writer, context in
        self.note(context)
        try await writer.write(EchoResponse { $0.payload = request.payload })
      }
      router.clientStreaming(Lontar_Testing_V1_Echo.clientStream) { requests, context in
        self.note(context)
        for try await _ in requests {}
        return EchoResponse()
      }
      router.bidirectional(Lontar_Testing_V1_Echo.bidiStream) { requests, _, context in
        self.note(context)
        for try await _ in requests {}
      }
    }
  }

  private static func start(
    _ certificates: Certificates, _ wanted: TLSClientCertificates, _ callers: Callers,
    onConnectionError: @escaping @Sendable (String, any Error) -> Void = { _, _ in }
  ) async throws -> EchoServer {
    try await EchoServer.start(
      register: callers.register, onConnectionError: onConnectionError,
      adjust: {
        $0.tls.credentials = certificates.server
        $0.tls.clientCertificates = wanted
      })
  }

  /// - Parameter shows: the client's own certificate; nil: it has none.
  private static func client(
    _ echo: EchoServer, _ certificates: Certificates, shows credentials: TLSCredentialFiles?
  ) throws -> LontarClient {
    try echo.client {
      $0.tls.trustRootsPath = certificates.authority
      $0.tls.credentials = credentials
    }
  }

  @Test(arguments: [true, false])
  func `handlers of every kind know a client by the identity in its certificate`(isRequired: Bool) async throws {
    let (certificates, callers) = (try await Certificates(), Callers())
    let roots = certificates.authority
    let echo = try await Self.start(
      certificates, isRequired ? .required(trustRootsPath: roots) : .optional(trustRootsPath: roots), callers)
    let client = try Self.client(echo, certificates, shows: certificates.anna)
    for kind in MethodKind.all { _ = try await EchoClient(client).answers(kind) }
    let seen = callers.seen
    #expect(seen.compactMap { $0?.spiffeID } == Array(repeating: Self.identity, count: 4))
    #expect(seen.allSatisfy { $0?.subject.contains("CN=anna") == true })
    #expect(seen.allSatisfy { $0?.fingerprintSHA256.count == 64 })
    await echo.stop(client)
  }

  @Test func `a client without a certificate is served where one is optional, and is nobody`() async throws {
    let (certificates, callers) = (try await Certificates(), Callers())
    let echo = try await Self.start(certificates, .optional(trustRootsPath: certificates.authority), callers)
    let client = try Self.client(echo, certificates, shows: nil)
    for kind in MethodKind.all { _ = try await EchoClient(client).answers(kind) }
    #expect(callers.seen == [nil, nil, nil, nil])
    await echo.stop(client)
  }

  @Test func `a server that asks for no certificate is told none`() async throws {
    let (certificates, callers) = (try await Certificates(), Callers())
    let echo = try await Self.start(certificates, TLSClientCertificates.none, callers)
    let client = try Self.client(echo, certificates, shows: certificates.anna)
    #expect(try await EchoClient(client).isServed())
    #expect(callers.seen == [nil])
    await echo.stop(client)
  }

  /// In TLS 1.3 the client is through with its handshake before the server refuses it. The reason comes as an alert, behind which
  /// the server closes although the client's HELLO may still be on its way.
  @Test func `a client without a certificate is UNAVAILABLE where one is required, and hears what is missing`() async throws {
    let (certificates, callers, faults) = (try await Certificates(), Callers(), Signals<TLSError.Code?>())
    let echo = try await Self.start(
      certificates, .required(trustRootsPath: certificates.authority), callers,
      onConnectionError: { _, error in faults.send((error as? TLSError)?.code) })
    let client = try Self.client(echo, certificates, shows: nil)
    for waits in [false, true] {
      let error = await RPCError.of {
        try await EchoClient(client).unary(EchoRequest(), options: CallOptions(waitForReady: waits))
      }
      #expect(error?.code == .unavailable)
      #expect(error?.transportReason == .connectionFailed)
      #expect(error?.message.contains("configure a client certificate") == true, "\(String(describing: error))")
      #expect((error?.cause as? TLSError)?.code == .refusedByPeer)
      // certificate_required, RFC 8446 section 6.2
      #expect((error?.cause as? TLSError)?.parameters["alert"] == "116")
      // Only a person can mend it: neither waiting nor trying again does.
      #expect(error?.isHopeless == true)
    }
    #expect(await faults.next() == .peerCertificateMissing)
    #expect(callers.seen.isEmpty)
    // The server serves those who have one.
    let anna = try Self.client(echo, certificates, shows: certificates.anna)
    #expect(try await EchoClient(anna).isServed())
    await echo.stop(client, anna)
  }

  @Test(arguments: [true, false])
  func `a certificate of another authority is refused, also where none is required`(isRequired: Bool) async throws {
    let (certificates, strangers) = (try await Certificates(), try await Certificates())
    let (callers, faults) = (Callers(), Signals<TLSError.Code?>())
    let roots = certificates.authority
    let echo = try await Self.start(
      certificates, isRequired ? .required(trustRootsPath: roots) : .optional(trustRootsPath: roots), callers,
      onConnectionError: { _, error in faults.send((error as? TLSError)?.code) })
    let client = try Self.client(echo, certificates, shows: strangers.anna)
    let error = await RPCError.of { try await EchoClient(client).isServed() }
    #expect(error?.code == .unavailable)
    #expect((error?.cause as? TLSError)?.code == .refusedByPeer, "\(String(describing: error))")
    #expect(error?.isHopeless == true)
    #expect(await faults.next() == .peerUntrusted)
    #expect(callers.seen.isEmpty)
    await echo.stop(client)
  }
}

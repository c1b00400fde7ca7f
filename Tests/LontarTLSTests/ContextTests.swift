internal import Foundation
internal import LontarTLS
internal import Testing

/// What is wrong with files is said when they are loaded, not when the first client comes.
@Suite struct ContextTests {
  private let folder = TemporaryFolder()

  private func error(_ credentials: TLSCredentialFiles, now: Int64 = systemTime()) -> TLSError? {
    #expect(throws: TLSError.self) { try TLSContext(server: Fitting.server { $0.credentials = credentials }, now: now) }
  }

  private func write(_ text: String, _ name: String) throws -> String {
    try text.write(toFile: folder.file(name), atomically: false, encoding: .utf8)
    return folder.file(name)
  }

  @Test func `good files load and say whose they are`() throws {
    let context = try TLSContext(server: Fitting.server())
    #expect(context.credentials?.subject == "CN=localhost")
    #expect(context.credentials?.fingerprintSHA256.count == 64)
  }

  @Test func `a missing certificate is named`() {
    var files = TestAuthority.shared.issue()
    files.certificateChainPath = folder.file("nowhere.pem")
    let error = error(files)
    #expect(error?.code == .fileMissing)
    #expect(error?.message == "there is no file \(folder.file("nowhere.pem"))")
  }

  @Test func `a missing key is named`() {
    var files = TestAuthority.shared.issue()
    files.privateKeyPath = folder.file("nowhere.key")
    let error = error(files)
    #expect(error?.code == .fileMissing)
    #expect(error?.parameters["path"] == folder.file("nowhere.key"))
  }

  @Test(arguments: ["", "no PEM at all\n", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
  func `a file without a certificate is refused`(text: String) throws {
    var files = TestAuthority.shared.issue()
    files.certificateChainPath = try write(text, "bad.pem")
    #expect(error(files)?.code == .certificateMalformed)
  }

  @Test func `a file without a key is refused`() throws {
    var files = TestAuthority.shared.issue()
    files.privateKeyPath = try write("no key\n", "bad.key")
    #expect(error(files)?.code == .keyMalformed)
  }

  @Test func `a key under a passphrase is refused without asking for it`() async throws {
    var files = TestAuthority.shared.issue()
    let made = try await OpenSSLCommand.run(
      ["pkey", "-in", files.privateKeyPath, "-aes256", "-passout", "pass:secret", "-out", folder.file("locked.key")])
    try #require(made.status == 0)
    files.privateKeyPath = folder.file("locked.key")
    #expect(error(files)?.code == .keyMalformed)
  }

  @Test func `a key of another certificate is refused`() {
    var files = TestAuthority.shared.issue()
    files.privateKeyPath = TestAuthority.shared.issue().privateKeyPath
    let error = error(files)
    #expect(error?.code == .keyMismatch)
    #expect(error?.parameters["certificate_path"] == files.certificateChainPath)
  }

  @Test func `a chain in the wrong order is refused`() {
    let files = TestAuthority.shared.issue()
    TestAuthority.shared.issue(Wanted(), into: files, leafFirst: false)
    let error = error(files)
    #expect(error?.code == .chainOrderWrong)
    #expect(error?.parameters["subject"] == "CN=Test authority")
    #expect(error?.parameters["follower"] == "CN=localhost")
  }

  /// 1,000,000,000 seconds after 1970 is 2001-09-09 01:46:40 UTC.
  @Test func `an expired certificate is refused with its date`() async throws {
    let files = TestAuthority.shared.issue(Wanted(notBefore: -3_600, notAfter: 1_000_000_000 - Int(systemTime())))
    let notAfter = try await OpenSSLCommand.run(["x509", "-in", files.certificateChainPath, "-noout", "-enddate"]).output
    try #require(notAfter.contains("Sep  9 01:46:4"))
    let error = error(files)
    #expect(error?.code == .certificateExpired)
    #expect(error?.message.contains("CN=localhost") == true)
    #expect(error?.message.contains("expired on 2001-09-09 01:46:4") == true)
  }

  @Test(arguments: [(-1, false), (0, true), (7_200, true), (7_201, false)])
  func `a certificate is good from its first second to its last`(secondsAfterStart: Int64, good: Bool) throws {
    let files = TestAuthority.shared.issue(Wanted(notBefore: -3_600, notAfter: 3_600))
    let reference = try TLSContext(server: Fitting.server { $0.credentials = files })
    let start = try #require(reference.credentials).notAfter - 7_200
    let made = Result { () throws(TLSError) in
      try TLSContext(server: Fitting.server { $0.credentials = files }, now: start + secondsAfterStart)
    }
    switch made {
    case .success: #expect(good)
    case .failure(let error):
      #expect(!good && error.code == (secondsAfterStart < 0 ? .certificateNotYetValid : .certificateExpired))
    }
  }

  @Test func `trust roots must hold a certificate`() throws {
    let path = try write("nothing\n", "roots.pem")
    let client = #expect(throws: TLSError.self) { try TLSContext(client: Fitting.client { $0.trustRootsPath = path }) }
    #expect(client?.code == .trustRootsMalformed)
    let server = #expect(throws: TLSError.self) {
      try TLSContext(server: Fitting.server { $0.clientCertificates = .required(trustRootsPath: path) })
    }
    #expect(server?.code == .trustRootsMalformed)
    let missing = #expect(throws: TLSError.self) {
      try TLSContext(client: Fitting.client { $0.trustRootsPath = folder.file("none.pem") })
    }
    #expect(missing?.code == .fileMissing)
  }

  @Test(arguments: ["", ".", "two words", "naïve.example", "line\n", String(repeating: "a", count: 254)])
  func `a server's name must be one`(name: String) {
    let error = #expect(throws: TLSError.self) { try TLSContext(client: Fitting.client { $0.serverName = name }) }
    #expect(error?.code == .configurationInvalid)
  }

  @Test func `every code has a name of its own in capitals`() {
    let names = TLSError.Code.allCases.map(\.rawValue)
    #expect(Set(names).count == names.count)
    for name in names { #expect(name.allSatisfy { $0.isUppercase || $0 == "_" } && name.hasPrefix("TLS_")) }
  }
}

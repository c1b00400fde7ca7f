internal import Foundation
internal import Glibc
internal import RegistryTestKit
internal import Testing

/// The daemon as its operator meets it.
@Suite(.timeLimit(.minutes(10))) struct DaemonTests {
  private func serve(_ arguments: [String], _ changes: [String: String] = [:]) async throws -> Program.Outcome {
    let installation = try await Installation.shared()
    return try await Program.seratusd.run(
      ["serve"] + arguments, environment: installation.environment.merging(changes) { $1 })
  }

  @Test func `a taken port is told by number, and the daemon that has it serves on`() async throws {
    let installation = try await Installation.shared()
    let outcome = try await serve(["--port", "\(installation.port)"])
    #expect(outcome.status == 69)
    #expect(outcome.errors.contains("seratusd: port \(installation.port) on 127.0.0.1 is taken"))
    #expect(try await installation.ask("analyst", "whoami").status == 0)
  }

  // MARK: Certificates

  @Test func `a missing certificate is told by path, with the remedy`() async throws {
    let outcome = try await serve(["--set", "tls.certificate=/nonexistent/server.pem"])
    #expect(outcome.status == 78)
    #expect(outcome.errors.contains("/nonexistent/server.pem"))
    #expect(outcome.errors.contains("scripts/certificates"))
  }

  @Test func `an expired certificate is refused by the daemon, with its day`() async throws {
    let folder = try TemporaryFolder()
    let (certificate, key) = try await Self.expired(folder)
    let outcome = try await serve(["--set", "tls.certificate=\(certificate)", "--set", "tls.key=\(key)"])
    #expect(outcome.status == 78)
    #expect(outcome.errors.contains("expired"), "\(outcome.errors)")
    #expect(outcome.errors.contains(certificate))
  }

  @Test func `a key of another certificate is refused`() async throws {
    let installation = try await Installation.shared()
    let outcome = try await serve(["--set", "tls.key=\(installation.folder.file("certificates/ca.key"))"])
    #expect(outcome.status == 78)
    #expect(outcome.errors.contains("seratusd: "))
  }

  @Test func `a client that trusts another authority refuses the server, and says how to repair it`() async throws {
    let installation = try await Installation.shared()
    let folder = try TemporaryFolder()
    TestCluster.script("scripts/certificates", folder.path)
    let outcome = try await installation.ask("analyst", "whoami", "--ca", folder.file("ca.pem"), "-o", "json", "--timeout", "5")
    #expect(outcome.status == 8)
    let error = try outcome.failure()
    #expect(error["reason"].text == "TLS_PEER_UNTRUSTED")
    #expect(error["message"].text?.contains("--ca") == true)
    #expect(error["retryable"].bool == false)
    #expect(try await installation.ask("analyst", "whoami").status == 0)
  }

  @Test func `a client without its authority's file says which one`() async throws {
    let outcome = try await Installation.shared().ask("analyst", "whoami", "--ca", "/nonexistent/ca.pem", "-o", "json")
    #expect(outcome.status == 2)
    #expect(try outcome.failure()["message"].text?.contains("/nonexistent/ca.pem") == true)
  }

  @Test func `new certificates are read at SIGHUP, and bad ones leave the old in use`() async throws {
    let folder = try TemporaryFolder()
    TestCluster.script("scripts/certificates", folder.path)
    let shared = try await Installation.shared()
    var environment = shared.environment
    environment["SERATUS_TLS_CERTIFICATE"] = folder.file("server.pem")
    environment["SERATUS_TLS_KEY"] = folder.file("server.key")
    let daemon = try await Installation.start(environment)
    let port = try #require(Installation.port(of: daemon))
    let ask = ["analyst", "whoami"]
    func isServed() async throws -> Bool {
      try await shared.ask(ask[0], ask[1], "--port", "\(port)", "--ca", folder.file("ca.pem"), "--timeout", "5").status == 0
    }
    #expect(try await isServed())
    try folder.write("server.pem", "this is no certificate\n")
    daemon.signal(SIGHUP)
    #expect(await daemon.waits { $0.errors.contains("certificates stay as they were") })
    #expect(try await isServed())
    try FileManager.default.removeItem(atPath: folder.file("server.pem"))
    TestCluster.script("scripts/certificates", folder.path)
    daemon.signal(SIGHUP)
    #expect(await daemon.waits { $0.errors.contains("certificates were read anew") })
    #expect(try await isServed())
    daemon.signal(SIGTERM)
    #expect(await daemon.ended() == 0)
  }

  // MARK: Scanners

  /// To a scanner that names no protocol of ours the daemon shows not even its certificate. What it would see is rated in
  /// RegistryServicesTests, on the daemon's own TLS settings.
  @Test(.enabled(if: PublicScanner.isWanted, "needs Debian's sslscan"))
  func `a public scanner that does not speak Lontar learns nothing, and every older TLS is refused`() async throws {
    try #require(PublicScanner.isInstalled, "there is no \(PublicScanner.path); scripts/setup sslscan installs it")
    let installation = try await Installation.shared()
    let place = "127.0.0.1:\(installation.port)"
    let scan = try await RunningProgram(path: PublicScanner.path, ["--no-colour", "--xml=-", place])
    #expect(await scan.ended() == 0)
    #expect(scan.output.contains("<ssltest host=\"127.0.0.1\""))
    #expect(!scan.output.contains("enabled=\"1\"") && !scan.output.contains("<cipher ") && !scan.output.contains("<subject>"))
    for (version, isServed) in [("-tls1", false), ("-tls1_1", false), ("-tls1_2", false), ("-tls1_3", true)] {
      let client = try await RunningProgram(
        path: "/usr/bin/openssl",
        [
          "s_client", "-connect", place, "-CAfile", installation.folder.file("certificates/ca.pem"), "-verify_return_error",
          "-alpn", "lontar/1", "-cipher", "ALL:@SECLEVEL=0", version,
        ])
      #expect((await client.ended() == 0) == isServed, "\(version): \(client.errors)")
      #expect(client.output.contains("ALPN protocol: lontar/1") == isServed, "\(version)")
    }
    #expect(try await installation.ask("analyst", "whoami").status == 0)
  }

  /// A certificate for localhost that was good for one day, two years ago.
  private static func expired(_ folder: TemporaryFolder) async throws -> (certificate: String, key: String) {
    let (certificate, key) = (folder.file("old.pem"), folder.file("old.key"))
    let made = try await RunningProgram(
      path: "/usr/bin/openssl",
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost", "-keyout",
        key,
        "-out", certificate, "-days", "1", "-addext", "subjectAltName=DNS:localhost", "-addext",
        "basicConstraints=critical,CA:FALSE",
      ])
    #expect(await made.ended() == 0, "\(made.errors)")
    // openssl req of version 3.0 knows no start date; the same key is signed anew by x509 for a time that is over.
    let request = try await RunningProgram(
      path: "/usr/bin/openssl", ["x509", "-x509toreq", "-in", certificate, "-signkey", key, "-out", folder.file("request")])
    #expect(await request.ended() == 0, "\(request.errors)")
    try folder.write("index.txt", "")
    try folder.write("serial", "01")
    try folder.write(
      "ca.cnf",
      """
      [ca]
      default_ca = it
      [it]
      database = \(folder.file("index.txt"))
      serial = \(folder.file("serial"))
      new_certs_dir = \(folder.path)
      default_md = sha256
      policy = any
      [any]
      commonName = supplied
      """)
    let signed = try await RunningProgram(
      path: "/usr/bin/openssl",
      [
        "ca", "-batch", "-config", folder.file("ca.cnf"), "-selfsign", "-keyfile", key, "-in", folder.file("request"), "-out",
        certificate, "-startdate", "20240101000000Z", "-enddate", "20240102000000Z", "-notext",
      ])
    #expect(await signed.ended() == 0, "\(signed.errors)")
    return (certificate, key)
  }

  // MARK: Settings

  @Test(
    arguments: [
      (["--set", "listen.prot=1"], [:], "listen.port"), ([], ["SERATUS_LISTEN_PROT": "1"], "SERATUS_LISTEN_PORT"),
      (["--set", "database.pasword=x"], [:], "database."),
    ] as [([String], [String: String], String)])
  func `an unknown setting is refused, with the one that was meant`(
    arguments: [String], changes: [String: String], meant: String
  ) async throws {
    let outcome = try await serve(arguments, changes)
    #expect(outcome.status == 78)
    #expect(outcome.errors.contains("unknown setting"))
    #expect(outcome.errors.contains("did you mean \(meant)"), "\(outcome.errors)")
  }

  @Test(arguments: [
    ("{\"listen\": {\"prot\": 1}}", "listen.prot"), ("{\"listen\": {\"port\": 70000}}", "listen.port"), ("{\"listen\": ", "JSON"),
    ("[]", "JSON"),
  ])
  func `a bad file of settings is refused by what is wrong in it`(text: String, told: String) async throws {
    let folder = try TemporaryFolder()
    let outcome = try await Program.seratusd.run(["config", "--config", try folder.write("seratusd.json", text)])
    #expect(outcome.status == 78)
    #expect(outcome.errors.contains(told), "\(outcome.errors)")
    #expect(outcome.errors.contains("seratusd.json") || told.hasPrefix("listen"))
  }

  @Test func `the effective configuration names each source and hides secrets`() async throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(
      "seratusd.json", #"{"listen": {"port": 7300, "host": "127.0.0.9"}, "database": {"region_password": "secret-of-the-file"}}"#)
    let outcome = try await Program.seratusd.run(
      ["config", "--config", file, "--set", "listen.port=7200"],
      environment: ["SERATUS_LISTEN_HOST": "127.0.0.8", "SERATUS_DATABASE_GATE_PASSWORD": "secret-of-the-environment"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n").map { $0.split(whereSeparator: \.isWhitespace).map(String.init) }
    #expect(lines.contains(["listen.port", "flag", "7200"]))
    #expect(lines.contains(["listen.host", "environment", "127.0.0.8"]))
    #expect(lines.contains(["database.region_password", "file", "********"]))
    #expect(lines.contains(["database.gate_password", "environment", "********"]))
    #expect(!outcome.output.contains("secret-of"))
  }

  // MARK: Database

  @Test func `a database without the schema is refused, with the commands that make it`() async throws {
    let outcome = try await serve([], ["SERATUS_DATABASE_NAME": "postgres"])
    #expect(outcome.status == 69)
    #expect(outcome.errors.contains("seratusd migrate"), "\(outcome.errors)")
  }

  @Test func `migrating and loading again change nothing`() async throws {
    let installation = try await Installation.make()
    let migrate = try await installation.operate(["migrate", "--from", "\(TestCluster.root)/db"])
    #expect(migrate.output.contains("already"))
    let load = try await installation.operate(["reference", "load", "--from", "\(TestCluster.root)/db/reference"])
    #expect(load.output.contains("nothing changed"))
    try await installation.stop()
  }

  // MARK: Language

  @Test func `the operator is answered in the language asked for, by option or environment`() async throws {
    let installation = try await Installation.shared()
    func run(_ arguments: [String], _ changes: [String: String] = [:]) async throws -> Program.Outcome {
      try await Program.seratusd.run(arguments, environment: installation.environment.merging(changes) { $1 })
    }
    let indonesian = ["SERATUS_LANG": "id"]
    let unknown = try await run(["config", "--set", "listen.prot=1"], indonesian)
    #expect(unknown.status == 78)
    #expect(unknown.errors.contains("memuat pengaturan listen.prot yang tidak dikenal; maksudnya listen.port?"))
    let port = try await run(["config", "--set", "listen.port=x", "--lang", "id"])
    #expect(port.errors.contains("harus bilangan bulat 0 sampai 65535"))
    let english = try await run(["config", "--set", "listen.port=x", "--lang", "en"], indonesian)
    #expect(english.errors.contains("it must be a whole number from 0 to 65535"), "the option wins")
    let token = try await run(["token", "revoke", "0123456789abcdef"], indonesian)
    #expect(token.status == 65)
    #expect(token.errors.contains("tidak ada sesi hidup yang dimulai dengan 0123456789abcdef"))
    let role = try await run(["token", "issue", "--role", "region_admin", "--lang", "id"])
    #expect(role.errors.contains("peran region_admin milik satu daerah"))
    let taken = try await run(["serve", "--port", "\(installation.port)", "--lang", "id"])
    #expect(taken.status == 69)
    #expect(taken.errors.contains("port \(installation.port) di 127.0.0.1 tidak dapat dipakai"))
    let schema = try await run(["check"], indonesian.merging(["SERATUS_DATABASE_NAME": "postgres"]) { $1 })
    #expect(schema.output.contains("baik  pengaturan"))
    #expect(schema.errors.contains("basis data belum disiapkan"))
    let certificate = try await run(["check", "--set", "tls.certificate=/nonexistent/server.pem"], indonesian)
    #expect(certificate.errors.contains("berkas /nonexistent/server.pem tidak ada"))
    let usage = try await run(["token", "issue"], indonesian)
    #expect(usage.status == 64)
    #expect(usage.errors.contains("Galat: beri --role atau --account"))
    let help = try await run(["account", "--help"], indonesian)
    #expect(help.output.contains("Orang yang masuk dengan kata sandi.") && help.output.contains("CARA PAKAI"))
    let settings = try await run(["config", "--describe"], indonesian)
    #expect(settings.output.contains("nama lingkungan registri ini"))
  }

  // MARK: Stopping

  @Test(arguments: [SIGTERM, SIGINT])
  func `an idle daemon that is told to stop exits with 0`(signal: Int32) async throws {
    let daemon = try await Installation.start(Installation.shared().environment)
    daemon.signal(signal)
    #expect(await daemon.ended() == 0)
    #expect(daemon.errors.contains("msg=stopped"))
    #expect(daemon.output.split(separator: "\n").count == 1, "stdout has the address and nothing else")
  }
}

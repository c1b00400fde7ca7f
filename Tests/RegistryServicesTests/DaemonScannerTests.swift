import LontarTesting
import RegistryTestKit
import Testing

@testable import RegistryServer

/// How a public scanner rates the daemon's own TLS settings: they come from where the daemon has them from. Only the application
/// protocol, for whose lack the daemon refuses scanners (SystemTests), is not asked for.
@Suite(.enabled(if: PublicScanner.isWanted, "needs Debian's sslscan"), .timeLimit(.minutes(3)))
struct DaemonScannerTests {
  /// What is found where a server has the TLS that `seratusd serve` makes of these settings.
  private func report(_ flags: [String: String]) async throws -> String {
    try #require(PublicScanner.isInstalled, "there is no \(PublicScanner.path); scripts/setup sslscan installs it")
    let settings = try ServerSettings(SettingsLayers(flags: flags))
    let server = try await BareTLSServer.start(like: RegistryServer.configuration(settings))
    let report = try await PublicScanner.report(port: server.port)
    try await server.stop()
    return report
  }

  @Test(arguments: [false, true])
  func `the daemon's settings offer TLS 1.3 alone, strong ciphers and groups, and none of the old faults`(
    asksClients: Bool
  ) async throws {
    let folder = try TestCertificates.folder()
    var flags = ["tls.certificate": "\(folder)/server.pem", "tls.key": "\(folder)/server.key"]
    if asksClients { flags["tls.client_authority"] = "\(folder)/ca.pem" }
    let report = try await report(flags)

    let versions = PublicScanner.elements("protocol", report)
    #expect(versions.map { $0["version"] } == ["2", "3", "1.0", "1.1", "1.2", "1.3"], "SSL, then TLS")
    #expect(versions.map { $0["enabled"] } == ["0", "0", "0", "0", "0", "1"])

    let ciphers = PublicScanner.elements("cipher", report)
    #expect(
      ciphers.map { $0["cipher"] } == ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"])
    // Its ratings are null, anonymous, weak, acceptable and strong; it calls no cipher of TLS 1.3 better than acceptable.
    #expect(ciphers.allSatisfy { $0["strength"] == "acceptable" && Int($0["bits"] ?? "") ?? 0 >= 128 })
    #expect(ciphers.allSatisfy { $0["curve"] == "25519" }, "fresh keys by default")

    let groups = PublicScanner.elements("group", report)
    #expect(groups.map { $0["id"] } == ["0x0017", "0x0018", "0x001d"], "P-256, P-384, X25519: no finite fields")
    #expect(groups.allSatisfy { Int($0["bits"] ?? "") ?? 0 >= 128 })

    #expect(PublicScanner.elements("renegotiation", report).map { $0["supported"] } == ["0"])
    #expect(PublicScanner.elements("heartbleed", report).map { $0["vulnerable"] } == ["0"])
    #expect(!PublicScanner.elements("compression", report).contains { $0["supported"] == "1" })

    // It is the certificate that the settings name.
    #expect(PublicScanner.elements("pk", report).map { [$0["type"], $0["curve_name"]] } == [["EC", "prime256v1"]])
    #expect(report.contains("<signature-algorithm>ecdsa-with-SHA256</signature-algorithm>"))
    #expect(report.contains("<self-signed>false</self-signed>") && report.contains("<expired>false</expired>"))
  }
}

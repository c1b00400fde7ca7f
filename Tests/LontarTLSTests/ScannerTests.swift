internal import Foundation
internal import LontarTLS
internal import Testing

/// Debian's sslscan. A developer's machine may lack it; where all tools have to be there, its tests run and fail.
enum PublicScanner {
  static let isInstalled = FileManager.default.isExecutableFile(atPath: "/usr/bin/sslscan")
  static let isWanted: Bool = {
    let environment = ProcessInfo.processInfo.environment
    return isInstalled || environment["CI"] != nil || environment["LONTAR_REQUIRE_TOOLS"] != nil
  }()
}

/// A public scanner's view of a server with this library's TLS settings. The server names no application protocol, because sslscan
/// names none and would be refused; the daemon's settings are rated in RegistryServicesTests, its refusal in SystemTests.
@Suite(.enabled(if: PublicScanner.isWanted, "needs Debian's sslscan"))
struct ScannerTests {
  /// The attributes of each element with this name, in the order of the document.
  private func elements(_ name: String, _ xml: String) -> [[String: String]] {
    xml.components(separatedBy: "<\(name) ").dropFirst().map { rest in
      let words = rest.prefix { $0 != ">" }.split(separator: "\"", omittingEmptySubsequences: false)
      let pairs = stride(from: 0, to: words.count - 1, by: 2).map { at in
        (words[at].trimmingCharacters(in: CharacterSet(charactersIn: " =/")), String(words[at + 1]))
      }
      return Dictionary(pairs) { first, _ in first }
    }
  }

  @Test func `it finds TLS 1.3 alone, strong ciphers and groups, and none of the old faults`() async throws {
    try #require(PublicScanner.isInstalled, "there is no sslscan; scripts/setup sslscan installs it")
    let server = try await TestServer(TLSContextBox(Fitting.server { $0.applicationProtocols = [] }))
    let xml = try await OpenSSLCommand.launch("sslscan", ["--no-colour", "--xml=-", "127.0.0.1:\(server.port)"]).output
    try await server.stop()

    let versions = elements("protocol", xml).map { ("\($0["type"] ?? "") \($0["version"] ?? "")", $0["enabled"]) }
    #expect(versions.filter { $0.1 == "1" }.map(\.0) == ["tls 1.3"])
    #expect(versions.map(\.0) == ["ssl 2", "ssl 3", "tls 1.0", "tls 1.1", "tls 1.2", "tls 1.3"])

    let ciphers = elements("cipher", xml)
    #expect(
      ciphers.map { $0["cipher"] } == ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"])
    // sslscan's ratings are null, anonymous, weak, acceptable and strong; it calls no cipher of TLS 1.3 better than acceptable.
    #expect(ciphers.allSatisfy { $0["strength"] == "acceptable" && Int($0["bits"] ?? "") ?? 0 >= 128 })
    #expect(ciphers.allSatisfy { $0["curve"] == "25519" }, "fresh keys by default")

    let groups = elements("group", xml)
    #expect(groups.map { $0["id"] } == ["0x0017", "0x0018", "0x001d"], "P-256, P-384, X25519: no finite fields")
    #expect(groups.allSatisfy { Int($0["bits"] ?? "") ?? 0 >= 128 })

    #expect(elements("renegotiation", xml).map { $0["supported"] } == ["0"])
    #expect(elements("heartbleed", xml).map { $0["vulnerable"] } == ["0"])
    #expect(!elements("compression", xml).contains { $0["supported"] == "1" })

    #expect(elements("pk", xml).map { [$0["type"], $0["curve_name"]] } == [["EC", "prime256v1"]])
    #expect(xml.contains("<signature-algorithm>ecdsa-with-SHA256</signature-algorithm>"))
    #expect(xml.contains("<self-signed>false</self-signed>") && xml.contains("<expired>false</expired>"))
  }
}

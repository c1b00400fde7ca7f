import Foundation
import Lontar
import PostgresClient
import RegistryModel
import RegistryProtocol
import Testing

@testable import RegistryServer

@Suite struct SettingsTests {
  private func file(_ text: String) throws -> String {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("seratus-settings-\(UUID().uuidString).json").path
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  @Test func `flags win over the environment, that over the file, and that over the default`() throws {
    let path = try file(#"{"listen": {"port": 7001, "host": "192.0.2.1"}, "drain": {"seconds": 3}}"#)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let layers = try SettingsLayers(
      flags: ["listen.port": "7003"], environment: ["SERATUS_LISTEN_PORT": "7002", "SERATUS_DRAIN_SECONDS": "4", "HOME": "/"],
      filePath: path)
    let settings = try ServerSettings(layers)
    #expect(settings.listening.port == 7003)
    #expect(settings.drainSeconds == 4)
    #expect(settings.listening.host == "192.0.2.1")
    #expect(settings.healthSeconds == 2)
  }

  @Test func `an unknown key is refused in each source, and the nearest known one named`() throws {
    let path = try file(#"{"listen": {"prot": 7001}}"#)
    defer { try? FileManager.default.removeItem(atPath: path) }
    for make in [
      { try SettingsLayers(flags: ["listen.prot": "1"]) }, { try SettingsLayers(filePath: path) },
    ] as [() throws -> SettingsLayers] {
      let error = #expect(throws: SettingsError.self) { try make() }
      #expect(error?.reason == .unknownKey)
      #expect(error?.message.contains("did you mean listen.port?") == true)
    }
    let error = #expect(throws: SettingsError.self) { try SettingsLayers(environment: ["SERATUS_LISTEN_PROT": "1"]) }
    #expect(error?.message.contains("did you mean SERATUS_LISTEN_PORT?") == true)
  }

  @Test func `variables of the command line are none of the daemon's business`() throws {
    _ = try SettingsLayers(environment: ["SERATUS_PROFILE": "kediri", "SERATUS_LANG": "en"])
  }

  @Test(arguments: [("-1", false), ("0", true), ("65535", true), ("65536", false), ("7100x", false), ("", false)])
  func `a port lies from 0 to 65535`(port: String, isAccepted: Bool) throws {
    let layers = try SettingsLayers(flags: ["listen.port": port])
    #expect(((try? ServerSettings(layers)) != nil) == isAccepted)
  }

  @Test(arguments: ["[1]", "{", "", #"{"listen": [7001]}"#, "7"])
  func `a file that is no object of settings is refused`(text: String) throws {
    let path = try file(text)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let error = #expect(throws: SettingsError.self) { try SettingsLayers(filePath: path) }
    #expect(error?.reason == .fileMalformed)
  }

  @Test func `a file that is not there is refused by its path`() {
    let error = #expect(throws: SettingsError.self) { try SettingsLayers(filePath: "/nowhere/seratusd.json") }
    #expect(error?.message.contains("/nowhere/seratusd.json") == true)
  }

  @Test func `the effective configuration shows every setting and no secret`() throws {
    let layers = try SettingsLayers(flags: ["database.region_password": "hunter2hunter2"])
    let text = try layers.effective()
    for setting in Setting.all { #expect(text.contains(setting.key)) }
    #expect(!text.contains("hunter2"))
    #expect(text.contains("********"))
  }

  @Test func `a wrong secret is refused without being shown`() throws {
    for setting in Setting.all where setting.isSecret { #expect(setting.objection(to: "x") == nil) }
    let error = #expect(throws: SettingsError.self) { try SettingsLayers(flags: ["database.region_pasword": "hunter2"]) }
    #expect(error?.message.contains("hunter2") == false)
  }

  @Test func `every default lies within its limits and every setting is explained`() {
    #expect(Set(Setting.all.map(\.key)).count == Setting.all.count)
    for setting in Setting.all {
      #expect(setting.objection(to: setting.standard) == nil, "\(setting.key)")
      #expect(!setting.about.id.isEmpty && setting.about.id != setting.about.en)
    }
  }

  @Test func `an environment has its name in HELLO as half of a SHA-256`() throws {
    #expect(try ServerSettings(SettingsLayers()).listening.environment == nil)
    #expect(
      try ServerSettings(SettingsLayers(environment: ["SERATUS_ENVIRONMENT": "training"])).listening.environment == "training")
    // printf abc | sha256sum, as FIPS 180-4 has it: ba7816bf 8f01cfea 414140de 5dae2223 …
    let half: [UInt8] = [0xBA, 0x78, 0x16, 0xBF, 0x8F, 0x01, 0xCF, 0xEA, 0x41, 0x41, 0x40, 0xDE, 0x5D, 0xAE, 0x22, 0x23]
    #expect(EnvironmentName.identifier("abc") == half)
    #expect(EnvironmentName.identifier("training") != EnvironmentName.identifier("Training"))
  }

  @Test func `each limit of connections is what the operator has set, and the default otherwise`() throws {
    let keys = [
      "listen.connections_max", "listen.calls_per_connection_max", "listen.message_bytes_max", "listen.idle_seconds",
      "listen.connection_age_seconds", "listen.connection_grace_seconds", "listen.keepalive_seconds",
      "listen.keepalive_timeout_seconds", "listen.call_seconds_max", "listen.event_loops",
    ]
    func numbers(_ flags: [String: String]) throws -> [Int] {
      let configuration = RegistryServer.configuration(try ServerSettings(SettingsLayers(flags: flags)))
      let limits = configuration.limits
      return [
        configuration.connectionsMax, limits.callsPerConnectionMax, limits.messageBytesMax, limits.idleTimeoutSeconds,
        limits.connectionAgeSecondsMax, limits.connectionAgeGraceSeconds, limits.keepaliveSeconds,
        limits.keepaliveTimeoutSeconds, limits.callTimeoutSecondsMax, configuration.eventLoops,
      ]
    }
    #expect(try numbers([:]) == [1_000, 100, 4_194_304, 300, 0, 0, 30, 20, 300, 0])
    let chosen = [7, 8, 70_000, 9, 10, 11, 12, 13, 14, 15]
    #expect(try numbers(Dictionary(uniqueKeysWithValues: zip(keys, chosen.map { "\($0)" }))) == chosen)
  }

  @Test func `settings that contradict each other are refused`() throws {
    let layers = try SettingsLayers(flags: ["session.minutes_default": "60", "session.minutes_max": "59"])
    let error = #expect(throws: SettingsError.self) { try ServerSettings(layers) }
    #expect(error?.reason == .contradiction)
  }

  @Test(arguments: [
    ("it's", "password='it\\'s'"), (#"back\slash"#, #"password='back\\slash'"#), ("two words", "password='two words'"),
  ])
  func `a password goes to libpq as it is`(password: String, written: String) throws {
    let layers = try SettingsLayers(flags: ["database.region_password": password])
    let database = try ServerSettings(layers).database
    #expect(database.configuration(database.region, streams: 1).conninfo.contains(written))
  }

  @Test func `the program asks for the migrations that it ships with`() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let files = try FileManager.default.contentsOfDirectory(atPath: root.appending(path: "db/migrations").path)
    #expect(files.filter { $0.hasSuffix(".sql") }.count == SchemaRequirement.version)
    #expect(SchemaRequirement.objection(to: SchemaRequirement.version) == nil)
    #expect(SchemaRequirement.objection(to: SchemaRequirement.version - 1)?.en.contains("seratusd migrate") == true)
    #expect(SchemaRequirement.objection(to: SchemaRequirement.version + 1)?.en.contains("newer") == true)
  }
}

@Suite struct LogLineTests {
  @Test(arguments: [
    ("plain", "k=plain"), ("two words", "k=\"two words\""), ("", "k=\"\""), ("a=b", "k=\"a=b\""),
    ("line\nbreak", "k=\"line\\nbreak\""),
    ("\u{1B}[31m", "k=\"\\u001b[31m\""),
    // What moves a terminal's cursor, breaks its line or turns its direction of writing.
    ("\u{9B}2J", "k=\"\\u009b2J\""), ("\u{85}x", "k=\"\\u0085x\""), ("\u{2028}\u{2029}", "k=\"\\u2028\\u2029\""),
    ("\u{202E}x\u{2069}", "k=\"\\u202ex\\u2069\""), ("é 中", "k=\"é 中\""),
  ])
  func `a value stays on its line`(value: String, written: String) {
    #expect(LogLineHandler.logfmt([("k", value)]) == written)
  }

  @Test func `a JSON line is JSON`() throws {
    let line = LogLineHandler.json([("msg", "a \"b\" \\ \n \u{1} ü"), ("n", "1")])
    let object = try JSONDecoder().decode([String: String].self, from: Data(line.utf8))
    #expect(object == ["msg": "a \"b\" \\ \n \u{1} ü", "n": "1"])
    #expect(!line.contains("\n"))
  }
}

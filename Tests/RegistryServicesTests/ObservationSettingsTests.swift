import Testing

@testable import RegistryServer

@Suite struct ObservationSettingsTests {
  private func observation(_ flags: [String: String]) throws -> ServerSettings.Observation {
    try ServerSettings(SettingsLayers(flags: flags)).observation
  }

  @Test func `nothing is shown unless it is asked for`() throws {
    let observation = try observation([:])
    #expect(observation.metrics == nil && observation.frames == nil)
  }

  @Test(arguments: [
    ("127.0.0.1:9464", "127.0.0.1", 9_464), ("127.255.0.9:0", "127.255.0.9", 0), ("[::1]:65535", "::1", 65_535),
    ("localhost:1", "localhost", 1),
  ])
  func `metrics may be asked for from this machine`(text: String, host: String, port: Int) throws {
    #expect(try observation(["metrics.listen": text]).metrics == .init(host: host, port: port))
  }

  @Test(arguments: ["9464", "127.0.0.1", "127.0.0.1:", ":9464", "127.0.0.1:65536", "127.0.0.1:-1", "::1:9464", "[]:1", "a:b"])
  func `an address that is none is refused`(text: String) {
    let error = #expect(throws: SettingsError.self) { try observation(["metrics.listen": text]) }
    #expect(error?.reason == .badValue && error?.indonesian.contains("metrics.listen") == true)
  }

  @Test(arguments: ["0.0.0.0:1", "192.0.2.1:1", "[::]:1", "127.0.0.1.example.org:1", "127.1:1", "127.0.0.256:1", "registry:1"])
  func `other machines are let in only by a second setting`(text: String) throws {
    let error = #expect(throws: SettingsError.self) { try observation(["metrics.listen": text]) }
    #expect(error?.reason == .contradiction)
    #expect(try observation(["metrics.listen": text, "metrics.allow_remote": "true"]).metrics != nil)
  }

  @Test func `frames are written without payloads unless these are asked for`() throws {
    let frames = try #require(try observation(["frame_log.path": "/x"]).frames)
    #expect(frames == .init(path: "/x", keepsPayloads: false, bytesMax: 67_108_864))
    let all = try observation(["frame_log.path": "/x", "frame_log.payloads": "true", "frame_log.bytes_max": "65536"]).frames
    #expect(all == .init(path: "/x", keepsPayloads: true, bytesMax: 65_536))
    #expect(throws: SettingsError.self) { try observation(["frame_log.bytes_max": "65535"]) }
    #expect(throws: SettingsError.self) { try observation(["frame_log.payloads": "yes"]) }
  }
}

import ArgumentParser
import Foundation
import RegistryClient
import Testing

@testable import seratus

@Suite final class ProfileTests {
  private let folder: ProfileFolder

  init() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("seratus-profiles-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    folder = ProfileFolder(path: path)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder.path) }

  private func write(_ text: String, mode: Int, name: String = "a") throws {
    let file = try folder.filePath(name)
    _ = FileManager.default.createFile(atPath: file, contents: Data(text.utf8))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
  }

  @Test func `what is written is read again, by its owner only`() throws {
    var profile = Profile(
      host: "h", port: 7443, ca: "/ca.pem", serverName: "s", token: "t", language: "id", environment: "training")
    profile.others = [ServerAddress(host: "other", port: 1), ServerAddress(host: "::1", port: 65_535)]
    try folder.write(profile, name: "a")
    #expect(try folder.read("a") == profile)
    #expect(try InputFile.mode(folder.filePath("a")) == 0o600)
    #expect(folder.names() == ["a"])
  }

  @Test func `a missing profile is told apart from a broken one`() {
    #expect { try folder.read("nobody") } throws: { ($0 as? ProfileError)?.reason == .missing }
  }

  @Test(arguments: [
    "", "[]", "{}", #"{"host":"h"}"#, #"{"host":"h","port":"7443"}"#, #"{"host":"h","port":0}"#, #"{"host":"h","port":65536}"#,
    #"{"host":"","port":1}"#, #"{"host":"h","port":1,"colour":"red"}"#, #"{"host":"h","port":1,"token":5}"#,
    #"{"host":"h","port":1,"language":"fr"}"#, #"{"host":"h","port":1,"servers":"a:1"}"#,
    #"{"host":"h","port":1,"servers":["a"]}"#,
  ])
  func `a malformed profile is refused`(text: String) throws {
    try write(text, mode: 0o600)
    #expect { try folder.read("a") } throws: { ($0 as? ProfileError)?.reason == .malformed }
  }

  @Test(arguments: [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o644, false)])
  func `a token in a file that others may read is refused`(mode: Int, isAccepted: Bool) throws {
    try write(#"{"host":"h","port":1,"token":"t"}"#, mode: mode)
    #expect(((try? folder.read("a")) != nil) == isAccepted)
  }

  @Test func `a profile without a token may be read by all`() throws {
    try write(#"{"host":"h","port":1}"#, mode: 0o644)
    #expect(try folder.read("a").port == 1)
  }

  @Test func `a relative certificate path is meant from the profile's folder`() throws {
    try write(#"{"host":"h","port":1,"ca":"../ca.pem"}"#, mode: 0o644)
    #expect(try folder.read("a").ca == folder.path + "/../ca.pem")
  }

  @Test(arguments: ["", ".", "..", "../a", "a/b", ".hidden", String(repeating: "a", count: 65)])
  func `a name can't lead out of the folder`(name: String) {
    #expect { try folder.read(name) } throws: { ($0 as? ProfileError)?.reason == .badName }
  }

  @Test func `a token is sent to its own host only`() throws {
    try folder.write(Profile(host: "own", port: 1, serverName: "s", token: "secret"), name: "default")
    let environment = ["SERATUS_PROFILES": folder.path]
    let own = try ConnectionChoice(global: .parse([]), environment: environment).resolved()
    #expect(own.token == "secret" && own.endpoint.serverName == "s")
    let other = try ConnectionChoice(global: .parse(["--host", "other"]), environment: environment).resolved()
    #expect(other.token == nil && other.endpoint.serverName == nil && other.endpoint.port == 1)
  }

  @Test(
    arguments: [
      ("a:1", ["a:1"]), ("a:1,b:65535", ["a:1", "b:65535"]), ("[::1]:7443,127.0.0.1:7443", ["[::1]:7443", "127.0.0.1:7443"]),
      ("", nil), ("a", nil), ("a:", nil), ("a:0", nil), ("a:65536", nil), (":1", nil), ("::1:7443", nil), ("a:1,", nil),
      ("a:1, b:2", nil),
    ] as [(String, [String]?)])
  func `servers are written host:port, with commas between`(text: String, servers: [String]?) {
    #expect(ServerAddress.list(text)?.map(\.description) == servers)
    #expect(((try? GlobalOptions.parse(["--server", text])) != nil) == (servers != nil))
  }

  @Test func `several servers take the place of host and port`() throws {
    let environment = ["SERATUS_PROFILES": folder.path]
    let bare = try ConnectionChoice(global: .parse(["--server", "a:1,b:2"]), environment: environment).resolved()
    #expect(bare.endpoint.host == "a" && bare.endpoint.port == 1)
    #expect(bare.endpoint.others == [ServerAddress(host: "b", port: 2)])
    #expect(throws: (any Error).self) { try GlobalOptions.parse(["--server", "a:1", "--host", "b"]) }
    #expect(throws: (any Error).self) { try GlobalOptions.parse(["--server", "a:1", "--port", "2"]) }
    var profile = Profile(host: "a", port: 1, token: "secret")
    profile.others = [ServerAddress(host: "b", port: 2)]
    try folder.write(profile, name: "default")
    let own = try ConnectionChoice(global: .parse([]), environment: environment).resolved()
    #expect(own.token == "secret" && own.endpoint.others == profile.others)
    // The profile's own servers in another order may have its token; a stranger among them may not.
    let turned = try ConnectionChoice(global: .parse(["--server", "b:2,a:1"]), environment: environment).resolved()
    #expect(
      turned.token == "secret" && turned.endpoint.host == "b" && turned.endpoint.others == [ServerAddress(host: "a", port: 1)])
    let stranger = try ConnectionChoice(global: .parse(["--server", "a:1,c:3"]), environment: environment).resolved()
    #expect(stranger.token == nil)
    let elsewhere = try ConnectionChoice(global: .parse(["--host", "c"]), environment: environment).resolved()
    #expect(elsewhere.token == nil && elsewhere.endpoint.others.isEmpty)
  }

  @Test func `host and port need no profile, but a named profile must be there`() throws {
    let environment = ["SERATUS_PROFILES": folder.path]
    let bare = try ConnectionChoice(global: .parse(["--host", "h", "--port", "9"]), environment: environment).resolved()
    #expect(bare.endpoint == Endpoint(host: "h", port: 9) && bare.token == nil)
    #expect(throws: ProfileError.self) {
      try ConnectionChoice(global: .parse(["--host", "h", "--port", "9", "--profile", "x"]), environment: environment).resolved()
    }
    #expect(throws: ProfileError.self) { try ConnectionChoice(global: .parse([]), environment: environment).resolved() }
  }

  @Test(arguments: [("token\n", true), (" t ", true), ("", false), ("a b", false)])
  func `a token file holds one token and nothing else`(text: String, isAccepted: Bool) throws {
    let path = folder.path + "/token"
    _ = FileManager.default.createFile(atPath: path, contents: Data(text.utf8))
    let choice = ConnectionChoice(
      global: try .parse(["--host", "h", "--port", "9", "--token-file", path]), environment: ["SERATUS_PROFILES": folder.path])
    #expect(((try? choice.resolved().token) != nil) == isAccepted)
  }

  @Test func `the folder comes from the environment`() {
    #expect(ProfileFolder(environment: ["SERATUS_PROFILES": "/p", "HOME": "/h"]).path == "/p")
    #expect(ProfileFolder(environment: ["XDG_CONFIG_HOME": "/x", "HOME": "/h"]).path == "/x/seratus/profiles")
    #expect(ProfileFolder(environment: ["HOME": "/h"]).path == "/h/.config/seratus/profiles")
  }

  @Test func `a file appears whole or not at all`() throws {
    let path = folder.path + "/out.csv"
    let file = try ReplacingFile(path, mode: 0o644)
    try file.write("half")
    #expect(!FileManager.default.fileExists(atPath: path))
    file.discard()
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    try ReplacingFile.write("whole", to: path, mode: 0o644)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "whole")
    #expect(throws: FileFault.self) { try ReplacingFile.write("x", to: folder.path + "/none/out.csv", mode: 0o644) }
  }

  @Test func `a full disk is an error and leaves nothing`() {
    #expect(throws: FileFault.self) { try OutputFile(creating: "/dev/full/x", mode: 0o644) }
    #expect { try InputFile.read("/dev/zero", bytesMax: 1_000) } throws: { ($0 as? FileFault)?.code == EFBIG }
  }
}

internal import Foundation

/// Where a registry is and who asks: one small JSON file a person keeps per registry and role.
public struct Profile: Sendable, Equatable {
  public var host: String
  public var port: Int
  /// Servers of the same registry that are asked, in order, while the first can't be.
  public var others: [ServerAddress] = []
  /// PEM file of the authority that signed the server's certificate; nil: the authorities of the operating system.
  public var ca: String?
  /// The name in the server's certificate, if it isn't the host.
  public var serverName: String?
  public var token: String?
  /// id or en.
  public var language: String?
  /// What this registry is for ("training"), so that nobody mistakes it for another: shown, and a server that its operator gave another
  /// name, or none, is refused.
  public var environment: String?

  public init(
    host: String, port: Int, ca: String? = nil, serverName: String? = nil, token: String? = nil, language: String? = nil,
    environment: String? = nil
  ) {
    self.host = host
    self.port = port
    self.ca = ca
    self.serverName = serverName
    self.token = token
    self.language = language
    self.environment = environment
  }
}

/// Why a profile can't be used.
public struct ProfileError: Error, Sendable, Equatable {
  public enum Reason: String, Sendable, CaseIterable {
    case missing = "PROFILE_MISSING"
    case malformed = "PROFILE_MALFORMED"
    /// Others may read a file that holds a token.
    case readableByOthers = "PROFILE_READABLE_BY_OTHERS"
    case badName = "PROFILE_BAD_NAME"
    case exists = "PROFILE_EXISTS"
    case unusable = "PROFILE_UNUSABLE"
  }

  public let reason: Reason
  public let name: String
  public let path: String
  /// What exactly is wrong: a key, a line of the operating system.
  public let detail: String
  /// The same in Indonesian.
  public let indonesian: String

  package init(reason: Reason, name: String, path: String, detail: String, indonesian: String? = nil) {
    self.reason = reason
    self.name = name
    self.path = path
    self.detail = detail
    self.indonesian = indonesian ?? detail
  }
}

extension Profile {
  static let keys: Set<String> = ["host", "port", "servers", "ca", "serverName", "token", "language", "environment"]

  /// - Throws: the sentence that says what is wrong with the file.
  init(json: [UInt8]) throws(ProfileSyntax) {
    guard let value = try? JSONSerialization.jsonObject(with: Data(json)), let object = value as? [String: Any] else {
      throw ProfileSyntax("it is not one JSON object", "isinya bukan satu objek JSON")
    }
    if let unknown = Set(object.keys).subtracting(Self.keys).min() {
      throw ProfileSyntax("unknown key \"\(unknown)\"", "kunci \"\(unknown)\" tidak dikenal")
    }
    guard let host = object["host"] as? String, !host.isEmpty else {
      throw ProfileSyntax("\"host\" must be a text", "\"host\" harus teks")
    }
    guard let port = object["port"] as? Int, (1...65_535).contains(port) else {
      throw ProfileSyntax("\"port\" must be a number from 1 to 65535", "\"port\" harus angka dari 1 sampai 65535")
    }
    self.init(host: host, port: port)
    others = try Self.servers(object)
    ca = try Self.text(object, "ca")
    serverName = try Self.text(object, "serverName")
    token = try Self.text(object, "token")
    language = try Self.text(object, "language")
    environment = try Self.text(object, "environment")
    if let language, language != "id", language != "en" {
      throw ProfileSyntax("\"language\" must be id or en", "\"language\" harus id atau en")
    }
  }

  /// Those beside the first.
  private static func servers(_ object: [String: Any]) throws(ProfileSyntax) -> [ServerAddress] {
    guard let value = object["servers"], !(value is NSNull) else { return [] }
    let servers = (value as? [String])?.map { ServerAddress($0) }
    guard let servers, !servers.contains(nil) else {
      throw ProfileSyntax(
        "\"servers\" must be a list of texts like host:7443", "\"servers\" harus daftar teks seperti host:7443")
    }
    return servers.compactMap { $0 }
  }

  private static func text(_ object: [String: Any], _ key: String) throws(ProfileSyntax) -> String? {
    guard let value = object[key], !(value is NSNull) else { return nil }
    guard let text = value as? String else { throw ProfileSyntax("\"\(key)\" must be a text", "\"\(key)\" harus teks") }
    return text.isEmpty ? nil : text
  }

  /// The file's content: sorted keys, two blanks, a line end.
  func json() throws -> String {
    var object: [String: Any] = ["host": host, "port": port]
    let texts = ["ca": ca, "serverName": serverName, "token": token, "language": language, "environment": environment]
    for (key, value) in texts { object[key] = value }
    if !others.isEmpty { object["servers"] = others.map(\.description) }
    let data = try JSONSerialization.data(
      withJSONObject: object, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
    return String(decoding: data, as: UTF8.self) + "\n"
  }
}

struct ProfileSyntax: Error {
  let detail: String
  let indonesian: String

  init(_ detail: String, _ indonesian: String) {
    self.detail = detail
    self.indonesian = indonesian
  }
}

internal import Foundation
internal import RegistryClient

/// Which registry to ask, and as whom: the profile, with what the options put in its place.
struct ConnectionChoice: Sendable {
  private static let tokenBytesMax = 4_096
  let global: GlobalOptions
  let environment: [String: String]

  struct Resolved: Sendable, Equatable {
    var endpoint: Endpoint
    var token: String?
  }

  /// `--profile`, else SERATUS_PROFILE, else "default".
  var profileName: String { namedProfile ?? "default" }

  private var namedProfile: String? {
    global.profile ?? environment["SERATUS_PROFILE"].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The profile; nil where there is none, none was named, and `--host` or `--server` makes it unnecessary.
  func profile() throws -> Profile? {
    do {
      return try ProfileFolder(environment: environment).read(profileName)
    } catch {
      if error.reason == .missing, namedProfile == nil, global.firstHost != nil { return nil }
      throw error
    }
  }

  func resolved() throws -> Resolved {
    let profile = try profile()
    let base = try profile.map { Endpoint($0) } ?? bare()
    var resolved = Resolved(endpoint: base, token: profile?.token)
    if let host = global.firstHost {
      let others = Array(global.servers?.dropFirst() ?? [])
      if !Set([host] + others.map(\.host)).isSubset(of: profile?.hosts ?? []) {
        // Whoever is asked elsewhere must not learn this profile's token, nor answer under its server's names.
        resolved.token = nil
        resolved.endpoint.serverName = nil
        resolved.endpoint.environment = nil
      }
      if global.servers != nil || host != profile?.host { resolved.endpoint.others = others }
      resolved.endpoint.host = host
    }
    if let port = global.firstPort { resolved.endpoint.port = port }
    if let ca = global.ca { resolved.endpoint.trustRootsPath = FilePaths.absolute(ca) }
    if let token = try tokenFromFile() { resolved.token = token }
    return resolved
  }

  private func bare() throws -> Endpoint {
    guard let host = global.firstHost, let port = global.firstPort else {
      throw Failure.usage(
        "PORT_MISSING", id: "--host tanpa profil memerlukan --port", en: "--host without a profile needs --port, too")
    }
    return Endpoint(host: host, port: port, trustRootsPath: global.ca.map(FilePaths.absolute))
  }

  /// The token in `--token-file`; nil without that option.
  func tokenFromFile() throws -> String? {
    guard let path = global.tokenFile else { return nil }
    let bytes: [UInt8]
    do {
      bytes = try InputFile.read(path, bytesMax: Self.tokenBytesMax)
    } catch {
      throw Failure.unreadable(error)
    }
    let text = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    guard text.count == 1 else {
      throw Failure.usage(
        "TOKEN_FILE_MALFORMED", id: "\(path) harus berisi satu token saja", en: "\(path) must hold one token and nothing else",
        parameters: ["path": path])
    }
    return String(text[0])
  }
}

extension Profile {
  /// Of all its servers.
  fileprivate var hosts: Set<String> { Set([host] + others.map(\.host)) }
}

enum FilePaths {
  /// A path that stays right when the profile is used from another folder.
  static func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
  }
}

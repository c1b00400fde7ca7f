internal import Foundation

/// The folder of a person's profiles: `$SERATUS_PROFILES`, else `$XDG_CONFIG_HOME/seratus/profiles`, else
/// `~/.config/seratus/profiles`. A profile is the file `NAME.json` in it.
public struct ProfileFolder: Sendable, Equatable {
  /// A profile has half a kilobyte.
  private static let fileBytesMax = 65_536
  private static let nameBytesMax = 64

  public let path: String

  public init(path: String) {
    self.path = path
  }

  public init(environment: [String: String]) {
    if let folder = environment["SERATUS_PROFILES"], !folder.isEmpty {
      self.init(path: folder)
    } else if let config = environment["XDG_CONFIG_HOME"], !config.isEmpty {
      self.init(path: config + "/seratus/profiles")
    } else {
      self.init(path: (environment["HOME"] ?? ".") + "/.config/seratus/profiles")
    }
  }

  /// The names of all profiles, sorted. A folder that doesn't exist holds none.
  public func names() -> [String] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.filter(Self.isName).sorted()
  }

  public func filePath(_ name: String) throws(ProfileError) -> String {
    guard Self.isName(name) else {
      throw ProfileError(reason: .badName, name: String(name.prefix(Self.nameBytesMax)), path: path, detail: "")
    }
    return "\(path)/\(name).json"
  }

  /// Reads a profile. A relative `ca` is meant from the profile's folder and comes back as a full path.
  /// - Throws: missing, malformed, badName; readableByOthers if the file holds a token and its mode isn't 0600.
  public func read(_ name: String) throws(ProfileError) -> Profile {
    let file = try filePath(name)
    let bytes: [UInt8]
    let mode: UInt32
    do {
      bytes = try InputFile.read(file, bytesMax: Self.fileBytesMax)
      mode = try InputFile.mode(file)
    } catch {
      throw ProfileError(
        reason: error.isMissing ? .missing : .unusable, name: name, path: file, detail: error.reason, indonesian: error.indonesian
      )
    }
    var profile: Profile
    do {
      profile = try Profile(json: bytes)
    } catch {
      throw ProfileError(reason: .malformed, name: name, path: file, detail: error.detail, indonesian: error.indonesian)
    }
    guard profile.token == nil || mode & 0o077 == 0 else {
      throw ProfileError(reason: .readableByOthers, name: name, path: file, detail: String(mode, radix: 8))
    }
    if let ca = profile.ca, !ca.hasPrefix("/") { profile.ca = "\(path)/\(ca)" }
    return profile
  }

  /// Writes a profile whole or not at all, readable by its owner only.
  public func write(_ profile: Profile, name: String) throws(ProfileError) {
    let file = try filePath(name)
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      try ReplacingFile.write(profile.json(), to: file, mode: 0o600)
    } catch let fault as FileFault {
      throw ProfileError(reason: .unusable, name: name, path: file, detail: fault.reason, indonesian: fault.indonesian)
    } catch {
      throw ProfileError(reason: .unusable, name: name, path: file, detail: error.localizedDescription)
    }
  }

  public func exists(_ name: String) -> Bool { names().contains(name) }

  /// 1 to 64 letters, digits, `-`, `_` and `.`, not beginning with a dot: a name can't lead out of the folder.
  private static func isName(_ name: String) -> Bool {
    guard (1...nameBytesMax).contains(name.utf8.count), !name.hasPrefix(".") else { return false }
    return name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
      }
    }
  }
}

internal import RegistryModel

/// Why the configuration can't be used. One line, with the remedy in it.
package struct SettingsError: Error, Sendable, CustomStringConvertible {
  package enum Reason: String, Sendable, CaseIterable {
    case fileUnreadable = "CONFIGURATION_FILE_UNREADABLE"
    case fileMalformed = "CONFIGURATION_FILE_MALFORMED"
    case unknownKey = "CONFIGURATION_UNKNOWN_KEY"
    case badValue = "CONFIGURATION_BAD_VALUE"
    case contradiction = "CONFIGURATION_CONTRADICTION"
  }

  package let reason: Reason
  package let message: String
  package let indonesian: String

  package init(_ reason: Reason, _ message: String, id indonesian: String) {
    self.reason = reason
    self.message = message
    self.indonesian = indonesian
  }

  package var description: String { message }

  /// - Parameters:
  ///   - name: as it was written, a key or a variable of the environment.
  ///   - source: where it stands.
  ///   - known: the names that would have been understood there.
  static func unknown(_ name: String, in source: Localized, known: [String]) -> SettingsError {
    let nearest = known.compactMap { candidate in
      EditDistance.between(name.lowercased(), candidate.lowercased(), bound: 8).map { (candidate, $0) }
    }.min { $0.1 < $1.1 }?.0
    let hint = nearest.map { "; did you mean \($0)?" } ?? "; `seratusd config --describe` lists all settings"
    let saran = nearest.map { "; maksudnya \($0)?" } ?? "; `seratusd config --describe` menyebut semua pengaturan"
    return SettingsError(
      .unknownKey, "\(source.en) has the unknown setting \(name)\(hint)",
      id: "\(source.id) memuat pengaturan \(name) yang tidak dikenal\(saran)")
  }
}

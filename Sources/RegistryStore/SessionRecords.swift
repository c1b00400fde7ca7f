package import RegistryModel

/// What a password is checked against. All nil for an unknown name, a disabled account and one without a password: check against a
/// hash of your own then, so that the answer takes as long.
package struct LoginRecord: Sendable {
  package let accountID: Int64?
  package let passwordHash: String?
  package let role: Role?
  package let region: RegionID?
}

/// A session as its owner sees it.
package struct SessionRecord: Sendable, Hashable {
  package let expiresAt: Moment
  package let label: String
  /// Today's names and codes of the caller's region; nil for other roles.
  package let region: RegionSummary?
}

/// A session that was just opened.
package struct OpenedSession: Sendable, Hashable {
  package let actorName: String
  package let role: Role
  package let region: RegionID?
  package let expiresAt: Moment
}

package import RegistryModel

/// The right to ask the database one thing: which session asks, which roles may, and until when.
///
/// Only this module makes one, from a token and a method of the access policy. It proves nothing yet: `api.enter` looks the session up
/// in the same round trip as the statement, and refuses it if it is unknown, expired, revoked, of another pool or of a role not named here.
package struct TenantContext: Sendable {
  /// 32 bytes. The token itself goes no further than this module.
  package let tokenSHA256: [UInt8]
  /// Which database login works for this session.
  package let pool: Role.Pool
  /// Who may do this act.
  package let roles: [Role]
  package let writes: Bool
  /// nil: the caller set none.
  package let deadline: ContinuousClock.Instant?
  /// 16 bytes; the same for each attempt of one act.
  package let idempotencyKey: [UInt8]?
  package let requestID: String
  /// `package.Service/Method`.
  package let method: String

  init(
    tokenSHA256: [UInt8], pool: Role.Pool, roles: [Role], writes: Bool, deadline: ContinuousClock.Instant?,
    idempotencyKey: [UInt8]?, requestID: String, method: String
  ) {
    self.tokenSHA256 = tokenSHA256
    self.pool = pool
    self.roles = roles
    self.writes = writes
    self.deadline = deadline
    self.idempotencyKey = idempotencyKey
    self.requestID = requestID
    self.method = method
  }
}

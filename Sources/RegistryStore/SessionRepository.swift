package import RegistryAccess
package import RegistryModel

/// Sessions: opening by password through the gate, looking at, ending.
package struct SessionRepository: Sendable {
  let runner: RequestRunner

  /// - Throws: `unavailable`, `deadlineExceeded`; never that a name is unknown.
  package func lookUp(username: String, deadline: ContinuousClock.Instant?) async throws(StoreError) -> LoginRecord {
    throw StoreError(.internal, "this repository is not connected to its queries yet")
  }

  /// Opens a session for an account whose password was found right.
  /// - Parameter lifetimeSeconds: at most 31 days; more is cut.
  /// - Throws: `sessionUnknown` if the account was disabled or its password changed since it was looked up.
  package func open(
    account: LoginRecord, tokenSHA256: [UInt8], label: String, lifetimeSeconds: Int, deadline: ContinuousClock.Instant?
  ) async throws(StoreError) -> OpenedSession {
    throw StoreError(.internal, "this repository is not connected to its queries yet")
  }

  package func whoAmI(_ context: TenantContext, asOf: CalendarDate) async throws(StoreError) -> Answer<SessionRecord> {
    throw StoreError(.internal, "this repository is not connected to its queries yet")
  }

  /// Ends the calling session. False if it had ended before.
  package func logOut(_ context: TenantContext) async throws(StoreError) -> Bool {
    throw StoreError(.internal, "this repository is not connected to its queries yet")
  }
}

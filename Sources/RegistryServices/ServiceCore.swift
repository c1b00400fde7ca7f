internal import CohortAnalysis
internal import Lontar
package import RegistryAccess
package import RegistryModel
internal import RegistryProtocol
package import RegistryStore

/// What all services have in common: the database, the access policy, and the way from a call to its context and from any error to the
/// caller's.
package struct ServiceCore: Sendable {
  package let database: RegistryDatabase
  package let policy: AccessPolicy
  /// Today in Jakarta: what a request means that names no day.
  package let today: @Sendable () -> CalendarDate
  /// Hears who turned out to be behind a call, for the log.
  package let onCaller: @Sendable (_ requestID: String, Caller) -> Void

  package init(
    database: RegistryDatabase, policy: AccessPolicy = .registry, today: @escaping @Sendable () -> CalendarDate,
    onCaller: @escaping @Sendable (_ requestID: String, Caller) -> Void = { _, _ in }
  ) {
    self.database = database
    self.policy = policy
    self.today = today
    self.onCaller = onCaller
  }

  /// Runs one act in the context of its call. Whatever goes wrong becomes an error of the catalogue.
  func answer<Response>(
    _ call: CallContext, _ act: (TenantContext) async throws -> Response
  ) async throws -> Response {
    do {
      return try await act(try tenant(call))
    } catch {
      throw rpcError(error, call)
    }
  }

  /// The same for the calls that need no token.
  func openAnswer<Response>(_ call: CallContext, _ act: () async throws -> Response) async throws -> Response {
    do {
      return try await act()
    } catch {
      throw rpcError(error, call)
    }
  }

  func deadline(_ call: CallContext) -> ContinuousClock.Instant? {
    call.remaining.map { ContinuousClock.now + $0 }
  }

  /// What every answer tells beside its value.
  func note<Value>(_ answer: Answer<Value>, _ call: CallContext) -> Answer<Value> {
    onCaller(call.requestID, answer.caller)
    return answer
  }

  private func tenant(_ call: CallContext) throws(AccessError) -> TenantContext {
    try policy.context(
      method: call.method, authorization: call.metadata["authorization"], deadline: deadline(call),
      idempotencyKey: call.idempotencyKey, requestID: call.requestID)
  }

  func rpcError(_ error: any Error, _ call: CallContext) -> RPCError {
    switch error {
    case let error as RPCError: error
    case let error as StoreError: error.rpcError(call, needed: roles(call.method))
    case let error as AccessError:
      RPCError(
        reason: error.reason.rawValue, parameters: error.parameters, retryDelay: error.retryDelay, requestID: call.requestID,
        cause: error.detail.isEmpty ? nil : error)
    case let error as RequestFaults: RPCError(faults: error.faults, requestID: call.requestID)
    case let error as FieldFault: RPCError(faults: [error], requestID: call.requestID)
    case let error as ModelError: RPCError(error, requestID: call.requestID)
    case is CancellationError: RPCError(reason: "CANCELLED", requestID: call.requestID)
    default: RPCError(reason: "INTERNAL", requestID: call.requestID, cause: error)
    }
  }

  private func roles(_ method: String) -> [Role] {
    guard case .session(let roles, _)? = policy.rules[method] else { return [] }
    return roles
  }
}

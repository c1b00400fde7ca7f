package import Lontar
package import RegistryAccess
internal import RegistryModel
package import RegistryProtocol
internal import RegistryStore
internal import Synchronization

/// Who is calling: login by password, the session as its owner sees it, and its end.
package final class SessionService: Seratus_V1_SessionServiceHandler {
  package struct Settings: Sendable {
    package var lifetimeDefault: Duration = .seconds(8 * 3_600)
    /// At most 31 days: the database cuts what is longer.
    package var lifetimeMax: Duration = .seconds(31 * 86_400)
    /// Told to those who are signed in.
    package var software = "seratusd"

    package init() {}
  }

  private let core: ServiceCore
  private let hasher: PasswordHasher
  private let settings: Settings
  private let throttle = Mutex(LoginThrottle())

  package init(_ core: ServiceCore, hasher: PasswordHasher, settings: Settings = Settings()) {
    self.core = core
    self.hasher = hasher
    self.settings = settings
  }

  /// An unknown name, a disabled account, an account without password and a wrong password get the same answer after the same work.
  package func login(_ request: Seratus_V1_LoginRequest, context: CallContext) async throws -> Seratus_V1_LoginResponse {
    try await core.openAnswer(context) {
      let (username, seconds) = try check(request)
      try throttle.withLock { throttle throws(AccessError) in try throttle.attempt(username, now: .now) }
      let deadline = core.deadline(context)
      let account = try await core.database.sessions.lookUp(username: username, deadline: deadline)
      let isRight = try await hasher.verify(request.password, against: account.passwordHash)
      guard isRight, let role = account.role else { throw RPCError(reason: "LOGIN_FAILED", requestID: context.requestID) }
      throttle.withLock { $0.succeeded(username) }
      let token = try SessionToken(pool: role.pool)
      let opened = try await core.database.sessions.open(
        account: account, tokenSHA256: token.sha256, label: "login", lifetimeSeconds: seconds, deadline: deadline)
      var response = Seratus_V1_LoginResponse()
      response.token = token.text
      response.expiresAt = opened.expiresAt.rfc3339
      response.principal = try await principal(of: token, context)
      return response
    }
  }

  package func whoAmI(_ request: Seratus_V1_WhoAmIRequest, context: CallContext) async throws -> Seratus_V1_WhoAmIResponse {
    try await core.answer(context) { tenant in
      let answer = core.note(try await core.database.sessions.whoAmI(tenant, asOf: core.today()), context)
      var response = Seratus_V1_WhoAmIResponse()
      response.principal = Seratus_V1_Principal(answer)
      response.expiresAt = answer.value.expiresAt.rfc3339
      response.serverSoftware = settings.software
      response.dataset = Seratus_V1_Dataset(answer.dataset)
      return response
    }
  }

  package func logout(_ request: Seratus_V1_LogoutRequest, context: CallContext) async throws -> Seratus_V1_LogoutResponse {
    try await core.answer(context) { tenant in
      let ended = try await core.database.sessions.logOut(tenant)
      guard ended else { throw RPCError(reason: "SESSION_UNKNOWN", requestID: context.requestID) }
      return Seratus_V1_LogoutResponse()
    }
  }

  private func check(_ request: Seratus_V1_LoginRequest) throws -> (username: String, lifetimeSeconds: Int) {
    var checks = RequestChecks()
    let username = checks.requiredText(request.username, "username") ?? ""
    _ = checks.requiredText(request.password, "password", max: PasswordHasher.passwordBytesMax)
    let minutesMax = Int(settings.lifetimeMax.components.seconds / 60)
    let minutes =
      request.lifetimeMinutes == 0
      ? nil : checks.number(Int(request.lifetimeMinutes), "lifetime_minutes", in: 1...minutesMax)
    try checks.finish()
    return (username.lowercased(), minutes.map { $0 * 60 } ?? Int(settings.lifetimeDefault.components.seconds))
  }

  /// The new session asks about itself, so that login and whoami say the same.
  private func principal(of token: SessionToken, _ context: CallContext) async throws -> Seratus_V1_Principal {
    let tenant = try core.policy.context(
      method: "\(Seratus_V1_SessionService.serviceName)/WhoAmI", authorization: "Bearer \(token.text)",
      deadline: core.deadline(context), idempotencyKey: nil, requestID: context.requestID)
    return Seratus_V1_Principal(
      core.note(try await core.database.sessions.whoAmI(tenant, asOf: core.today()), context))
  }
}

extension Seratus_V1_Principal {
  fileprivate init(_ answer: Answer<SessionRecord>) {
    self.init()
    actorID = answer.caller.actorID
    name = answer.caller.actorName
    role = answer.caller.role.rawValue
    if let summary = answer.value.region { region = Seratus_V1_RegionSummary(summary) }
  }
}

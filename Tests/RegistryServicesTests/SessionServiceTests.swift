import Lontar
import RegistryAccess
import RegistryModel
import RegistryProtocol
import RegistryServices
import RegistryStore
import RegistryTestKit
import Testing

@Suite struct SessionServiceTests {
  private func whoAmI(_ database: TestDatabase, _ token: SessionToken) async throws -> Seratus_V1_WhoAmIResponse {
    try await service(database).whoAmI(
      Seratus_V1_WhoAmIRequest(), context: TestCall.context("SessionService/WhoAmI", token: token))
  }

  private func service(_ database: TestDatabase) throws -> SessionService {
    SessionService(database.core, hasher: try PasswordHasher())
  }

  private func login(
    _ service: SessionService, _ username: String, _ password: String
  ) async throws -> Seratus_V1_LoginResponse {
    var request = Seratus_V1_LoginRequest()
    request.username = username
    request.password = password
    return try await service.login(request, context: TestCall.context("SessionService/Login", token: nil))
  }

  private func account(_ database: TestDatabase) async throws {
    let hash = try await PasswordHasher().hash("correct horse battery")
    try await database.administration.put(
      username: "siti", name: "Siti Rahayu", passwordHash: hash.encoded, role: .regionAdmin,
      region: try await database.regionID("35.71"))
  }

  @Test func `a login gives a token that says who one is, until it is ended`() async throws {
    try await TestDatabase.with { database in
      try await account(database)
      let service = try service(database)
      let opened = try await login(service, "Siti", "correct horse battery")
      #expect(opened.principal.name == "Siti Rahayu")
      #expect(opened.principal.role == "region_admin")
      #expect(opened.principal.region.kemendagriCode == "35.71")
      #expect(opened.expiresAt.hasSuffix("Z"))
      let token = try SessionToken(parsing: opened.token)
      #expect(try await whoAmI(database, token).principal == opened.principal)
      _ = try await service.logout(
        Seratus_V1_LogoutRequest(), context: TestCall.context("SessionService/Logout", token: token))
      let error = await refusal { try await whoAmI(database, token) }
      #expect(error?.code == .unauthenticated)
      #expect(error?.details.reason == "SESSION_REVOKED")
    }
  }

  @Test func `an unknown name and a wrong password get the same answer`() async throws {
    try await TestDatabase.with { database in
      try await account(database)
      let service = try service(database)
      let unknown = await refusal { try await login(service, "nobody", "correct horse battery") }
      let wrong = await refusal { try await login(service, "siti", "correct horse batterz") }
      #expect(wrong?.code == .unauthenticated)
      #expect(wrong?.details.reason == "LOGIN_FAILED")
      #expect(unknown?.message == wrong?.message)
      #expect(unknown?.details == wrong?.details)
    }
  }

  @Test func `guessing is slowed down, and the error says for how long`() async throws {
    try await TestDatabase.with { database in
      let service = try service(database)
      var reasons: [String?] = []
      for _ in 0..<6 { reasons.append(await refusal { try await login(service, "siti", "guess guess guess") }?.details.reason) }
      #expect(reasons == Array(repeating: "LOGIN_FAILED", count: 5) + ["LOGIN_RATE_LIMITED"])
      let error = await refusal { try await login(service, "SITI", "guess guess guess") }
      #expect(error?.code == .resourceExhausted)
      #expect(error?.details.retryDelay != nil)
    }
  }

  @Test func `an expired, a revoked and an unknown token are each told so`() async throws {
    try await TestDatabase.with { database in
      let expired = try await database.session(.ministryAnalyst, username: "expired")
      try await database.rows("update access.session set created = now() - interval '2 days', expires = now() - interval '1 day'")
      let revoked = try await database.session(.ministryAnalyst, username: "revoked")
      _ = try await database.administration.setDisabled(username: "revoked", true)
      let cases: [(SessionToken, String)] = [
        (expired.token, "SESSION_EXPIRED"), (revoked.token, "SESSION_REVOKED"),
        (try SessionToken(pool: .ministry), "SESSION_UNKNOWN"),
      ]
      for (token, reason) in cases {
        let error = await refusal { try await whoAmI(database, token) }
        #expect(error?.code == .unauthenticated)
        #expect(error?.details.reason == reason)
        #expect(error?.details.localized.count == 2)
      }
    }
  }

  @Test func `a call without a token is told to log in`() async throws {
    try await TestDatabase.with { database in
      let error = await refusal {
        try await service(database).whoAmI(
          Seratus_V1_WhoAmIRequest(), context: TestCall.context("SessionService/WhoAmI", token: nil))
      }
      #expect(error?.code == .unauthenticated)
      #expect(error?.details.reason == "TOKEN_MISSING")
    }
  }
}

@Suite struct ExportServiceTests {
  @Test func `an export holds released scores and ends with its manifest`() async throws {
    try await TestDatabase.with { database in
      let session = try await database.session(.export)
      let collector = Collector<Seratus_V1_ExportScoresChunk>()
      var request = Seratus_V1_ExportScoresRequest()
      request.parts = true
      try await ExportService(database.core).exportScores(
        request, to: collector.writer, context: TestCall.context("ExportService/ExportScores", token: session.token))
      let chunks = try collector.messages
      let scores = chunks.flatMap(\.scores)
      let manifest = try #require(chunks.last?.manifest)
      #expect(chunks.dropLast().allSatisfy { !$0.hasManifest })
      #expect(manifest.rows == Int64(scores.count))
      #expect(scores.contains { $0.region.kemendagriCode == "35.71" && $0.year == 2022 && $0.publishedTotal.text == "3.31" })
      #expect(scores.allSatisfy { $0.released })
      #expect(manifest.snapshotAt.hasSuffix("Z"))
      #expect(manifest.dataset.kind == .official)
    }
  }

  @Test func `years in the wrong order are refused`() async throws {
    try await TestDatabase.with { database in
      let session = try await database.session(.export)
      var request = Seratus_V1_ExportScoresRequest()
      request.fromYear = 2023
      request.toYear = 2022
      let error = await refusal {
        try await ExportService(database.core).exportScores(
          request, to: Collector().writer, context: TestCall.context("ExportService/ExportScores", token: session.token))
      }
      #expect(error?.details.reason == "BAD_RANGE")
    }
  }
}

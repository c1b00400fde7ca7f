import RegistryAccess
import RegistryModel
import Testing

@Suite struct RoleMatrixTests {
  /// Who may do what, as people decided it. A change here is a change of rights: it is reviewed as one.
  static let decided = """
    method                                         ministry_admin  ministry_analyst  region_admin  region_viewer  export
    grpc.health.v1.Health/Check                    open            open              open          open           open
    grpc.health.v1.Health/List                     open            open              open          open           open
    grpc.health.v1.Health/Watch                    open            open              open          open           open
    grpc.reflection.v1.ServerReflection/ServerReflectionInfo  open  open             open          open           open
    lontar.admin.v1.Admin/GetConnection            read            -                 -             -              -
    lontar.admin.v1.Admin/GetServer                read            -                 -             -              -
    lontar.admin.v1.Admin/ListConnections          read            -                 -             -              -
    seratus.v1.CohortService/GetCohort             read            read              read          read           read
    seratus.v1.CohortService/ListCohorts           read            read              read          read           read
    seratus.v1.ComparisonService/CompareCohorts    read            read              read          read           read
    seratus.v1.ExportService/ExportScores          read            read              read          read           read
    seratus.v1.RegionService/GetRegion             read            read              read          read           read
    seratus.v1.RegionService/ListRegions           read            read              read          read           read
    seratus.v1.RegionService/ReportRegion          read            read              read          read           -
    seratus.v1.RegionService/SearchRegions         read            read              read          read           read
    seratus.v1.ScoreService/ExplainScore           read            read              read          read           -
    seratus.v1.ScoreService/ListInstruments        read            read              read          read           read
    seratus.v1.ScoreService/ListScores             read            read              read          read           -
    seratus.v1.ScoreService/PutScores              write           -                 write         -              -
    seratus.v1.SessionService/Login                open            open              open          open           open
    seratus.v1.SessionService/Logout               read            read              read          read           read
    seratus.v1.SessionService/WhoAmI               read            read              read          read           read
    """

  @Test func `the policy is the matrix that was decided`() {
    #expect(Self.words(AccessPolicy.registry.matrix) == Self.words(Self.decided))
  }

  @Test func `a role that never writes has no line that lets it write`() {
    for (method, rule) in AccessPolicy.registry.rules {
      guard case .session(let roles, writes: true) = rule else { continue }
      #expect(roles.allSatisfy { $0.mayWrite }, "\(method)")
    }
  }

  @Test func `a method without a line can't be called`() throws {
    let token = try SessionToken(pool: .ministry)
    let error = #expect(throws: AccessError.self) {
      try AccessPolicy.registry.context(
        method: "seratus.v1.ScoreService/DeleteScores", authorization: "Bearer \(token.text)", deadline: nil, idempotencyKey: nil,
        requestID: "r")
    }
    #expect(error?.reason == .methodNotListed)
  }

  @Test func `an open method gives no context`() throws {
    let token = try SessionToken(pool: .ministry)
    #expect(throws: AccessError.self) {
      try AccessPolicy.registry.context(
        method: "seratus.v1.SessionService/Login", authorization: "Bearer \(token.text)", deadline: nil, idempotencyKey: nil,
        requestID: "r")
    }
  }

  @Test(arguments: [(15, false), (16, true), (17, false)])
  func `an idempotency key has 16 bytes`(count: Int, isAccepted: Bool) throws {
    let token = try SessionToken(pool: .region)
    let context = try? AccessPolicy.registry.context(
      method: "seratus.v1.ScoreService/PutScores", authorization: "Bearer \(token.text)", deadline: nil,
      idempotencyKey: Array(repeating: 7, count: count), requestID: "r")
    #expect((context != nil) == isAccepted)
  }

  @Test func `methods that were added or taken away are named`() {
    let policy = AccessPolicy(rules: ["a/B": .open, "a/Old": .open])
    let differences = policy.differences(from: ["a/B", "a/New"])
    #expect(differences.undecided == ["a/New"])
    #expect(differences.stale == ["a/Old"])
  }

  private static func words(_ table: String) -> [[Substring]] {
    table.split(separator: "\n").map { $0.split(separator: " ") }
  }
}

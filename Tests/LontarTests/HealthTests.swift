internal import Lontar
internal import LontarTesting
internal import SwiftProtobuf
internal import Testing

/// `grpc.health.v1.Health`, after the comments of gRPC's health.proto.
@Suite(.timeLimit(.minutes(3))) struct HealthTests {
  typealias CheckRequest = Grpc_Health_V1_HealthCheckRequest

  private static func client(_ health: HealthService) -> Grpc_Health_V1_HealthClient {
    var router = Router()
    router.register(health)
    return Grpc_Health_V1_HealthClient(InProcessServer(router: router).client())
  }

  @Test func `a known service has a status, an unknown one is not found`() async throws {
    let health = HealthService(services: ["a.B"])
    let client = Self.client(health)
    #expect(try await client.check(CheckRequest()).status == .notServing)
    health.set(.serving)
    for service in ["", "a.B"] { #expect(try await client.check(.with { $0.service = service }).status == .serving) }
    #expect(await RPCError.of { try await client.check(.with { $0.service = "a.C" }) }?.code == .notFound)
  }

  @Test func `the list has every service and the whole server`() async throws {
    let health = HealthService(services: ["a.B", "a.C"])
    health.set(.serving)
    let statuses = try await Self.client(health).list(.init()).statuses
    #expect(statuses.mapValues(\.status) == ["": .serving, "a.B": .serving, "a.C": .serving])
  }

  /// The empty name counts, too.
  @Test(arguments: [(99, true), (100, false)])
  func `a list has at most 100 entries`(services: Int, isAnswered: Bool) async throws {
    let client = Self.client(HealthService(services: (0..<services).map { "s.S\($0)" }))
    let error = await RPCError.of { try await client.list(.init()) }
    #expect(error?.code == (isAnswered ? nil : .resourceExhausted))
  }

  @Test func `who watches hears the status and each change`() async throws {
    let health = HealthService(services: ["a.B"])
    var statuses = try await Self.client(health).watch(.with { $0.service = "a.B" }).makeAsyncIterator()
    #expect(try await statuses.next()?.status == .notServing)
    health.set(.serving)
    #expect(try await statuses.next()?.status == .serving)
    health.set(.notServing)
    #expect(try await statuses.next()?.status == .notServing)
  }

  @Test func `who watches an unknown service is told so, and the call goes on`() async throws {
    let health = HealthService(services: ["a.B"])
    let client = Self.client(health)
    let unknown = try await client.watch(
      .with { $0.service = "a.C" }, options: CallOptions(timeout: .milliseconds(500)))
    var statuses = unknown.makeAsyncIterator()
    #expect(try await statuses.next()?.status == .serviceUnknown)
    // Changes of others are not told; the call ends only with its deadline.
    health.set(.serving)
    let error = await RPCError.of { try await statuses.next() }
    #expect(error?.code == .deadlineExceeded)
    #expect(try await client.check(CheckRequest()).status == .serving)
  }
}

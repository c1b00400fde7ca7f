internal import Synchronization

/// `grpc.health.v1.Health`: what load balancers, scripts and people ask before they send work. "" stands for the whole server.
public final class HealthService: Grpc_Health_V1_HealthHandler {
  public typealias Status = Grpc_Health_V1_HealthCheckResponse.ServingStatus

  private struct State {
    var statuses: [String: Status] = [:]
    /// nil: the call asks for a service that this server does not have; its status never changes.
    var watchers: [Int: AsyncStream<Status>.Continuation?] = [:]
    var nextWatcher = 0
    /// By connection.
    var watchersOf: [String: Int] = [:]
    var isDraining = false
  }

  /// Watchers hold a call each; more would be a leak or an attack.
  private static let watchersMax = 1_000
  /// So few that one client can't take all places.
  private static let watchersPerConnectionMax = 8
  /// A list of more services is no list for a load balancer; gRPC's number.
  private static let listedMax = 100
  private let state: Mutex<State>

  public init(services: [String]) {
    state = Mutex(State(statuses: Dictionary(uniqueKeysWithValues: ([""] + services).map { ($0, .notServing) })))
  }

  /// Sets the status of every service and tells the watchers.
  public func set(_ status: Status) {
    state.withLock { state in
      for service in state.statuses.keys { state.statuses[service] = status }
      for case let watcher? in state.watchers.values { watcher.yield(status) }
    }
  }

  /// The server is going away: nothing serves any more, and those who watch are sent to another one.
  public func drain() {
    set(.notServing)
    state.withLock { state in
      state.isDraining = true
      for case let watcher? in state.watchers.values { watcher.finish() }
    }
  }

  public func check(
    _ request: Grpc_Health_V1_HealthCheckRequest, context: CallContext
  ) async throws -> Grpc_Health_V1_HealthCheckResponse {
    guard let status = state.withLock({ $0.statuses[request.service] }) else {
      throw RPCError(.notFound, "this server has no service \"\(request.service)\"")
    }
    return Self.response(status)
  }

  public func list(
    _ request: Grpc_Health_V1_HealthListRequest, context: CallContext
  ) async throws -> Grpc_Health_V1_HealthListResponse {
    let statuses = state.withLock { $0.statuses }
    guard statuses.count <= Self.listedMax else {
      throw RPCError(
        .resourceExhausted,
        "this server has the health of \(statuses.count) services; at most \(Self.listedMax) are listed, ask for one with Check")
    }
    var response = Grpc_Health_V1_HealthListResponse()
    response.statuses = statuses.mapValues(Self.response)
    return response
  }

  public func watch(
    _ request: Grpc_Health_V1_HealthCheckRequest, to writer: ResponseWriter<Grpc_Health_V1_HealthCheckResponse>,
    context: CallContext
  ) async throws {
    let (stream, continuation) = AsyncStream.makeStream(of: Status.self, bufferingPolicy: .bufferingNewest(1))
    let connection = context.facts.connection
    let (id, first) = try state.withLock { state in
      guard !state.isDraining else { throw Self.drained }
      guard state.watchers.count < Self.watchersMax else { throw RPCError(.resourceExhausted, "too many calls watch the health") }
      guard state.watchersOf[connection, default: 0] < Self.watchersPerConnectionMax else {
        throw RPCError(.resourceExhausted, "\(Self.watchersPerConnectionMax) calls of this connection watch the health already")
      }
      state.watchersOf[connection, default: 0] += 1
      state.nextWatcher += 1
      let status = state.statuses[request.service]
      state.watchers.updateValue(status == nil ? nil : continuation, forKey: state.nextWatcher)
      return (state.nextWatcher, status ?? .serviceUnknown)
    }
    defer { leave(id, connection) }
    try await writer.write(Self.response(first))
    var last = first
    for await status in stream where status != last {
      try await writer.write(Self.response(status))
      last = status
    }
    try Task.checkCancellation()
    throw Self.drained
  }

  private static let drained = RPCError(.unavailable, "the server is shutting down")

  private func leave(_ id: Int, _ connection: String) {
    state.withLock { state in
      state.watchers.removeValue(forKey: id)
      let left = state.watchersOf[connection, default: 1] - 1
      state.watchersOf[connection] = left == 0 ? nil : left
    }
  }

  private static func response(_ status: Status) -> Grpc_Health_V1_HealthCheckResponse {
    var response = Grpc_Health_V1_HealthCheckResponse()
    response.status = status
    return response
  }
}

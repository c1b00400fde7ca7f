internal import NIOCore
internal import SwiftProtobuf

/// `lontar.admin.v1.Admin`: what the server that answers the call does right now.
///
/// It checks nobody. It shows every client's address and the methods that it calls, so register it behind a handler that asks who calls,
/// or with an interceptor that does.
public struct AdminService: Lontar_Admin_V1_AdminHandler {
  private static let pageDefault = 100
  private static let pageMax = 1_000

  public init() {}

  public func getServer(
    _ request: Lontar_Admin_V1_GetServerRequest, context: CallContext
  ) async throws -> Lontar_Admin_V1_GetServerResponse {
    let shared = try Self.shared(context)
    let links = await shared.connections.snapshots()
    var response = Lontar_Admin_V1_GetServerResponse()
    response.software = shared.configuration.software
    response.started = Google_Protobuf_Timestamp(date: shared.totals.startedAt)
    response.uptime = Google_Protobuf_Duration(.now() - shared.totals.started)
    response.limits = Lontar_Admin_V1_Limits(shared)
    response.counters = Lontar_Admin_V1_Counters(shared, links)
    return response
  }

  public func listConnections(
    _ request: Lontar_Admin_V1_ListConnectionsRequest, context: CallContext
  ) async throws -> Lontar_Admin_V1_ListConnectionsResponse {
    let connections = try Self.shared(context).connections
    guard (0...Int32(Self.pageMax)).contains(request.pageSize) else {
      throw RPCError(.invalidArgument, "page_size is 0 to \(Self.pageMax), not \(request.pageSize)")
    }
    let size = request.pageSize == 0 ? Self.pageDefault : Int(request.pageSize)
    let cursor = request.pageCursor
    let rest = connections.ids.drop { ($0.utf8.count, $0) <= (cursor.utf8.count, cursor) }
    let page = rest.prefix(size)
    var response = Lontar_Admin_V1_ListConnectionsResponse()
    response.connections = await connections.snapshots(of: Set(page)).map { Lontar_Admin_V1_Connection($0) }
    if rest.count > page.count { response.nextCursor = page.last ?? "" }
    return response
  }

  public func getConnection(
    _ request: Lontar_Admin_V1_GetConnectionRequest, context: CallContext
  ) async throws -> Lontar_Admin_V1_GetConnectionResponse {
    guard let link = try await Self.shared(context).connections.snapshots(of: [request.id], withCalls: true).first else {
      throw RPCError(.notFound, "there is no open connection \"\(request.id)\"; it may have ended, list them again")
    }
    var response = Lontar_Admin_V1_GetConnectionResponse()
    response.connection = Lontar_Admin_V1_Connection(link)
    response.calls = link.calls.sorted { $0.stream < $1.stream }.map { Lontar_Admin_V1_Call($0) }
    return response
  }

  /// The server on which the call runs.
  private static func shared(_ context: CallContext) throws(RPCError) -> ServerShared {
    guard let call = context.facts as? ServerCall else {
      throw RPCError(.failedPrecondition, "this call runs on no server")
    }
    return call.link.shared
  }
}

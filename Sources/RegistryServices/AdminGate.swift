package import Lontar
internal import RegistryAccess
internal import RegistryModel
internal import RegistryStore

/// Lontar's admin service, for operators: sessions of the ministry's administrators. Anybody else is refused before a connection is
/// looked at, so that nobody learns who else is there.
package struct AdminGate: Lontar_Admin_V1_AdminHandler {
  private let core: ServiceCore
  private let admin = AdminService()

  package init(_ core: ServiceCore) {
    self.core = core
  }

  package func getServer(
    _ request: Lontar_Admin_V1_GetServerRequest, context: CallContext
  ) async throws -> Lontar_Admin_V1_GetServerResponse {
    try await admitted(context) { try await admin.getServer(request, context: context) }
  }

  package func listConnections(
    _ request: Lontar_Admin_V1_ListConnectionsRequest, context: CallContext
  ) async throws -> Lontar_Admin_V1_ListConnectionsResponse {
    try await admitted(context) { try await admin.listConnections(request, context: context) }
  }

  package func getConnection(
    _ request: Lontar_Admin_V1_GetConnectionRequest, context: CallContext
  ) async throws -> Lontar_Admin_V1_GetConnectionResponse {
    try await admitted(context) { try await admin.getConnection(request, context: context) }
  }

  /// The database looks the session up and refuses roles that the access policy does not name.
  private func admitted<Response>(_ call: CallContext, _ act: () async throws -> Response) async throws -> Response {
    try await core.answer(call) { tenant in
      _ = core.note(try await core.database.sessions.whoAmI(tenant, asOf: core.today()), call)
      return try await act()
    }
  }
}

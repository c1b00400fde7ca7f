package import Lontar
package import SwiftProtobuf

/// What the server offers, as it says itself.
extension RegistryClient {
  /// Full names of its services.
  package func services() async throws(RPCError) -> [String] {
    try await call { options async throws(RPCError) in try await ReflectionClient(lontar).services(options) }
  }

  /// The file that declares a service, method, message or enum, and all it imports.
  /// - Throws: NOT_FOUND for a name that the server doesn't know.
  package func files(declaring symbol: String) async throws(RPCError) -> [Google_Protobuf_FileDescriptorProto] {
    try await call { options async throws(RPCError) in try await ReflectionClient(lontar).files(declaring: symbol, options) }
  }
}

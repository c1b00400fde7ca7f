internal import RegistryModel
internal import RegistryServer
internal import RegistryStore

extension Moment {
  /// The day in Jakarta, for lists.
  var day: String { RegistryServer.day(of: self) }
}

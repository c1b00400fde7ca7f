internal import Logging
internal import PostgresClient
internal import RegistryModel
internal import RegistryServer
internal import RegistryStore

/// The administrator's connection, for as long as one command needs it.
struct AdminDatabase {
  let pool: PostgresPool

  static func with<Result>(_ options: SettingsOptions, _ body: (AdminDatabase) async throws -> Result) async throws -> Result {
    let database = try options.settings().database
    var configuration = database.configuration(database.admin, streams: 1)
    configuration.applicationName = "seratusd administration"
    // A person waits here, not a queue of calls: a busy database may take its time to let us in.
    configuration.downtimeWaitMax = .seconds(10)
    let pool = PostgresPool(configuration: configuration, logger: Logger(label: "seratusd") { _ in SwiftLogNoOpLogHandler() })
    pool.start()
    do {
      let result = try await body(AdminDatabase(pool: pool))
      await pool.shutdown()
      return result
    } catch {
      await pool.shutdown()
      throw error
    }
  }

  var accounts: AccountAdministration { AccountAdministration(pool: pool) }

  /// The region that a person typed, for a role that needs one.
  func region(_ typed: String?, for role: Role) async throws -> RegionEntry? {
    guard role.needsRegion else {
      if typed != nil {
        throw ServerError(
          .badInput, "the role \(role.rawValue) belongs to no region; leave --region out",
          id: "peran \(role.rawValue) tidak punya daerah; hapus --region")
      }
      return nil
    }
    guard let typed else {
      throw ServerError(
        .badInput, "the role \(role.rawValue) belongs to a region; give --region, as in --region 35.71",
        id: "peran \(role.rawValue) milik satu daerah; beri --region, seperti --region 35.71")
    }
    let reference = try RegionReference(parsing: typed)
    return try await DirectoryReader(pool: pool).directory().resolve(reference, asOf: RegistryServer.today())
  }
}

extension Role {
  static func named(_ text: String) throws -> Role { try Role(word: text) }
}

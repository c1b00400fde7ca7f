internal import ArgumentParser
internal import RegistryServer
internal import RegistryStore

struct MigrateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate", abstract: "Bring the database to the schema of this program, and set the logins' passwords.",
    discussion: """
      Connects as database.admin_user, a superuser. Each migration runs in a transaction of its own; running the command again changes
      nothing. Logins whose password is set in the settings get it.
      """)

  @OptionGroup var options: SettingsOptions

  @Option(help: ArgumentHelp("Folder with roles.sql and migrations/.", valueName: "folder"))
  var from = "db"

  func run() async throws {
    try await Failure.told {
      let schema = try Self.schema(from)
      let passwords = try Self.passwords(options.settings())
      let report = try await AdminDatabase.with(options) { database in
        try await Migrator(pool: database.pool, schema: schema).migrate(passwords: passwords)
      }
      for file in report.applied { print("applied  \(file)") }
      for login in report.passwordsSet { print("password \(login)") }
      print(
        report.applied.isEmpty
          ? "the database is at migration \(report.after) already" : "from migration \(report.before) to \(report.after)")
    }
  }

  private static func schema(_ folder: String) throws -> Schema {
    do {
      return try Schema(folder: folder)
    } catch let error as FileError {
      throw ServerError(.badInput, "\(error.message); give the folder with --from", detail: error.detail)
    }
  }

  private static func passwords(_ settings: ServerSettings) -> LoginPasswords {
    func given(_ pool: ServerSettings.Pool) -> String? { pool.password.isEmpty ? nil : pool.password }
    let database = settings.database
    return LoginPasswords(
      region: given(database.region), ministry: given(database.ministry), export: given(database.export),
      gate: given(database.gate))
  }
}

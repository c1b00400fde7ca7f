internal import ArgumentParser
internal import RegistryServer
internal import RegistryStore

struct MigrateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate",
    abstract: words(
      id: "Bawa basis data ke skema program ini, dan pasang kata sandi login.",
      en: "Bring the database to the schema of this program, and set the logins' passwords."),
    discussion: words(
      id: """
        Masuk sebagai database.admin_user, superuser. Tiap migrasi berjalan dalam transaksinya sendiri; menjalankan lagi tidak mengubah apa-apa.
        Login yang kata sandinya ada di pengaturan mendapatkannya.
        """,
      en: """
        Connects as database.admin_user, a superuser. Each migration runs in a transaction of its own; running the command again changes
        nothing. Logins whose password is set in the settings get it.
        """))

  @OptionGroup var options: SettingsOptions

  @Option(
    help: helped(id: "Folder berisi roles.sql dan migrations/.", en: "Folder with roles.sql and migrations/.", value: "folder"))
  var from = "db"

  func run() async throws {
    try await Failure.told {
      let schema = try Self.schema(from)
      let passwords = try Self.passwords(options.settings())
      let report = try await AdminDatabase.with(options) { database in
        try await Migrator(pool: database.pool, schema: schema).migrate(passwords: passwords)
      }
      for file in report.applied { print(words(id: "dijalankan  ", en: "applied  ") + file) }
      for login in report.passwordsSet { print(words(id: "kata sandi  ", en: "password ") + login) }
      print(
        report.applied.isEmpty
          ? words(
            id: "basis data sudah pada migrasi \(report.after)", en: "the database is at migration \(report.after) already")
          : words(
            id: "dari migrasi \(report.before) ke \(report.after)", en: "from migration \(report.before) to \(report.after)"))
    }
  }

  private static func schema(_ folder: String) throws -> Schema {
    do {
      return try Schema(folder: folder)
    } catch let error as FileError {
      throw ServerError(
        .badInput, "\(error.message); give the folder with --from",
        id: "\(error.path) tidak dapat dibaca; beri foldernya dengan --from",
        detail: error.detail)
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

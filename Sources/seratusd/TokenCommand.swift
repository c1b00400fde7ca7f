internal import ArgumentParser
internal import RegistryAccess
internal import RegistryModel
internal import RegistryServer
internal import RegistryStore

struct TokenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token", abstract: words(id: "Token untuk skrip dan percobaan.", en: "Tokens for scripts and trials."),
    subcommands: [Issue.self, List.self, Revoke.self])

  struct Issue: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "issue",
      abstract: words(id: "Buat token dan tampilkan sekali di stdout.", en: "Make a token and print it, once, on stdout."),
      discussion: words(
        id: """
          Tanpa --account token menjadi milik akun teknis peran (dan daerahnya), yang dibuat bila perlu dan tidak punya kata sandi.

          Contoh:
            seratusd token issue --role ministry_analyst --label "laporan malam" --days 90
            seratusd token issue --role region_admin --region 35.71
          """,
        en: """
          Without --account the token belongs to a technical account of its role (and region), which is made if need be and has no password.

          Examples:
            seratusd token issue --role ministry_analyst --label "night report" --days 90
            seratusd token issue --role region_admin --region 35.71
          """))

    @OptionGroup var options: SettingsOptions

    @Option(
      help: helped(
        id: "ministry_admin, ministry_analyst, region_admin, region_viewer atau export.",
        en: "ministry_admin, ministry_analyst, region_admin, region_viewer or export."), transform: Role.named)
    var role: Role?

    @Option(
      help: helped(id: "Daerah untuk peran daerah: kode atau nama lengkap.", en: "Region of a regional role: code or full name."))
    var region: String?

    @Option(
      help: helped(
        id: "Akun yang sudah ada, pengganti peran dan daerah.", en: "An account that exists, instead of role and region."))
    var account: String?

    @Option(help: helped(id: "Untuk apa token ini; tampak di daftar.", en: "What the token is for; shown in lists."))
    var label = "token"

    @Option(help: helped(id: "Hari sampai habis masa berlaku, paling banyak 366.", en: "Days until it expires, at most 366."))
    var days = 30

    @Flag(
      help: helped(
        id: "Hanya untuk membaca, walaupun perannya boleh menulis.", en: "For reading only, even if the role may write."))
    var readOnly = false

    func validate() throws {
      guard (role == nil) != (account == nil) else {
        throw ValidationError(words(id: "beri --role atau --account", en: "give either --role or --account"))
      }
      guard (1...366).contains(days) else {
        throw ValidationError(words(id: "--days harus 1 sampai 366", en: "--days must be from 1 to 366"))
      }
      guard (1...200).contains(label.utf8.count) else {
        throw ValidationError(words(id: "--label berisi 1 sampai 200 bita", en: "--label has 1 to 200 bytes"))
      }
    }

    func run() async throws {
      try await Failure.told {
        let text = try await AdminDatabase.with(options) { database in
          let holder = try await holder(database)
          let token = try SessionToken(pool: holder.role.pool)
          try await database.accounts.issueToken(
            username: holder.username, tokenSHA256: token.sha256, label: label, lifetimeSeconds: days * 86_400,
            mayWrite: holder.role.mayWrite && !readOnly)
          Failure.say(
            words(
              id: "token \(holder.username) (\(holder.role.rawValue)), berlaku \(days) hari; hanya ditunjukkan sekali ini",
              en: "token of \(holder.username) (\(holder.role.rawValue)), valid for \(days) days; it is shown this once"))
          return token.text
        }
        print(text)
      }
    }

    private func holder(_ database: AdminDatabase) async throws -> (username: String, role: Role) {
      if let account {
        let accounts = try await database.accounts.accounts()
        guard let found = accounts.first(where: { $0.username == account && !$0.isDisabled }) else {
          throw ServerError(
            .badInput, "there is no account \(account), or it is disabled; `seratusd account list` shows all",
            id: "akun \(account) tidak ada atau dikunci; `seratusd account list` menyebut semua")
        }
        return (found.username, found.role)
      }
      guard let role else {
        throw ValidationError(words(id: "beri --role atau --account", en: "give either --role or --account"))
      }
      let entry = try await database.region(region, for: role)
      let suffix = entry.map { ".\($0.code.text)" } ?? ""
      let username = "token.\(role.rawValue.replacing("_", with: "-"))\(suffix)"
      try await database.accounts.put(
        username: username, name: "\(role.label.en)\(entry.map { ", \($0.name)" } ?? "")", passwordHash: nil, role: role,
        region: entry?.id)
      return (username, role)
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list",
      abstract: words(
        id: "Daftar sesi hidup satu akun atau semua; tidak pernah tokennya.",
        en: "List the live sessions of an account, or of all; never the tokens."))

    @OptionGroup var options: SettingsOptions

    @Argument(help: helped(id: "Nama akun; semua bila tidak disebut.", en: "Name of the account; all if left out."))
    var username: String?

    func run() async throws {
      try await Failure.told {
        try await AdminDatabase.with(options) { database in
          let names = if let username { [username] } else { try await database.accounts.accounts().map(\.username) }
          for name in names {
            for session in try await database.accounts.sessions(username: name) {
              print(
                "\(session.id)\t\(name)\t\(session.role.rawValue)\t"
                  + words(id: session.mayWrite ? "tulis" : "baca", en: session.mayWrite ? "write" : "read")
                  + "\t\(session.label)\t" + words(id: "sampai", en: "until") + " \(session.expiresAt.day)")
            }
          }
        }
      }
    }
  }

  struct Revoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "revoke",
      abstract: words(
        id: "Akhiri sesi; permintaan berikut dengan tokennya ditolak.",
        en: "End sessions; the next request with their token is refused."))

    @OptionGroup var options: SettingsOptions

    @Argument(
      help: helped(
        id: "Paling sedikit 8 angka id sesi, seperti di `token list`.",
        en: "At least 8 digits of the session's id, as `token list` shows it."))
    var id: String

    func run() async throws {
      try await Failure.told {
        let count = try await AdminDatabase.with(options) { try await $0.accounts.revoke(sessionID: id) }
        guard count > 0 else {
          throw ServerError(
            .badInput, "no live session begins with \(id); `seratusd token list` shows all",
            id: "tidak ada sesi hidup yang dimulai dengan \(id); `seratusd token list` menyebut semua")
        }
        print(words(id: "\(count) sesi diakhiri", en: "\(count) \(count == 1 ? "session" : "sessions") ended"))
      }
    }
  }
}

internal import ArgumentParser
internal import Foundation
internal import RegistryAccess
internal import RegistryModel
internal import RegistryServer
internal import RegistryStore

struct AccountCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "account", abstract: words(id: "Orang yang masuk dengan kata sandi.", en: "People who log in with a password."),
    subcommands: [Add.self, List.self, Disable.self, Enable.self])

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "add",
      abstract: words(
        id: "Buat akun, atau ubah; perubahan mengakhiri sesinya.",
        en: "Create an account, or change it; a change ends its sessions."),
      discussion: words(
        id: """
          Kata sandi ditanyakan, atau dengan --password-stdin dibaca dari baris pertama stdin: paling sedikit 12 huruf.

          Contoh: seratusd account add siti --name "Siti Rahayu" --role region_admin --region 35.71
          """,
        en: """
          The password comes from a prompt, or with --password-stdin from the first line of stdin: at least 12 characters.

          Example: seratusd account add siti --name "Siti Rahayu" --role region_admin --region 35.71
          """))

    @OptionGroup var options: SettingsOptions

    @Argument(
      help: helped(
        id: "Nama untuk masuk: huruf kecil, angka dan . _ @ -", en: "Name to log in with: lower case letters, digits and . _ @ -")
    )
    var username: String

    @Option(help: helped(id: "Nama orangnya.", en: "Name of the person."))
    var name: String

    @Option(
      help: helped(
        id: "ministry_admin, ministry_analyst, region_admin, region_viewer atau export.",
        en: "ministry_admin, ministry_analyst, region_admin, region_viewer or export."), transform: Role.named)
    var role: Role

    @Option(
      help: helped(id: "Daerah untuk peran daerah: kode atau nama lengkap.", en: "Region of a regional role: code or full name."))
    var region: String?

    @Flag(
      help: helped(
        id: "Baca kata sandi dari stdin, tanpa bertanya.", en: "Read the password from stdin instead of asking for it."))
    var passwordStdin = false

    func run() async throws {
      try await Failure.told {
        let password = try passwordStdin ? PasswordInput.line() : PasswordInput.prompt(for: username)
        let hash = try await PasswordHasher().hash(password)
        try await AdminDatabase.with(options) { database in
          let entry = try await database.region(region, for: role)
          let account = try await database.accounts.put(
            username: username, name: name, passwordHash: hash.encoded, role: role, region: entry?.id)
          print(
            words(id: "akun", en: "account") + " \(username): \(role.rawValue)"
              + (entry.map { words(id: " untuk ", en: " of ") + $0.labelled } ?? ""))
          if account.sessionsEnded > 0 {
            Failure.say(words(id: "\(account.sessionsEnded) sesi diakhiri", en: "\(account.sessionsEnded) sessions ended"))
          }
        }
      }
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list",
      abstract: words(id: "Daftar akun; tidak pernah kata sandinya.", en: "List accounts; never their passwords."))

    @OptionGroup var options: SettingsOptions

    func run() async throws {
      try await Failure.told {
        for account in try await AdminDatabase.with(options, { try await $0.accounts.accounts() }) {
          let marks = [
            account.isDisabled ? words(id: "dikunci", en: "disabled") : nil,
            account.hasPassword ? nil : words(id: "hanya token", en: "tokens only"),
          ].compactMap { $0 }
          let region = account.region.map { " region_id \($0)" } ?? ""
          let tail = marks.isEmpty ? "" : " (\(marks.joined(separator: ", ")))"
          print("\(account.username)\t\(account.role.rawValue)\(region)\t\(account.name)\(tail)")
        }
      }
    }
  }

  struct Disable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "disable",
      abstract: words(id: "Kunci akun dan akhiri sesinya seketika.", en: "Lock an account and end its sessions at once."))

    @OptionGroup var options: SettingsOptions

    @Argument(help: helped(id: "Nama untuk masuk.", en: "Name to log in with."))
    var username: String

    func run() async throws {
      try await AccountCommand.set(username, disabled: true, options)
    }
  }

  struct Enable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "enable", abstract: words(id: "Buka akun.", en: "Unlock an account."))

    @OptionGroup var options: SettingsOptions

    @Argument(help: helped(id: "Nama untuk masuk.", en: "Name to log in with."))
    var username: String

    func run() async throws {
      try await AccountCommand.set(username, disabled: false, options)
    }
  }

  private static func set(_ username: String, disabled: Bool, _ options: SettingsOptions) async throws {
    try await Failure.told {
      let ended = try await AdminDatabase.with(options) { database in
        do {
          return try await database.accounts.setDisabled(username: username, disabled)
        } catch let error as StoreError where error.code == .notFoundOrNotVisible {
          throw ServerError(
            .badInput, "there is no account \(username); `seratusd account list` shows all",
            id: "akun \(username) tidak ada; `seratusd account list` menyebut semua")
        }
      }
      print(
        words(
          id: "akun \(username): \(disabled ? "dikunci, \(ended) sesi diakhiri" : "dibuka")",
          en: "account \(username): \(disabled ? "disabled, \(ended) sessions ended" : "enabled")"))
    }
  }
}
